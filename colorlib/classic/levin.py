"""Color by scribbles: Levin, Lischinski and Weiss (2004), as one sparse system (chapter 09)."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy import sparse
from scipy.sparse.linalg import splu
from torch import Tensor

from ..color import into_gamut, lightness_of, paint
from ..images import like, rgb_and_alpha
from .neighborhoods import SIZE, neighborhoods, shrink
from .scribbles import read_scribbles

FLAT = 0.02  # L squared: the smallest 2 s^2 of `affinities`, so that a flat window has one


def affinities(lightness: Tensor) -> Tensor:
    """How much of each pixel's color comes from each of its eight neighbors.

    Parameters
    ----------
    lightness : tensor, shape (1, H, W): L.

    Returns
    -------
    weights : float64 tensor, shape (9, H, W): of the 3 x 3 pixels around each, row by row. They
        sum to 1. The pixel itself, in the middle, and places outside the picture have weight 0.

    Notes
    -----
    w is proportional to exp(-(L - L')^2 / (2 s^2)), Levin et al. 2004, with s^2 as 0.3 of the
    variance of L in the 3 x 3 pixels, which is what the authors' program takes. Chapter 09.
    """
    around = neighborhoods(lightness.double(), 3)
    scale = (0.6 * around.var(0, correction=0)).clamp(min=FLAT)
    inside = F.unfold(F.pad(torch.ones_like(lightness[None]), [1] * 4), 3).view_as(around)
    weights = torch.exp(-(around - lightness).square() / scale) * inside
    weights[4] = 0
    return weights / weights.sum(0)


def spread(lightness: Tensor, ab: Tensor, known: Tensor) -> Tensor:
    """Spread the colors of a few pixels to all.

    Parameters
    ----------
    lightness : tensor, shape (1, H, W): L.
    ab : tensor, shape (2, H, W): the colors, where they are known; anything elsewhere.
    known : bool tensor, shape (H, W).

    Returns
    -------
    ab : tensor, shape (2, H, W). Where known, as it came; each other pixel is the mean of its
        neighbors, weighted by `affinities`.

    Raises
    ------
    ValueError
        If nothing is known.

    Notes
    -----
    (I - W) u = 0 for the free pixels: one sparse linear system, factored once and solved for a and
    for b. As in the authors' program, the known pixels state no equations of their own.
    """
    if not known.any():
        raise ValueError("there are no scribbles: at least one pixel needs a color")
    height, width = known.shape
    if height * width == 1:
        return ab.clone()
    weights = affinities(lightness).flatten(1).numpy()
    steps = np.array([down * width + right for down in (-1, 0, 1) for right in (-1, 0, 1)])
    pixels = np.arange(height * width)
    fixed, values = known.flatten().numpy(), ab.flatten(1).T.double().numpy()
    used = (weights > 0) & ~fixed
    from_, to = np.broadcast_to(pixels, weights.shape)[used], (pixels + steps[:, None])[used]
    mean = sparse.csr_matrix((weights[used], (from_, to)), shape=(pixels.size, pixels.size))
    free, held = pixels[~fixed], pixels[fixed]
    colors = values.copy()
    if free.size:
        rows = mean[free]
        system = sparse.identity(free.size, format="csc") - rows[:, free].tocsc()
        # The pattern is symmetric and the diagonal is never the smaller one: no pivoting needed.
        factors = splu(system, "MMD_AT_PLUS_A", diag_pivot_thresh=0,
                       options={"SymmetricMode": True})
        colors[free] = factors.solve(rows[:, held] @ values[held])
    return torch.from_numpy(colors.T).to(ab).view_as(ab)


def color_by_dots(lab: Tensor, count: int, side: int = 5) -> tuple[Tensor, Tensor]:
    """Simulate a person who knows the true colors: each dot goes where the picture is worst.

    Parameters
    ----------
    lab : tensor, shape (3, H, W): the true colors.
    count : dots to paint, one after the other. Each is a square in the mean of its true colors,
        put where the mean ab error over such a square is largest.
    side : of a dot in pixels; odd.

    Returns
    -------
    errors : tensor, shape (count + 1,): mean ab error after 0, 1, ... dots. Without dots the
        picture is gray.
    ab : tensor, shape (2, H, W): the colors after the last dot.
    """
    lightness, true = lab[:1], lab[1:]
    ab, made = torch.zeros_like(true), torch.zeros_like(true)
    known, errors = torch.zeros(true.shape[1:], dtype=torch.bool), []
    for _ in range(count):
        far = (made - true).norm(dim=0)
        errors.append(far.mean())
        worst = F.avg_pool2d(far[None], side, 1, side // 2).argmax().item()
        y, x = divmod(worst, far.shape[1])
        dot = [slice(max(0, at - side // 2), at + side // 2 + 1) for at in (y, x)]
        ab[:, *dot] = true[:, *dot].mean((1, 2), keepdim=True)
        known[tuple(dot)] = True
        # Measured as it is shown: a screen has no colors outside the gamut of sRGB.
        made = into_gamut(torch.cat([lightness, spread(lightness, ab, known)]))[1:]
    return torch.stack([*errors, (made - true).norm(dim=0).mean()]), made


def levin(image, scribbles, size: int = SIZE):
    """Color a photo by scribbles: the color of each spreads to where L changes.

    Parameters
    ----------
    image : path, Pillow picture, array or tensor, as for `Colorizer`; its color is not used.
    scribbles : see `read_scribbles`.
    size : long side in pixels at which the colors are found. Time grows a little faster than the
        number of pixels: seconds at 512.

    Returns
    -------
    The same kind in color, with the L of `image`.

    Raises
    ------
    ValueError
        If there are no scribbles, or they have another size than the photo.

    Examples
    --------
    >>> from colorlib.images import sample
    >>> from colorlib.notebook.scribble import draw
    >>> photo = sample("china").convert("L").resize((60, 40))
    >>> levin(photo, draw("#3060c0 5,5 20,5\\n#306030 5,35 50,35", photo.size)).size
    (60, 40)
    """
    rgb, alpha = rgb_and_alpha(image)
    full = lightness_of(rgb)
    ab, known = read_scribbles(scribbles, image)
    # In the smaller picture every pixel that a stroke touches takes the stroke's mean color.
    share = shrink(known[None].float(), size)
    small = shrink(torch.where(known, ab, 0.0), size) / share.clamp(min=1e-6)
    colors = spread(shrink(full, size), small, share[0] > 0)
    return like(paint(full, colors), alpha, image)
