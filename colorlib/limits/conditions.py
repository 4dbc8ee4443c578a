"""Photographs unlike those a network has learned from, by simulation (chapter 12).

Each function takes RGB (3, H, W) in [0, 1] and gives a picture of that shape. Light adds up before
the gamma of sRGB, so light is what they work on. They are rough physics, good for asking how a
network takes it, not for passing them off as the real thing.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..color import lightness_of, linear_to_srgb, srgb_to_linear


def night(rgb: Tensor, seed: int = 0) -> Tensor:
    """A hundredth of the light, photons that come in whole numbers, and the camera's gain.

    With few photons a pixel, their number scatters by its root (Poisson); reading them out adds
    noise of its own. The gain brings back a tenth of the day's light.
    """
    rng = torch.Generator().manual_seed(seed)
    photons = 120 * srgb_to_linear(rgb)  # for the brightest pixel; by day, thousands
    counted = torch.poisson(photons, rng) + 1.5 * torch.randn(rgb.shape, generator=rng)
    return linear_to_srgb((counted / 120 / 10).clamp(0, 1))


# Share of red, green and blue light that is left after a meter of clear sea water, rounded from
# the absorption of pure water (Pope and Fry 1997): about 0.3, 0.06 and 0.01 a meter.
WATER = torch.tensor([-0.30, -0.06, -0.01]).exp()[:, None, None]
VEIL = torch.tensor([0.02, 0.16, 0.22])[:, None, None]  # light that the water itself sends


def underwater(rgb: Tensor, meters: float = 6.0) -> Tensor:
    """Through so many meters of water: red goes first, and a blue-green veil comes over all."""
    through = WATER.to(rgb) ** meters
    haze = 1 - 0.93**meters
    return linear_to_srgb(srgb_to_linear(rgb) * through * (1 - haze) + VEIL.to(rgb) * haze)


def infrared(rgb: Tensor) -> Tensor:
    """Near infrared, guessed from color: leaves glow, skies go dark. A gray picture.

    A camera without its infrared filter sees what these three channels have not recorded. So this
    is a guess: red light, and more of it where green exceeds the other two, as in leaves.
    """
    red, green, blue = srgb_to_linear(rgb)
    leaves = (green - torch.maximum(red, blue)).clamp(min=0)
    seen = (0.9 * red + 0.1 * green + 6 * leaves - 0.4 * (blue - red).clamp(min=0)).clamp(0, 1)
    return linear_to_srgb(seen).expand(3, -1, -1).clone()


def line_drawing(rgb: Tensor) -> Tensor:
    """Ink on white paper: dark where L is lower than around it. A gray picture."""
    L = lightness_of(rgb)[None]
    fine, broad = (_blur(L, sigma) for sigma in (0.7, 2.0))
    ink = ((broad - fine - 0.6) / 2.5).clamp(0, 1)[0]
    return (1 - ink).expand(3, -1, -1).clone()


def _blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (N, 1, H, W)."""
    reach = int(3 * sigma) + 1
    window = torch.exp(-torch.arange(-reach, reach + 1).to(x).square() / (2 * sigma**2))
    window = (window / window.sum())[None, None, None]
    x = F.pad(x, [reach] * 4, mode="replicate")
    return F.conv2d(F.conv2d(x, window), window.mT)


# By name: (the picture that the network gets, the picture whose colors are the truth). What sees no
# color, as infrared film, is held against the colors of the scene.
CONDITIONS = {
    "as it is": lambda rgb: (rgb, rgb),
    "night": lambda rgb: (night(rgb), rgb),
    "underwater": lambda rgb: (underwater(rgb), underwater(rgb)),
    "infrared": lambda rgb: (infrared(rgb), rgb),
    "line drawing": lambda rgb: (line_drawing(rgb), rgb),
}
