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
HALF = STEP / 2
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
        self.bins, self._fives = gamut_bins().clone(), _fives()
        self.neighbors, self.sigma = neighbors, float(sigma)

    def __len__(self) -> int:
        return len(self.bins)

    def to(self, device) -> "AbGamut":
        """Move the bins to a device, in place, as ``torch.nn.Module.to`` does."""
        self.bins, self._fives = self.bins.to(device), self._fives.to(device)
        return self

    def nearest(self, ab: Tensor) -> Tensor:
        """Class of each color: (..., 2, H, W) to (..., H, W), int64."""
        ab = _checked(ab)
        return self._search(ab, _offsets(ab), 1)[0].squeeze(-3)

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
        lattice: which five of its points are nearest is looked up, see `_fives`. Where one of them
        is no bin, at the rim of the gamut, all 313 are looked at.
        """
        ab = _checked(ab)
        offsets = _offsets(ab)
        indices, rim = self._search(ab, offsets, self.neighbors)
        weights = _shares(offsets, 2 * self.sigma**2)[: self.neighbors]
        weights = torch.stack(weights, -3).div_(sum(weights).unsqueeze(-3))
        if len(rim[0]):
            bins = self.bins.to(ab)[indices.movedim(-3, -1)[rim]]
            squared = (ab.movedim(-3, -1)[rim].unsqueeze(-2) - bins).square().sum(-1)
            # Softmax subtracts the largest exponent: a color far outside still gets weights.
            weights.movedim(-3, -1)[rim] = torch.softmax(squared / (-2 * self.sigma**2), -1)
        return indices, weights

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

    def _search(self, ab: Tensor, offsets: Tensor, k: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Indices of the k <= 5 nearest bins, (..., k, H, W), and where all bins were looked at."""
        row, column = (ab / HALF).floor_().clamp_(-EDGE, EDGE).unbind(-3)
        a, b = offsets.unbind(-3)
        total = a + b
        # The triangles of `TRIANGLES`, by the lines that part them: whole numbers, as floats.
        triangle = (total + a.maximum(b) > HALF).to(ab).add_(total + a.minimum(b) > HALF)
        triangle = triangle.add_(b > a, alpha=3)
        place = row.add(EDGE).mul_(2 * EDGE + 1).add_(column).add_(EDGE).mul_(6).add_(triangle)
        place = place.int().flatten()
        fives = self._fives.to(ab.device)
        indices = torch.stack([five.index_select(0, place).view(a.shape) for five in fives[:k]], -3)
        rim = fives[5].index_select(0, place).view(a.shape).nonzero(as_tuple=True)
        if len(rim[0]):
            points = ab.movedim(-3, -1)[rim].split(2**14)
            indices.movedim(-3, -1)[rim] = torch.cat([self._search_all(p, k) for p in points])
        return indices, rim

    def _search_all(self, points: Tensor, k: int) -> Tensor:
        """The nearest bins of a list of points (n, 2), by all their distances: (n, k)."""
        squared = (points[:, None] - self.bins.to(points)).square().sum(-1)
        return squared.topk(k, largest=False).indices


def _checked(ab: Tensor) -> Tensor:
    """The same in float32 at least; ValueError if it is no (..., 2, H, W) of finite numbers."""
    if ab.dim() < 3 or ab.shape[-3] != 2:
        raise ValueError(f"ab must have shape (..., 2, H, W), got {tuple(ab.shape)}")
    ab = ab.to(torch.promote_types(ab.dtype, torch.float32))
    # Of numbers of which one is none, neither the smallest nor the largest is one.
    if ab.numel() and not torch.stack(ab.aminmax()).isfinite().all():
        raise ValueError("ab has values that are not finite numbers")
    return ab


def _offsets(ab: Tensor) -> Tensor:
    """How far each color is from the nearest point of the lattice, in a and in b: 0 to 5."""
    return (ab / STEP).round_().mul_(-STEP).add_(ab).abs_()


def _shares(offsets: Tensor, spread: float) -> list[Tensor]:
    """exp(-d^2 / spread) of the five nearest points, over that of the very nearest.

    With x the larger offset and y the smaller, their d^2 exceed the least, x^2 + y^2, by 0;
    100 - 20 x, a step along the larger's axis; 100 - 20 y, along the other's; and then those two
    of three which are nearer: both steps, and a step the wrong way along one or the other axis.
    """
    a, b = offsets.unbind(-3)
    x, y = (2 * STEP / spread * offset for offset in (a.maximum(b), a.minimum(b)))
    whole = STEP**2 / spread
    second, third = x.sub(whole).exp_(), y.sub(whole).exp_()
    both, back, last = second * third, y.neg_().sub_(whole).exp_(), x.neg_().sub_(whole).exp_()
    return [torch.ones_like(x), second, third, both.maximum(back), both.minimum(back).maximum(last)]


EDGE = 2 * REACH  # so many squares of half a step from gray, the outermost beyond all bins
# Lines along which two points of the lattice are equally far cut such a square into six triangles;
# a color in each, by its offsets in a and b. All colors of a triangle have the same five nearest.
TRIANGLES = ((1, 0.5), (3, 0.5), (4, 2), (0.5, 1), (0.5, 3), (2, 4))


@lru_cache
def _fives() -> Tensor:
    """The five nearest bins, by square and triangle: shape (6, squares * 6), nearest first.

    The sixth row says whether one of the five nearest points of the lattice is no bin.
    """
    square = torch.cartesian_prod(*[torch.arange(-EDGE, EDGE + 1)] * 2)[:, None]
    offsets = torch.tensor(TRIANGLES)
    inside = torch.where(square % 2 == 0, offsets, HALF - offsets)  # from the square's lower corner
    colors = (HALF * square + inside).flatten(0, 1)[:, None]
    around = torch.cartesian_prod(*[torch.arange(-2, 3)] * 2)
    points = (colors / STEP).round() + around
    five = (STEP * points - colors).square().sum(-1).topk(5, largest=False).indices
    side = 2 * REACH + 7  # of the lattice around gray; none of the points is out
    points = (points.long() + side // 2).gather(1, five[..., None].expand(-1, -1, 2))
    lattice = torch.full((side, side), -1)
    lattice[tuple((gamut_bins() / STEP).long().T + side // 2)] = torch.arange(len(gamut_bins()))
    bins = lattice[tuple(points.mT.unbind(1))].T
    return torch.cat([bins, (bins < 0).any(0, keepdim=True)])
