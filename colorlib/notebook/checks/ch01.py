"""Exercises of chapter 01: from stored values to Lab, and the colors behind one gray."""

import torch
from torch import Tensor

from ...color import (
    RGB_TO_XYZ,
    WHITE,
    delta_e,
    lab_to_rgb,
    linear_to_srgb,
    srgb_to_linear,
    xyz_to_lab,
)
from ..checks import Exercise, Mistake

_LUMINANCE = RGB_TO_XYZ[1].float()
_REC601 = torch.tensor([0.299, 0.587, 0.114])
_CREAM, _SEA = torch.tensor([0.9, 0.8, 0.6]), torch.tensor([0.1, 0.4, 0.5])


def _weighted(rgb: Tensor, weights: Tensor = _LUMINANCE) -> Tensor:
    return (weights @ rgb.flatten(1)).reshape(rgb.shape[1:]) if rgb.dim() > 1 else weights @ rgb


to_light = Exercise(
    reference=srgb_to_linear,
    cases=[(torch.tensor([0.5]),), (torch.tensor([0.02]),), (torch.tensor([0.0, 0.1, 0.25, 1.0]),),
           (torch.tensor([0.035, 0.045]),)],  # just before and just behind the line's end
    right="A power of 2.4 for most values, a straight line close to black.",
    tolerance=2e-6,  # where the line ends, the curve is off by 1e-5 only
    mistakes=[
        Mistake("the gamma was forgotten. The stored value is not the light.", lambda v: v),
        Mistake("the curve was used the other way round, from light to stored value.",
                linear_to_srgb),
        Mistake("the straight piece below 0.04045 is missing.",
                lambda v: ((v + 0.055) / 1.055) ** 2.4),
        Mistake("the straight piece ends too early: it reaches to a stored value of 0.04045.",
                lambda v: torch.where(v <= 0.03, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)),
        Mistake("the straight piece is too long: it ends at a stored value of 0.04045.",
                lambda v: torch.where(v <= 0.05, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)),
        Mistake("0.0031308 is the end of the straight piece in amounts of light. In stored values, "
                "it is 0.04045.",
                lambda v: torch.where(v <= 0.0031308, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)),
        Mistake("the value was divided by 255, but it is already between 0 and 1.",
                lambda v: srgb_to_linear(v / 255)),
        Mistake("a plain power of 2.2 is only near the sRGB curve.", lambda v: v**2.2),
    ],
)

luminance = Exercise(
    reference=lambda rgb: _weighted(srgb_to_linear(rgb)),
    cases=[(torch.tensor([1.0, 0.0, 0.0]),), (torch.tensor([0.2, 0.5, 0.8]),),
           (torch.stack([_CREAM, _SEA], dim=1)[:, None],)],
    right="First light, then the weighted sum: green counts ten times as much as blue.",
    mistakes=[
        Mistake("the gamma was forgotten. Weigh amounts of light, not stored values.", _weighted),
        Mistake("all three count the same. The eye sees green much better than blue.",
                lambda rgb: srgb_to_linear(rgb).mean(0)),
        Mistake("red and blue have each other's weight.",
                lambda rgb: _weighted(srgb_to_linear(rgb), _LUMINANCE.flip(0))),
        Mistake("0.299, 0.587 and 0.114 are the weights of older television (Rec. 601). For sRGB, "
                "they are 0.2126, 0.7152 and 0.0722.",
                lambda rgb: _weighted(srgb_to_linear(rgb), _REC601)),
        Mistake("0.299, 0.587 and 0.114 are the weights of older television (Rec. 601), and the "
                "gamma was forgotten.", lambda rgb: _weighted(rgb, _REC601)),
        Mistake("the gamma was undone after the sum. It belongs to each channel.",
                lambda rgb: srgb_to_linear(_weighted(rgb))),
    ],
)


def _lab(xyz: Tensor) -> Tensor:
    return xyz_to_lab(xyz[:, None, None])[:, 0, 0]


to_lab = Exercise(
    reference=_lab,
    cases=[(torch.tensor([0.3, 0.4, 0.2]),), (torch.tensor([0.4, 0.2, 0.5]),),
           (WHITE.float() / 200,)],
    right="L from Y alone, a from X against Y, b from Y against Z.",
    tolerance=1e-2,
    mistakes=[
        Mistake("a and b were swapped.", lambda xyz: _lab(xyz)[[0, 2, 1]]),
        Mistake("X, Y and Z must be divided by those of white.",
                lambda xyz: _lab(xyz * WHITE.to(xyz))),
        Mistake("L needs its - 16.", lambda xyz: _lab(xyz) + torch.tensor([16.0, 0, 0])),
        Mistake("a and b have the wrong sign: red and yellow are the positive ends.",
                lambda xyz: _lab(xyz) * torch.tensor([1.0, -1, -1])),
        Mistake("Y is 1 for white here, not 100.", lambda xyz: _lab(xyz / 100)),
        Mistake("500 and 200 were swapped: 500 belongs to a, 200 to b.",
                lambda xyz: _lab(xyz) * torch.tensor([1.0, 200 / 500, 500 / 200])),
        Mistake("b was computed from X and Z. It is the difference of Y and Z.",
                lambda xyz: _lab(xyz) + torch.stack([0 * xyz[0], 0 * xyz[0],
                                                     0.4 * _lab(xyz)[1]])),
    ],
)

_ONE = torch.tensor([[[50.0, 50.0]], [[0.0, 10.0]], [[0.0, 0.0]]])
_TWO = torch.tensor([[[50.0, 62.0]], [[3.0, 10.0]], [[4.0, 0.0]]])

mean_error = Exercise(
    reference=lambda lab1, lab2: delta_e(lab1, lab2).mean(),
    cases=[(_ONE, _TWO), (_ONE, _ONE), (_TWO.expand(3, 2, 2), _ONE.flip(-1).expand(3, 2, 2))],
    right="A distance at every pixel first, then the mean over the pixels.",
    mistakes=[
        Mistake("the channels were averaged one by one. A pixel has one distance.",
                lambda x, y: (x - y).abs().mean()),
        Mistake("the root was taken after the mean. Take it at every pixel.",
                lambda x, y: (x - y).square().sum(0).mean().sqrt()),
        Mistake("this is one distance for the whole photo. Each pixel has its own; norm(dim=0) "
                "goes over the channels only.", lambda x, y: (x - y).norm()),
        Mistake("the square root is missing.", lambda x, y: (x - y).square().sum(0).mean()),
        Mistake("L was left out.", lambda x, y: (x - y)[1:].square().sum(0).sqrt().mean()),
        Mistake("this is the map of distances; its mean is asked for.", delta_e),
    ],
)


def _judge_gray(got, lab: Tensor) -> str | None:
    try:
        got = torch.as_tensor(got).float()
    except (TypeError, ValueError, RuntimeError):
        return "a color is three numbers: L, a, b"
    if not got.isfinite().all():
        return "not a number: is there a division by a chroma of 0?"
    if got.shape != (3,):
        return f"a color is three numbers: L, a, b; got shape {tuple(got.shape)}"
    if (got[0] - lab[0]).abs() > 0.5:
        return f"L must stay {lab[0]:g}, or the gray copy changes"
    apart = (got - lab).norm()
    if apart < 20:
        return f"the two are {apart:.1f} apart; at least 20 is asked for"
    rgb = lab_to_rgb(got[:, None, None], clip=False)
    if rgb.min() < -1e-3 or rgb.max() > 1 + 1e-3:
        return "no screen shows this color: lab_to_rgb(..., clip=False) leaves 0 to 1"
    return None


def _same_gray(lab: Tensor) -> Tensor:
    colorless = lab * torch.tensor([1.0, 0, 0])
    return colorless if lab[1:].norm() >= 20 else colorless + torch.tensor([0, 25.0, 0])


same_gray = Exercise(
    reference=_same_gray,
    judge=_judge_gray,
    cases=[(torch.tensor([50.0, 40, 20]),), (torch.tensor([60.0, 0, 0]),),
           (torch.tensor([75.0, -20, 40]),)],
    right="Another color, the same gray: this is what a colorizer can't know.",
    mistakes=[
        Mistake("this is the same color again.", lambda lab: lab),
        Mistake("the lightness was changed instead of a and b.",
                lambda lab: lab + torch.tensor([20.0, 0, 0])),
        Mistake("always gray is no other color when the color is gray.",
                lambda lab: lab * torch.tensor([1.0, 0, 0])),
    ],
)
