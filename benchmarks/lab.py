"""sRGB to Lab and back, against scikit-image (chapter 01)."""

import torch
from skimage.color import lab2rgb

from colorlib.color import lab_to_rgb, rgb_to_lab

from . import plain
from .measure import Row, race


def run(tiny: bool = False) -> list[Row]:
    side, rounds = (8, 1) if tiny else (256, 15)
    rgb = torch.rand(3, side, side, generator=torch.Generator().manual_seed(0))
    lab = rgb_to_lab(rgb)
    off = (lab - plain.lab(rgb)).abs().max().item()
    if off > 1e-3:
        raise AssertionError(f"Lab differs by {off}")
    last = lab.movedim(0, -1).numpy()
    size = f"{side} x {side}"
    return [
        race(f"RGB to Lab, {size}", lambda: rgb_to_lab(rgb),
             "scikit-image", lambda: plain.lab(rgb), rounds, target=4),
        race(f"Lab to RGB, {size}", lambda: lab_to_rgb(lab),
             "scikit-image", lambda: lab2rgb(last), rounds),
    ]
