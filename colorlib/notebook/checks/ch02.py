"""Exercises of chapter 02: from colors to classes, and back."""

import torch
from torch import Tensor

from ...gamut import gamut_bins
from ..checks import Exercise, Mistake

_FEW = torch.tensor([[1.0, 12, 13, -14], [2, -4, -3, 27]])
_MANY = torch.tensor([[3.0, 8, 21, 22, -17, -23, 41, 4, 6], [4, 7, -11, -13, 18, 24, 3, 8, 2]])


def _count(ab: Tensor, step: float) -> int:
    return (ab / step).round().unique(dim=1).shape[1]


reached = Exercise(
    reference=_count,
    cases=[(_FEW, 10), (_MANY, 10), (_MANY, 20), (_MANY, 5),
           (torch.tensor([[1.0, -14.0], [2.0, -14.0]]), 10),
           (torch.tensor([[5.3, 6.0, 6.0], [1.0, 1.0, 1.0]]), 10)],
    right="Round each color to its nearest center, then count each center once.",
    mistakes=[
        Mistake("rounding down finds the corner of a square, not the nearest center.",
                lambda ab, step: (ab / step).floor().unique(dim=1).shape[1]),
        Mistake("every color was counted. Several can share one center: count the different "
                "columns, unique(dim=1).",
                lambda ab, step: ab.shape[1]),
        Mistake("the different colors were counted, not their centers: round() is missing.",
                lambda ab, step: (ab / step).unique(dim=1).shape[1]),
        Mistake("dim=0 compares the rows. A center is a column: unique(dim=1), and its shape[1].",
                lambda ab, step: (ab / step).round().unique(dim=0).shape[0]),
        Mistake("single numbers were counted. A center is a pair: unique(dim=1).",
                lambda ab, step: len((ab / step).round().unique())),
        Mistake("the step is always 10 here; it should be the argument.",
                lambda ab, step: _count(ab, 10)),
        Mistake("a cast to integers cuts toward 0; it does not round.",
                lambda ab, step: (ab / step).long().unique(dim=1).shape[1]),
    ],
)

_CENTER = torch.tensor([20.0, -30])
_POINTS = torch.tensor([[26.0, 23, 60, 20], [-27, -19, 10, -60]])


def _gaps(center: Tensor, points: Tensor) -> Tensor:
    return (points - center[:, None]).abs()


apart = Exercise(
    reference=lambda center, points: _gaps(center, points).amax(0).min(),
    cases=[(torch.tensor([0.0, 0]), torch.tensor([[8.0], [-3]])),
           (_CENTER, _POINTS), (-_CENTER, _POINTS), (_POINTS[:, 2], _POINTS[:, :2])],
    right="The larger of the two differences for each point, then the nearest point.",
    mistakes=[
        Mistake("this is the straight-line distance. Take the larger difference.",
                lambda center, points: (points - center[:, None]).norm(dim=0).min()),
        Mistake("the differences were added. Take the larger one.",
                lambda center, points: _gaps(center, points).sum(0).min()),
        Mistake("this is the point farthest away. Take the nearest.",
                lambda center, points: _gaps(center, points).max()),
        Mistake("the smaller difference was taken. Both must be below the step.",
                lambda center, points: _gaps(center, points).min()),
        Mistake("the differences need abs(): a point may lie on either side.",
                lambda center, points: (points - center[:, None]).amax(0).min()),
        Mistake("this is one distance for each point; the smallest is asked for.",
                lambda center, points: _gaps(center, points).amax(0)),
    ],
)


def _soft(ab: Tensor, bins: Tensor, scale: float = 50, power: int = 2) -> Tensor:
    distance = (bins - ab).norm(dim=1).topk(5, largest=False).values
    weights = torch.exp(-(distance**power) / scale)
    return weights / weights.sum()


def _unscaled(ab: Tensor, bins: Tensor) -> Tensor:
    squared = (bins - ab).square().sum(1).topk(5, largest=False).values
    return torch.exp(-squared / 50)


def _scaled_by_all(ab: Tensor, bins: Tensor) -> Tensor:
    return torch.softmax(-(bins - ab).square().sum(1) / 50, 0).topk(5).values


soft_weights = Exercise(
    reference=_soft,
    cases=[(torch.tensor(ab), gamut_bins()) for ab in ([0.0, 0.0], [3.0, 1.0], [-44.0, 52.0])],
    right="Five shares that sum to 1, the most for the nearest center.",
    mistakes=[
        Mistake("the weights do not sum to 1: divide by their sum.", _unscaled),
        Mistake("scaled by the sum over all bins. Only five get a share: scale those.",
                _scaled_by_all),
        Mistake("the distance must be squared.", lambda ab, bins: _soft(ab, bins, 50, 1)),
        Mistake("the 2 of 2 sigma squared is missing.", lambda ab, bins: _soft(ab, bins, 25)),
        Mistake("sigma must be squared: 2 * 5 ** 2.", lambda ab, bins: _soft(ab, bins, 10)),
        Mistake("sigma is missing. It is 5.", lambda ab, bins: _soft(ab, bins, 2)),
        Mistake("farthest first. Turn them around.", lambda ab, bins: _soft(ab, bins).flip(0)),
    ],
)

_SEED = torch.Generator().manual_seed(2)
_ONE = (torch.tensor([120, 121, 119, 138, 103])[:, None, None],
        torch.tensor([0.5, 0.2, 0.1, 0.1, 0.1])[:, None, None])
_PATCH = (torch.randint(0, 313, (5, 2, 3), generator=_SEED),
          torch.rand(5, 2, 3, generator=_SEED).softmax(0))


def _mean(indices: Tensor, weights: Tensor, bins: Tensor) -> Tensor:
    return (bins[indices] * weights[..., None]).sum(0).movedim(-1, 0)


def _strongest(indices: Tensor, weights: Tensor, bins: Tensor) -> Tensor:
    best = weights.argmax(0, keepdim=True)
    return bins[indices.gather(0, best)[0]].movedim(-1, 0)


decode = Exercise(
    reference=_mean,
    cases=[(*_ONE, gamut_bins()), (*_PATCH, gamut_bins())],
    right="Each center counts as much as its weight: an expected value.",
    mistakes=[
        Mistake("all five count the same. Use the weights.",
                lambda indices, weights, bins: bins[indices].mean(0).movedim(-1, 0)),
        Mistake("only the strongest bin was used. Let all five count.", _strongest),
        Mistake("the weights already sum to 1: sum, don't divide by 5.",
                lambda indices, weights, bins: _mean(indices, weights, bins) / 5),
        Mistake("a and b come last here. The shape asked for is (2, H, W).",
                lambda indices, weights, bins: _mean(indices, weights, bins).movedim(0, -1)),
        Mistake("a and b were swapped.",
                lambda indices, weights, bins: _mean(indices, weights, bins).flip(0)),
    ],
)


def _bytes(photos: int, side: int, shrink: int = 4, index: int = 8, unit: int = 1) -> tuple:
    pixels = photos * (side // shrink) ** 2
    return 313 * 4 * pixels // unit, 5 * (4 + index) * pixels // unit


target_bytes = Exercise(
    reference=_bytes,
    cases=[(1, 256), (40, 176)],
    tolerance=0,
    right="Both grow with the pixels; only the dense one grows with the classes.",
    mistakes=[
        Mistake("targets have a quarter of the side, so a sixteenth of the pixels.",
                lambda photos, side: _bytes(photos, side, 1)),
        Mistake("a quarter of the side is meant, not a quarter of the pixels.",
                lambda photos, side: _bytes(photos, side, 2)),
        Mistake("numbers were counted. A weight takes 4 bytes, an index 8.",
                lambda photos, side: tuple(
                    n * photos * (side // 4) ** 2 for n in (313, 10))),
        Mistake("an index is an int64: 8 bytes.",
                lambda photos, side: _bytes(photos, side, 4, 4)),
        Mistake("the sparse target needs its five indices, too.",
                lambda photos, side: _bytes(photos, side, 4, 0)),
        Mistake("the number of photos is missing.", lambda photos, side: _bytes(1, side)),
        Mistake("the two were swapped: first dense, then sparse.",
                lambda photos, side: _bytes(photos, side)[::-1]),
    ],
)
