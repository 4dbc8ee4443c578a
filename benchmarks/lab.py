"""sRGB to Lab and back, against scikit-image, and kornia where it is installed (chapter 01)."""

from importlib.util import find_spec

import torch
from skimage.color import lab2rgb

from colorlib.color import lab_to_rgb, rgb8_to_lab, rgb_to_lab

from . import plain
from .machine import powers
from .measure import Row, race


def run(tiny: bool = False) -> list[Row]:
    side, rounds = (8, 1) if tiny else (256, 15)
    rgb = torch.rand(3, side, side, generator=torch.Generator().manual_seed(0))
    lab = rgb_to_lab(rgb)
    off = (lab - plain.lab(rgb)).abs().max().item()
    if off > 1e-3:
        raise AssertionError(f"Lab differs by {off}")
    last = lab.movedim(0, -1).numpy()
    rgb8 = (rgb * 255).round().byte()
    size = f"{side} x {side}"

    def bound(count: int) -> tuple[float, str]:
        return 1000 * count * side**2 / powers(), f"{count} powers a pixel"

    rows = [
        race(f"RGB to Lab, {size}", lambda: rgb_to_lab(rgb),
             "scikit-image", lambda: plain.lab(rgb), rounds, 4, bound(6)),
        race(f"RGB to Lab, {size}, from bytes", lambda: rgb8_to_lab(rgb8),
             "scikit-image", lambda: plain.lab(rgb8), rounds, 4, bound(3)),
        race(f"Lab to RGB, {size}", lambda: lab_to_rgb(lab),
             "scikit-image", lambda: lab2rgb(last), rounds, 4, bound(3)),
    ]
    if find_spec("kornia"):
        from kornia.color import lab_to_rgb as its_rgb
        from kornia.color import rgb_to_lab as its_lab

        rows += [race(f"RGB to Lab, {size}", lambda: rgb_to_lab(rgb),
                      "kornia", lambda: its_lab(rgb), rounds, bound=bound(6)),
                 race(f"Lab to RGB, {size}", lambda: lab_to_rgb(lab),
                      "kornia", lambda: its_rgb(lab), rounds, bound=bound(3))]
    return rows
