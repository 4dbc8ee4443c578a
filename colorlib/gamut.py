"""The ab plane as classes: 313 bins, and how a color becomes a target (chapter 02).

Zhang, Isola and Efros (2016) cut the ab plane into squares of 10 units and keep the 313 that sRGB
can reach. Their list was published without its recipe; here it is built from first principles.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from .color import rgb_to_lab

STEP = 10  # side of a bin in ab units
REACH = 128  # the lookup table below covers ab in [-REACH, REACH)
CELL = 1  # side of one of its cells


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
    The corners of the RGB cube span the hull but for slight bulges along its edges, so a grid of
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
    side = torch.arange(-REACH // STEP * STEP, REACH, STEP, dtype=torch.float64)
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
    neighbors : how many bins share the mass of a color (the paper: 5).
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
        if not 1 <= neighbors <= 20:
            raise ValueError(f"neighbors must be from 1 to 20, got {neighbors}")
        if not sigma > 0:
            raise ValueError(f"sigma must be above 0, got {sigma}")
        self.bins = gamut_bins().clone()
        self.neighbors, self.sigma = neighbors, float(sigma)

    def __len__(self) -> int:
        return len(self.bins)

    def to(self, device) -> "AbGamut":
        """Move the bins to a device, in place, as ``torch.nn.Module.to`` does."""
        self.bins = self.bins.to(device)
        return self

    def nearest(self, ab: Tensor) -> Tensor:
        """Class of each color: (..., 2, H, W) to (..., H, W), int64."""
        return self._search(ab, 1)[0].squeeze(-3)

    def soft_encode(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Share each color out over its nearest bins.

        Parameters
        ----------
        ab : float tensor, shape (..., 2, H, W).

        Returns
        -------
        indices : int64 tensor, shape (..., 5, H, W), the nearest bins, nearest first.
        weights : tensor of that shape: exp(-d^2 / 2 sigma^2), scaled to sum to 1.

        Notes
        -----
        Exact, at a fraction of the cost of looking at all 313 distances: a table knows, for each
        unit square of the plane, the few bins that can be among the nearest of a point in it.
        """
        indices, squared = self._search(ab, self.neighbors)
        # Softmax subtracts the largest exponent first: a color far outside still gets weights.
        return indices, torch.softmax(squared / (-2 * self.sigma**2), dim=-3)

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

    def _search(self, ab: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Indices and squared distances of the k nearest bins, each of shape (..., k, H, W)."""
        if ab.dim() < 3 or ab.shape[-3] != 2:
            raise ValueError(f"ab must have shape (..., 2, H, W), got {tuple(ab.shape)}")
        if not torch.isfinite(ab).all():
            raise ValueError("ab has values that are not finite numbers")
        points = ab.movedim(-3, -1).reshape(-1, 2)
        bins = self.bins.to(points)
        table = _candidates(k).to(points.device)
        cell = ((points + REACH) / CELL).floor().long()
        inside = ((cell >= 0) & (cell < len(table))).all(-1)
        cell = cell.clamp(0, len(table) - 1)
        candidates = table[cell[:, 0], cell[:, 1]]
        squared = (points[:, None] - bins[candidates]).square().sum(-1)
        squared, order = squared.topk(k, largest=False)
        indices = candidates.gather(-1, order)
        if not inside.all():  # colors that no screen shows: ask all 313
            far = ~inside
            distances = (points[far, None] - bins).square().sum(-1)
            squared[far], indices[far] = distances.topk(k, largest=False)
        shape = (*ab.shape[:-3], *ab.shape[-2:], k)
        return indices.reshape(shape).movedim(-1, -3), squared.reshape(shape).movedim(-1, -3)


@lru_cache
def _candidates(k: int) -> Tensor:
    """For each cell of the ab plane, all bins that are among the k nearest of some point in it.

    A bin can be among them only if its distance to the cell is at most the k-th smallest of the
    bins' largest distances to the cell. Shape (cells, cells, most candidates), int64; shorter
    lists are filled up with the next nearest bins.
    """
    low = torch.arange(-REACH, REACH, CELL, dtype=torch.float64)
    bins = gamut_bins().double()
    middle = low + CELL / 2
    gap = (middle[:, None] - bins.T[:, None, :]).abs()  # (2, cells, 313): along a, along b
    nearest, furthest = (gap - CELL / 2).clamp(min=0), gap + CELL / 2
    nearest = nearest[0, :, None].square() + nearest[1, None].square()
    furthest = furthest[0, :, None].square() + furthest[1, None].square()
    bound = furthest.kthvalue(k, dim=-1, keepdim=True).values
    count = int((nearest <= bound).sum(-1).max())
    return nearest.topk(count, largest=False).indices
