"""Exercises of chapter 00: the strength of color, and a picture from its two halves."""

import torch

from ...color import lab_to_rgb
from ...metrics import chroma
from ..checks import Exercise, Mistake

_LAB = torch.tensor([[50.0, 80.0], [3.0, 0.0], [4.0, -6.0]])[:, None]  # chroma 5 and 6
_GREEN = torch.tensor([[40.0], [-30.0], [30.0]])[:, None]

mean_chroma = Exercise(
    reference=lambda lab: chroma(lab).mean(),
    cases=[(_LAB,), (_GREEN,), (torch.cat([_LAB, _GREEN], dim=2),)],
    right="The length of (a, b) at each pixel, then the mean.",
    tolerance=1e-3,
    mistakes=[
        Mistake("L is in the sum. Chroma is made of a and b alone.",
                lambda lab: lab.square().sum(0).sqrt().mean()),
        Mistake("this is one length for all pixels together. Each pixel has its own: a square root "
                "of a^2 + b^2 at each, then the mean.", lambda lab: lab[1:].norm()),
        Mistake("the mean was taken before the length: a red and a green pixel cancel to gray.",
                lambda lab: lab[1:].mean((1, 2)).square().sum().sqrt()),
        Mistake("the square root is missing.", lambda lab: lab[1:].square().sum(0).mean()),
        Mistake("|a| + |b| is the way along the axes; chroma is the straight line.",
                lambda lab: lab[1:].abs().sum(0).mean()),
    ],
)

_L, _AB = _LAB[:1], _LAB[1:]

paint = Exercise(
    reference=lambda lightness, ab: lab_to_rgb(torch.cat([lightness, ab])),
    cases=[(_L, _AB), (_GREEN[:1], _GREEN[1:])],
    right="L from the photo and ab from the guess: that is all a colorizer does at its end.",
    tolerance=1e-3,
    mistakes=[
        Mistake("ab came before L. The order is L, a, b.",
                lambda lightness, ab: lab_to_rgb(torch.cat([ab, lightness]))),
        Mistake("a and b were swapped.",
                lambda lightness, ab: lab_to_rgb(torch.cat([lightness, ab.flip(0)]))),
        Mistake("this is still Lab. lab_to_rgb makes it a picture.",
                lambda lightness, ab: torch.cat([lightness, ab])),
        Mistake("the color is missing: only L was used.",
                lambda lightness, ab: lab_to_rgb(torch.cat([lightness, 0 * ab]))),
    ],
)


def _scaled(lab, factor, light=1.0):
    return lab_to_rgb(torch.cat([light * lab[:1], factor * lab[1:]]))


stronger = Exercise(
    reference=_scaled,
    cases=[(_LAB, 0.5), (_GREEN, 0.0), (_GREEN, 1.5)],
    right="The lightness is the photo's own, and every color keeps its hue.",
    tolerance=1e-3,
    mistakes=[
        Mistake("L was multiplied as well. Keep lab[:1] as it is.",
                lambda lab, factor: _scaled(lab, factor, factor)),
        Mistake("this is still Lab. lab_to_rgb makes it a picture.",
                lambda lab, factor: torch.cat([lab[:1], factor * lab[1:]])),
        Mistake("only a was changed. Chroma is the length of (a, b): multiply both.",
                lambda lab, factor: lab_to_rgb(torch.stack([lab[0], factor * lab[1], lab[2]]))),
        Mistake("the factor was added. It multiplies.",
                lambda lab, factor: lab_to_rgb(torch.cat([lab[:1], lab[1:] + factor]))),
        Mistake("nothing changed: the factor is not used.",
                lambda lab, factor: _scaled(lab, 1)),
    ],
)
