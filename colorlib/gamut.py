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
REACH = 13  # so many steps from gray, in a and in b, the colors of any screen end


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
        Exact, at a fraction of the cost of looking at all 313 distances, since bins are points of a
        lattice. The five points of a whole lattice that are nearest to a color: the very nearest;
        its neighbors on the color's side, along a and along b; and two of three others, which are
        the neighbors on the far side, along a and along b, and the corner on the color's side.
        Where one of the five is no bin, at the rim of the gamut, all 313 are looked at.
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
        """Indices and squared distances of the k <= 5 nearest bins, each (..., k, H, W)."""
        if ab.dim() < 3 or ab.shape[-3] != 2:
            raise ValueError(f"ab must have shape (..., 2, H, W), got {tuple(ab.shape)}")
        ab = ab.to(torch.promote_types(ab.dtype, torch.float32))
        # Of numbers of which one is none, neither the smallest nor the largest is one.
        if ab.numel() and not torch.stack(ab.aminmax()).isfinite().all():
            raise ValueError("ab has values that are not finite numbers")
        squared, places = zip(*_five_nearest(ab)[:k], strict=True)
        squared, places = torch.stack(squared, -3), torch.stack(places, -3).int()
        indices = _lattice().to(ab.device).index_select(0, places.flatten()).view(places.shape)
        if indices.numel() and indices.min() < 0:
            rim = (indices < 0).any(-3)
            found = [self._search_all(points, k) for points in ab.movedim(-3, -1)[rim].split(2**14)]
            for tensor, parts in zip((indices, squared), zip(*found, strict=True), strict=True):
                tensor.movedim(-3, -1)[rim] = torch.cat(parts)
        return indices, squared

    def _search_all(self, points: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """The same for a list of points (n, 2), by all their distances: two of shape (n, k)."""
        squared = (points[:, None] - self.bins.to(points)).square().sum(-1)
        squared, indices = squared.topk(k, largest=False)
        return indices, squared


SIDE = 2 * REACH + 3  # of the lattice: a margin of one step is all that a neighbor can be out


@lru_cache
def _lattice() -> Tensor:
    """Index of the bin at each place of the lattice, row by row; -1 where there is none."""
    place = (gamut_bins() / STEP).long() + REACH + 1
    lattice = torch.full((SIDE, SIDE), -1)
    lattice[place[:, 0], place[:, 1]] = torch.arange(len(place))
    return lattice.flatten()


def _five_nearest(ab: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Squared distance and place of the five nearest points of the lattice, the nearest first."""
    middle = (ab / STEP).round()
    offset = ab - middle * STEP
    row, column = (middle.clamp(-REACH, REACH) + REACH + 1).unbind(-3)
    place = row * SIDE + column
    to_a, to_b = torch.copysign(torch.ones_like(offset), offset).unbind(-3)  # the color's side
    to_a = to_a * SIDE
    # Squared distance in a and in b alone: from the middle, its neighbor there, the one opposite.
    apart = offset.abs()
    (a0, b0), (a1, b1), (a2, b2) = (
        way.square().unbind(-3) for way in (apart, apart - STEP, apart + STEP)
    )
    second, third = _by_distance((a1 + b0, place + to_a), (a0 + b1, place + to_b))
    opposite, last = _by_distance((a2 + b0, place - to_a), (a0 + b2, place - to_b))
    fourth, fifth = _by_distance((a1 + b1, place + to_a + to_b), opposite)
    fifth = _nearer(fifth, last)
    return [(a0 + b0, place), second, third, fourth, fifth]


def _nearer(one, other):
    """That of two pairs (squared distance, place) which is nearer, at each pixel."""
    (d, p), (e, q) = one, other
    # 0 or 1: to mix by it is faster than to choose
    return d.minimum(e), p.lerp(q, (e < d).to(d))


def _by_distance(one, other):
    """Two pairs (squared distance, place), the nearer first at each pixel."""
    (d, p), (e, q) = one, other
    swap = (e < d).to(d)
    return (d.minimum(e), p.lerp(q, swap)), (d.maximum(e), q.lerp(p, swap))
