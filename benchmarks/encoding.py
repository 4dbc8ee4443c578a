"""Soft encoding, against a ball tree that fills a dense target (chapter 02)."""

import torch

from colorlib.color import rgb_to_lab
from colorlib.gamut import AbGamut
from colorlib.images import read_rgb, samples

from . import plain
from .machine import traffic
from .measure import Row, race

PIXELS = 77_440


def photo_colors(pixels: int) -> torch.Tensor:
    """ab of so many pixels, spread over the bundled photographs: (2, 1, pixels)."""
    photos = [read_rgb(path, 256).flatten(1) for path in samples().values()]
    rgb = torch.cat(photos, 1)
    chosen = torch.linspace(0, rgb.shape[1] - 1, pixels).long()
    return rgb_to_lab(rgb[:, None, chosen].float() / 255)[1:]


def random_colors(pixels: int) -> torch.Tensor:
    """ab of random RGB colors: many more at the rim of the gamut than in any photograph."""
    rgb = torch.rand(3, 1, pixels, generator=torch.Generator().manual_seed(0))
    return rgb_to_lab(rgb)[1:]


def run(tiny: bool = False) -> list[Row]:
    pixels, rounds = (500, 1) if tiny else (PIXELS, 15)
    gamut, rows = AbGamut(), []
    for name, colors in (("photos", photo_colors), ("random colors", random_colors)):
        ab = colors(pixels)
        # Of two bins that are equally far, as from a gray, either may be the fifth.
        dense = gamut.dense(*gamut.soft_encode(ab))[:, 0], plain.encode(ab[:, 0])
        ours, theirs = (target.topk(5, 0).values for target in dense)
        off = (ours - theirs).abs().max().item()
        if off > 1e-5:
            raise AssertionError(f"the weights of {name} differ by {off}")
        rows.append(race(
            f"soft-encode {pixels:,} pixels of {name}", lambda ab=ab: gamut.soft_encode(ab),
            "ball tree, dense target", lambda ab=ab: plain.encode(ab[:, 0]), rounds, 25,
            # Two floats are read; five places of 8 bytes and five weights of 4 are written.
            (1000 * pixels * 68 / traffic(), "memory traffic")))
    return rows
