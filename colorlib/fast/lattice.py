"""The nearest points of a lattice, looked up: how `colorlib.gamut` encodes millions of pixels.

The bins are points of a lattice, the multiples of `step` in a and in b. Which five points of a
lattice are nearest to a color, and in which order, depends only on where the color lies between
them. So no distance to 313 bins has to be taken: the plane is cut into squares of half a step, each
square into six triangles, and all colors of a triangle have the same five nearest points. One table
lists them. Where one of the five is no bin, at the rim of the gamut, all bins are searched.
"""

import torch
from torch import Tensor

WORTH_IT = 4096  # colors from which on the table is faster than all distances
# One color in each triangle of a square, by its offsets in a and b from the corner of the square
# that is a lattice point, in tenths of a step. The lines between the triangles are those along
# which two lattice points are equally far.
TRIANGLES = ((1, 0.5), (3, 0.5), (4, 2), (0.5, 1), (0.5, 3), (2, 4))


class Lattice:
    """A table of the five nearest bins.

    Parameters
    ----------
    bins : tensor, shape (Q, 2): multiples of `step`.
    step : distance of neighboring bins.
    reach : so many steps from 0, in a and in b, the outermost bins lie.
    """

    def __init__(self, bins: Tensor, step: float, reach: int):
        self.bins, self.step, self.half, self.edge = bins, step, step / 2, 2 * reach
        self.table = self._fives()

    def to(self, device) -> "Lattice":
        """Move to a device, in place."""
        self.bins, self.table = self.bins.to(device), self.table.to(device)
        return self

    def supports(self, ab: Tensor) -> bool:
        """Whether looking up is possible and pays: many colors, on a device that holds numbers."""
        return ab.device.type != "meta" and ab.numel() >= 2 * WORTH_IT

    def nearest(self, ab: Tensor) -> Tensor:
        """Index of the nearest bin: (..., 2, H, W) to (..., H, W)."""
        return self._search(ab, self.offsets(ab), 1)[0].squeeze(-3)

    def soft_encode(self, ab: Tensor, neighbors: int, sigma: float) -> tuple[Tensor, Tensor]:
        """Indices and weights of the nearest bins, both (..., neighbors, H, W)."""
        offsets = self.offsets(ab)
        indices, rim = self._search(ab, offsets, neighbors)
        weights = self._gaussians(offsets, 2 * sigma**2)[:neighbors]
        weights = torch.stack(weights, -3).div_(sum(weights).unsqueeze(-3))
        if len(rim[0]):
            bins = self.bins.to(ab)[indices.movedim(-3, -1)[rim]]
            squared = (ab.movedim(-3, -1)[rim].unsqueeze(-2) - bins).square().sum(-1)
            weights.movedim(-3, -1)[rim] = torch.softmax(squared / (-2 * sigma**2), -1)
        return indices, weights

    def offsets(self, ab: Tensor) -> Tensor:
        """Distance of each color from its lattice point, in a and in b: 0 to half a step."""
        return (ab / self.step).round_().mul_(-self.step).add_(ab).abs_()

    def _search(self, ab: Tensor, offsets: Tensor, k: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Indices of the k <= 5 nearest bins, (..., k, H, W), and where all bins were searched."""
        cell = self._cell_of(ab, offsets)
        table = self.table.to(ab.device)
        shape = ab.unbind(-3)[0].shape
        indices = torch.stack([row.index_select(0, cell).view(shape) for row in table[:k]], -3)
        rim = table[5].index_select(0, cell).view(shape).nonzero(as_tuple=True)
        if len(rim[0]):
            points = ab.movedim(-3, -1)[rim].split(2**14)
            indices.movedim(-3, -1)[rim] = torch.cat([self._search_all(p, k) for p in points])
        return indices, rim

    def _cell_of(self, ab: Tensor, offsets: Tensor) -> Tensor:
        """Column of the table for each color: its square, and the triangle of that square."""
        edge = self.edge
        row, column = (ab / self.half).floor_().clamp_(-edge, edge).unbind(-3)
        square = row.add(edge).mul_(2 * edge + 1).add_(column).add_(edge)
        return square.mul_(6).add_(self._triangle_of(offsets)).int().flatten()

    def _triangle_of(self, offsets: Tensor) -> Tensor:
        """Number 0 to 5 of the triangle in `TRIANGLES`; whole numbers, as floats."""
        a, b = offsets.unbind(-3)
        total = a + b
        number = (total + a.maximum(b) > self.half).to(a)
        number = number.add_(total + a.minimum(b) > self.half)
        return number.add_(b > a, alpha=3)

    def _search_all(self, points: Tensor, k: int) -> Tensor:
        """The nearest bins of a list of points (n, 2), by all their distances: (n, k)."""
        squared = (points[:, None] - self.bins.to(points)).square().sum(-1)
        return squared.topk(k, largest=False).indices

    def _gaussians(self, offsets: Tensor, spread: float) -> list[Tensor]:
        """exp(-d^2 / spread) of the five nearest points, divided by that of the nearest.

        With x the larger offset and y the smaller, the squared distances are larger than the least
        one, x^2 + y^2, by: 0; step^2 - 2 step x, one step along the axis of the larger offset;
        step^2 - 2 step y, one step along the other axis; and then the two smallest of three: both
        steps, and one step away from the color along either axis.
        """
        a, b = offsets.unbind(-3)
        x, y = (2 * self.step / spread * offset for offset in (a.maximum(b), a.minimum(b)))
        whole = self.step**2 / spread
        second, third = x.sub(whole).exp_(), y.sub(whole).exp_()
        both = second * third
        away_y, away_x = y.neg_().sub_(whole).exp_(), x.neg_().sub_(whole).exp_()
        fourth, fifth = both.maximum(away_y), both.minimum(away_y).maximum(away_x)
        return [torch.ones_like(x), second, third, fourth, fifth]

    def _fives(self) -> Tensor:
        """The table, shape (6, squares * 6): five bins, nearest first; the sixth row marks the rim.

        The rim is where one of the five nearest lattice points is no bin.
        """
        square = torch.cartesian_prod(*[torch.arange(-self.edge, self.edge + 1)] * 2)[:, None]
        offsets = torch.tensor(TRIANGLES) * self.step / 10
        inside = torch.where(square % 2 == 0, offsets, self.half - offsets)
        colors = (self.half * square + inside).flatten(0, 1)[:, None]
        around = torch.cartesian_prod(*[torch.arange(-2, 3)] * 2)
        points = (colors / self.step).round() + around
        five = (self.step * points - colors).square().sum(-1).topk(5, largest=False).indices
        side = self.edge + 7  # of a map of the lattice in which none of the points is outside
        points = (points.long() + side // 2).gather(1, five[..., None].expand(-1, -1, 2))
        lattice = torch.full((side, side), -1)
        lattice[tuple((self.bins / self.step).long().T + side // 2)] = torch.arange(len(self.bins))
        bins = lattice[tuple(points.mT.unbind(1))].T
        return torch.cat([bins, (bins < 0).any(0, keepdim=True)])
