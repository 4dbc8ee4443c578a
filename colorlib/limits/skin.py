"""Skin tones: groups by ITA, and made-up portraits in the tones of a scale (chapter 12b).

Nobody's face is given another color here. Whose face would it be?
"""

import numpy as np
import torch
from scipy.ndimage import binary_erosion, gaussian_filter
from torch import Tensor

from ..color import linear_to_srgb, rgb_to_lab, srgb_to_linear

# The individual typology angle in degrees from which a group begins (Chardon and others 1991, Del
# Bino and others 2006).
GROUPS = (("very light", 55.0), ("light", 41.0), ("intermediate", 28.0), ("tan", 10.0),
          ("brown", -30.0), ("dark", -90.0))
# The ten tones of the Monk Skin Tone scale (E. Monk, 2019), sRGB.
MONK = ("f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a",
        "292420")
# Faces of the bundled portraits as shares of height and width: top, bottom, left, right.
FACES = {"admiral": (0.27, 0.53, 0.36, 0.63), "astronaut": (0.15, 0.33, 0.375, 0.515)}


def ita(L: Tensor, b: Tensor) -> Tensor:
    """Individual typology angle, in degrees: the lighter the skin, the larger.

    ITA = atan((L - 50) / b) 180 / pi, for b above 0, as skin has.

    Examples
    --------
    >>> round(ita(torch.tensor(70.0), torch.tensor(20.0)).item())
    45
    """
    return torch.rad2deg(torch.atan2(L - 50, b))


def group_of(angle: float) -> str:
    """Name of the ITA group that an angle belongs to."""
    return next((name for name, least in GROUPS if angle > least), GROUPS[-1][0])


def tone(code: str) -> Tensor:
    """RGB (3, 1, 1) in [0, 1] of a hexadecimal code."""
    return torch.tensor([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)])[:, None, None]


def face_mask(rgb: Tensor, box: tuple[float, float, float, float]) -> Tensor:
    """Where in the ellipse inside a box skin is: bool (H, W).

    Skin is what has the hue that most of the ellipse has, within 30 degrees, and is neither among
    its darkest tenth, hair and eyes, nor its lightest hundredth, shine.
    """
    height, width = rgb.shape[1:]
    top, bottom, left, right = (s * n for s, n in zip(box, (height, height, width, width),
                                                      strict=True))
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    ellipse = ((2 * y - top - bottom) / (bottom - top)) ** 2 + (
        (2 * x - left - right) / (right - left)) ** 2 < 1
    L, a, b = rgb_to_lab(rgb)
    hue = torch.rad2deg(torch.atan2(b, a))
    low, high = L[ellipse].quantile(torch.tensor([0.1, 0.99]))
    return ellipse & ((hue - hue[ellipse].median()).abs() < 30) & (low < L) & (high > L)


def head(code: str, seed: int = 0, size: int = 160) -> tuple[Tensor, Tensor]:
    """A made-up portrait with skin of a given tone, lit from a side; and where its face is.

    An egg with eyes, brows, a mouth and hair before a rough wall. What a surface sends back is its
    albedo times the light, so in linear light the tone is multiplied by the shading. It looks like
    nobody, which is meant; nor does it look like a photograph, which limits what it can tell.

    Returns
    -------
    rgb (3, size, size) in [0, 1] and a bool mask (size, size) of bare skin.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]

    def ellipse(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2

    broad, long = rng.uniform(0.36, 0.42), rng.uniform(0.5, 0.56)
    egg = ellipse(0, -0.1, broad, long)
    neck = (np.abs(x) < 0.16) & (y > 0.2) & (y < 0.75)
    chest = ellipse(0, 1.1, 0.75, 0.55) < 1
    hair = (ellipse(0, -0.2, broad * 1.12, long * 1.02) < 1) & (
        y < -0.35 + 0.25 * (np.abs(x) / broad) ** rng.uniform(1.5, 3))
    # Of all sizes, as in photographs: on smooth grays the network sees sky and nothing else.
    rough = sum(s**0.8 * gaussian_filter(rng.standard_normal(x.shape), s) for s in (1, 3, 9, 20))
    rough = np.exp(0.25 * rough / rough.std())[..., None]
    picture = rng.uniform(0.1, 0.5) * rough * np.ones(3)
    skin = srgb_to_linear(tone(code)).numpy().reshape(3)
    picture[neck] = 0.7 * skin
    picture[chest] = (rng.uniform(0.02, 0.5, 3) * rough)[chest]
    depth = np.sqrt(np.clip(1 - egg, 0, 1))  # the third coordinate of the egg's surface
    side = rng.choice([-1, 1]) * rng.uniform(0.3, 0.8)
    light = np.clip((side * x / broad - 0.4 * (y + 0.1) / long + depth) / 1.3, 0, None)
    shade = (0.35 + 0.85 * light) * rough[..., 0] ** 0.4
    face = egg < 1
    picture[face] = (skin * shade[..., None])[face]
    picture[hair] = (np.array([0.05, 0.03, 0.02]) * rng.uniform(0.3, 3) * rough**2)[hair]
    bare = face & ~hair
    for eye in (-0.16, 0.16):
        for part, paint in ((ellipse(eye, -0.17, 0.075, 0.035), 0.6), (
                ellipse(eye, -0.17, 0.03, 0.033), 0.01), (ellipse(eye, -0.28, 0.1, 0.02), 0.02)):
            picture[part < 1], bare = paint, bare & (part >= 1)
    mouth, nose = ellipse(0, 0.2, 0.14, 0.035) < 1, ellipse(0.02 * side, 0.04, 0.05, 0.025) < 1
    picture[mouth] *= [0.9, 0.55, 0.55]
    picture[nose] *= 0.7
    picture = gaussian_filter(picture, (size / 250, size / 250, 0)).clip(0, 1)
    bare = binary_erosion(bare & ~mouth & ~nose, iterations=2)
    rgb = torch.from_numpy(picture).permute(2, 0, 1).float()
    return linear_to_srgb(rgb), torch.from_numpy(bare)
