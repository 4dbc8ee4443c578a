"""The ab plane as classes: 313 bins, and how a color becomes a target (chapter 02).

Zhang, Isola and Efros (2016) cut the ab plane into squares of 10 units and keep the 313 that sRGB
can reach. Their list was published without its recipe; here it is built from first principles.
"""

from copy import copy
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from .color import rgb_to_lab
from .fast.lattice import Lattice

STEP = 10  # side of a bin in ab units
REACH = 13  # steps from gray, in a and in b, within which all colors of a screen lie


@lru_cache
def _rgb_grid_ab() -> np.ndarray:
    """ab of a grid of sRGB colors, five levels a channel; shape (125, 2)."""
    level = torch.linspace(0, 1, 5, dtype=torch.float64)
    rgb = torch.cartesian_prod(level, level, level).T[:, :, None]
    return rgb_to_lab(rgb)[1:, :, 0].T.numpy()


@lru_cache
def gamut_hull() -> np.ndarray:
    """Convex hull of sRGB in the ab plane, as half planes ``normal . (a, b) + offset <= 0``.

    Returns
    -------
    array of shape (edges, 3): unit normal (2) and offset of each edge.

    Notes
    -----
    The hull is that of the RGB cube's corners, but for slight bulges along its edges. A grid of
    five levels a channel is enough: more levels give the same 313 bins.
    """
    from scipy.spatial import ConvexHull  # takes longer to import than all of colorlib

    return ConvexHull(_rgb_grid_ab()).equations


@lru_cache
def gamut_bins() -> Tensor:
    """Centers of the 313 bins, shape (313, 2), float32, sorted by a, then b.

    A multiple of 10 is a bin if its Chebyshev distance to the hull of sRGB is below 10: it is then
    a corner of a 10 x 10 cell that overlaps the hull.
    """
    side = STEP * torch.arange(-REACH, REACH + 1, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side).numpy()
    equations = gamut_hull()
    normals, offsets = equations[:, :2], equations[:, 2]
    # Distance below 10 means: the open square of half side 10 around the point meets the hull. Two
    # convex shapes are apart only if a line along an edge of one of them parts them. First the
    # hull's edges: is the square's corner nearest to the hull inside each half plane?
    near = grid @ normals.T + offsets - STEP * np.abs(normals).sum(axis=1)
    meets = (near < 0).all(axis=1)
    # Then the square's edges, which are vertical and horizontal.
    ab = _rgb_grid_ab()
    meets &= (grid + STEP > ab.min(axis=0)).all(axis=1)
    meets &= (grid - STEP < ab.max(axis=0)).all(axis=1)
    return torch.tensor(grid[meets], dtype=torch.float32)


class AbGamut:
    """The quantized ab plane: 313 bins, and the codes between colors and classes.

    Parameters
    ----------
    neighbors : how many bins share the mass of a color, at most 5 (the paper: 5).
    sigma : width in ab units of the Gaussian that shares it (the paper: 5).

    Attributes
    ----------
    bins : tensor, shape (313, 2): the (a, b) of each class, sorted by a, then b.

    Examples
    --------
    >>> gamut = AbGamut()
    >>> len(gamut), gamut.bins[120].tolist()
    (313, [0.0, 0.0])
    """

    def __init__(self, neighbors: int = 5, sigma: float = 5.0):
        if not 1 <= neighbors <= 5:
            raise ValueError(f"neighbors must be from 1 to 5, got {neighbors}")
        if not sigma > 0:
            raise ValueError(f"sigma must be above 0, got {sigma}")
        self.bins, self._fast = gamut_bins().clone(), _lattice()
        self.neighbors, self.sigma = neighbors, float(sigma)

    def __len__(self) -> int:
        return len(self.bins)

    def to(self, device) -> "AbGamut":
        """Move the bins to a device, in place, as ``torch.nn.Module.to`` does."""
        self.bins, self._fast = self.bins.to(device), copy(self._fast).to(device)
        return self

    def nearest(self, ab: Tensor) -> Tensor:
        """Class of each color: (..., 2, H, W) to (..., H, W), int64."""
        ab = _check(ab)
        if self._fast.supports(ab):
            return self._fast.nearest(ab)
        return self.squared_distances(ab).argmin(-3)

    def soft_encode(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Share each color among its nearest bins.

        Parameters
        ----------
        ab : float tensor, shape (..., 2, H, W).

        Returns
        -------
        indices : int64 tensor, shape (..., 5, H, W), the nearest bins, nearest first.
        weights : tensor of that shape: exp(-d^2 / 2 sigma^2), scaled to sum to 1.

        Notes
        -----
        Zhang et al. 2016, section 2.1. For whole pictures `fast.lattice` gives the same numbers
        without taking all 313 distances.
        """
        ab = _check(ab)
        if self._fast.supports(ab):
            return self._fast.soft_encode(ab, self.neighbors, self.sigma)
        squared = self.squared_distances(ab).movedim(-3, -1)
        squared, indices = squared.topk(self.neighbors, largest=False)
        # The weights are a softmax of -d^2 / 2 sigma^2. Softmax subtracts the largest exponent
        # first, so that a color far outside the gamut does not give 0 / 0. Along the last axis its
        # result does not depend on the number of threads.
        weights = torch.softmax(squared / (-2 * self.sigma**2), -1)
        return indices.movedim(-1, -3), weights.movedim(-1, -3)

    def squared_distances(self, ab: Tensor) -> Tensor:
        """Of each color to each bin: (..., 2, H, W) to (..., 313, H, W)."""
        bins = self.bins.to(ab)[:, :, None, None]
        return (ab.unsqueeze(-4) - bins).square().sum(-3)

    def dense(self, indices: Tensor, weights: Tensor) -> Tensor:
        """The same target with all its zeros: (..., 5, H, W) twice to (..., 313, H, W)."""
        shape = (*indices.shape[:-3], len(self), *indices.shape[-2:])
        return weights.new_zeros(shape).scatter_(-3, indices, weights)

    def mean(self, probabilities: Tensor) -> Tensor:
        """Expected color of a distribution over the bins: (..., 313, H, W) to (..., 2, H, W)."""
        if probabilities.dim() < 3 or probabilities.shape[-3] != len(self):
            shape = tuple(probabilities.shape)
            raise ValueError(f"probabilities must have shape (..., {len(self)}, H, W), got {shape}")
        flat = probabilities.flatten(-2)
        return (self.bins.to(flat).T @ flat).unflatten(-1, probabilities.shape[-2:])


def _check(ab: Tensor) -> Tensor:
    """ab in float32 at least. ValueError unless it is (..., 2, H, W) with finite values."""
    if ab.dim() < 3 or ab.shape[-3] != 2:
        raise ValueError(f"ab must have shape (..., 2, H, W), got {tuple(ab.shape)}")
    ab = ab.to(torch.promote_types(ab.dtype, torch.float32))
    # One NaN makes both the smallest and the largest value NaN: checking these two is enough.
    if ab.numel() and ab.device.type != "meta" and not torch.stack(ab.aminmax()).isfinite().all():
        raise ValueError("ab has values that are not finite numbers")
    return ab


@lru_cache
def _lattice() -> Lattice:
    return Lattice(gamut_bins(), STEP, REACH)
