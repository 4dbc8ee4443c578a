"""Exercises of chapter 10b: hints as inputs, simulated clicks, and who listens to them."""

import numpy as np
import torch
from torch import Tensor

from ..checks import Exercise, Mistake


def _planes(hints: list, height: int, width: int) -> Tensor:
    made = torch.zeros(3, height, width)
    for y, x, ab in hints:
        made[:2, y, x], made[2, y, x] = torch.tensor(ab), 1.0
    return made


def _all_over(hints: list, height: int, width: int) -> Tensor:
    made = _planes(hints, height, width)
    made[2] = 1
    return made


def _everywhere(hints: list, height: int, width: int) -> Tensor:
    made = _planes(hints, height, width)
    for _, _, ab in hints[-1:]:
        made[:2] = torch.tensor(ab)[:, None, None]
    return made


def _by_color(hints: list, height: int, width: int) -> Tensor:
    made = _planes(hints, height, width)
    made[2] = (made[:2] != 0).any(0).float()
    return made


_TWO = [(0, 2, (60.0, 40.0)), (3, 1, (-20.0, -50.0))]

planes = Exercise(
    reference=_planes,
    cases=[(_TWO[:1], 2, 3), (_TWO, 4, 4), ([*_TWO, (1, 1, (0.0, 0.0))], 4, 5), ([], 2, 2)],
    right="Two planes say which color, the third says where. A hint of gray is not the same as no "
          "hint.",
    mistakes=[
        Mistake("the mask is missing: third plane 1 where a hint is. Without it the network can't "
                "tell a wish for gray from no wish.",
                lambda hints, height, width: _planes(hints, height, width)
                * torch.tensor([1.0, 1, 0])[:, None, None]),
        Mistake("the mask was made from the colors, so a hint of gray is lost.", _by_color),
        Mistake("the mask is 1 everywhere. It says where the hints are.", _all_over),
        Mistake("the color was written to the whole plane; it belongs to one place.", _everywhere),
        Mistake("y and x were swapped: y is the row.",
                lambda hints, height, width: _planes(
                    [(min(x, height - 1), min(y, width - 1), ab) for y, x, ab in hints],
                    height, width)),
    ],
)


def _clicks(ab: Tensor, draws: Tensor) -> Tensor:
    rows, columns = (draws * torch.tensor(ab.shape[1:])).long().T
    return ab[:, rows, columns].T


def _square(ab: Tensor, draws: Tensor) -> Tensor:
    rows, columns = (draws * ab.shape[1]).long().T
    return ab[:, rows, columns.clamp(max=ab.shape[2] - 1)].T


_RNG = torch.Generator().manual_seed(11)
_WIDE, _LOW = (40 * torch.randn(2, *sides, generator=_RNG) for sides in ((4, 9), (5, 6)))
_DRAWS = torch.rand(6, 2, generator=_RNG)

clicks = Exercise(
    reference=_clicks,
    cases=[(_WIDE, _DRAWS[:3]), (_LOW, _DRAWS), (_WIDE, _DRAWS)],
    right="Every place of the picture is clicked as often as any other.",
    mistakes=[
        Mistake("the columns were drawn from the height. In a wide photo nobody ever clicks on the "
                "right part, and the network is never taught there.", _square),
        Mistake("rows and columns have changed places.",
                lambda ab, draws: _clicks(ab, draws.flip(1))),
        Mistake("places were rounded; long() cuts off what stands behind the point, so that each "
                "row is as likely as any other.",
                lambda ab, draws: ab[:, (draws[:, 0] * (ab.shape[1] - 1)).round().long(),
                                     (draws[:, 1] * (ab.shape[2] - 1)).round().long()].T),
        Mistake("the shape should be (clicks, 2): one color a row.",
                lambda ab, draws: _clicks(ab, draws).T),
        Mistake("that is the mean color of the picture, not the color under the click.",
                lambda ab, draws: ab.mean((1, 2)).expand(len(draws), 2)),
    ],
)


def _listen(scores: Tensor, alone: float, colors: Tensor, own: Tensor) -> Tensor:
    shares = torch.cat([scores, torch.tensor([float(alone)])]).softmax(0)
    return shares[:-1] @ colors + shares[-1] * own


_WANTED = torch.tensor([[60.0, 40.0], [-20.0, -50.0], [0.0, 70.0]])
_OWN = torch.tensor([-10.0, 5.0])

listen = Exercise(
    reference=_listen,
    cases=[(torch.zeros(1), 0.0, _WANTED[:1], _OWN),
           (torch.tensor([-0.5, -3.0, -9.0]), -2.0, _WANTED, _OWN),
           (torch.tensor([-30.0, -40.0, -35.0]), -2.0, _WANTED, _OWN),
           (torch.zeros(0), -2.0, _WANTED[:0], _OWN)],
    right="A place that is like a hint takes its color; a place that is like none keeps its own.",
    mistakes=[
        Mistake("without `alone` in the softmax, every place must listen to some hint.",
                lambda scores, alone, colors, own: scores.softmax(0) @ colors),
        Mistake("the share of `alone` was not given to the network's own color.",
                lambda scores, alone, colors, own: _listen(scores, alone, colors, 0 * own)),
        Mistake("scores are no shares yet: softmax makes them positive, with sum 1.",
                lambda scores, alone, colors, own: scores @ colors + alone * own),
        Mistake("that takes the best hint alone; two that are alike should share.",
                lambda scores, alone, colors, own: torch.cat([colors, own[None]])[
                    torch.cat([scores, torch.tensor([float(alone)])]).argmax()]),
    ],
)


def _needed(counts: list, errors: list, target: float) -> float:
    return float(np.interp(target, errors[::-1], counts[::-1]))


needed = Exercise(
    reference=_needed,
    cases=[([0, 10], [16.0, 8.0], 12.0), ([0, 1, 2, 5, 10], [16.0, 15.0, 13.0, 11.0, 9.0], 12.0),
           ([0, 4, 20], [20.0, 10.0, 5.0], 6.0)],
    right="Between two rows of the table, a straight line.",
    mistakes=[
        Mistake("np.interp wants its second argument in rising order, and says nothing if it is "
                "not. The errors fall: reverse both lists.",
                lambda counts, errors, target: float(np.interp(target, errors, counts))),
        Mistake("counts and errors have changed places: asked is a number of clicks.",
                lambda counts, errors, target: float(np.interp(target, counts, errors))),
        Mistake("that is the next row of the table. Go on from row to row in a straight line.",
                lambda counts, errors, target: float(next(
                    count for count, error in zip(counts, errors, strict=True)
                    if error <= target))),
    ],
)
