"""What the eye takes from a spectrum (chapter 01)."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ..color import XYZ_TO_RGB, linear_to_srgb
from ..io.assets import asset
from .figures import figure


@lru_cache
def color_matching_functions() -> tuple[Tensor, Tensor]:
    """How strongly each wavelength counts for X, Y and Z.

    Returns
    -------
    wavelengths : tensor, shape (95,): 360 to 830 nm in steps of 5.
    xyz : tensor, shape (95, 3): the CIE 1931 2-degree color-matching functions.

    Notes
    -----
    The published table of CIE 018, by way of colour-science. Chapter 01.
    """
    path = asset("cie1931_2deg.csv")
    with path.open(encoding="utf-8") as file:
        table = torch.from_numpy(np.loadtxt(file, delimiter=","))
    return table[:, 0], table[:, 1:]


def chromaticity(xyz: Tensor) -> Tensor:
    """The hue and purity of a light without its strength: XYZ (..., 3) to xy (..., 2)."""
    return xyz[..., :2] / xyz.sum(-1, keepdim=True)


def xy_colors(size: int = 400, reach: float = 0.9) -> Tensor:
    """The chromaticity diagram as a picture: the brightest sRGB color at each x and y.

    Returns
    -------
    tensor, shape (3, size, size): x from left to right, y from bottom to top, both from 0 to
    `reach`; white outside the triangle of sRGB.
    """
    side = torch.linspace(0, reach, size, dtype=torch.float64)
    y, x = torch.meshgrid(side.flip(0), side, indexing="ij")
    light = torch.einsum("ij,jhw->ihw", XYZ_TO_RGB, torch.stack([x, y, 1 - x - y]))
    inside = (light >= 0).all(0)  # the screen has no negative light
    brightest = (light / light.amax(0)).clamp(0, 1)
    return torch.where(inside, linear_to_srgb(brightest), 1.0)


def color_channels(photo: Tensor):
    """The channels of a photo in RGB, YUV, HSV and Lab, each as a gray picture.

    Parameters
    ----------
    photo : (3, H, W), from 0 to 1.

    Returns
    -------
    matplotlib figure.
    """
    from skimage.color import rgb2hsv, rgb2lab, rgb2yuv

    rgb = photo.permute(1, 2, 0).numpy()
    spaces = {"RGB": (rgb, [(0, 1)] * 3),
              "YUV": (rgb2yuv(rgb), [(0, 1), (-0.2, 0.2), (-0.3, 0.3)]),
              "HSV": (rgb2hsv(rgb), [(0, 1)] * 3),
              "Lab": (rgb2lab(rgb), [(0, 100), (-40, 40), (-40, 40)])}
    fig, axes = figure(5.4, 5.2, rows=4, columns=3)
    for row, (name, (image, ranges)) in zip(axes, spaces.items(), strict=True):
        for i, (ax, (low, high)) in enumerate(zip(row, ranges, strict=True)):
            ax.imshow(image[..., i], cmap="gray", vmin=low, vmax=high)
            ax.set_title(f"{name}: {name[i]}", pad=2)
            ax.axis("off")
    return fig
