"""Exercises of chapter 07: metrics for colorizers, and how far to trust what they say."""

import torch
from torch import Tensor

from ..checks import Exercise, Mistake

_ERROR = torch.tensor([0.0, 15.0, 75.0, 180.0])


def _area(error: Tensor) -> float:
    return (1 - error.clamp(max=150) / 150).mean().item()


area = Exercise(
    reference=_area,
    cases=[(torch.tensor([0.0, 75.0]),), (_ERROR,), (torch.tensor([150.0, 400.0]),),
           (_ERROR.view(2, 2),), (torch.tensor([0.5, 20.25]),)],
    right="An area under a curve, and no curve was needed: each pixel gives its share of it.",
    mistakes=[
        Mistake("this is the area above the curve. An error of 0 must give 1.",
                lambda error: 1 - _area(error)),
        Mistake("errors beyond 150 count as 150: no pixel gives less than nothing.",
                lambda error: (1 - error / 150).mean()),
        Mistake("errors beyond 150 were left out. They are errors, too, the worst.",
                lambda error: (1 - error[error <= 150] / 150).mean()),
        Mistake("the thresholds end at 150, not at the largest error.",
                lambda error: (1 - error / error.max()).mean()),
        Mistake("these are trapezoids between whole thresholds, which lie a little off; "
                "the mean of the pixels' own shares is exact.",
                lambda error: torch.trapezoid((error.flatten() <= torch.arange(151.0)[:, None])
                                              .float().mean(1)) / 150),
        Mistake("this is the mean of the curve at 151 thresholds, as the paper counts. It lies a "
                "little off the exact area: an error of 150 or more should give 0, not 1 / 151.",
                lambda error: (error.flatten() <= torch.arange(151.0)[:, None]).float().mean()),
        Mistake("this is the mean of the curve at thresholds from 0 to 149, which lies a little "
                "off: only the mean of the pixels' own shares is exact.",
                lambda error: (error.flatten() <= torch.arange(150.0)[:, None]).float().mean()),
        Mistake("the errors were cut to whole numbers.",
                lambda error: _area(error.floor())),
        Mistake("this is the height of the curve at one threshold, not its area.",
                lambda error: (error < 150).float().mean()),
    ],
)

_PRIOR = torch.tensor([0.9, 0.08, 0.02, 0.0])
_BINS = torch.tensor([0, 0, 0, 1, 2])
_SCORE = torch.tensor([1.0, 0.9, 0.8, 0.5, 0.1])


def _rebalanced(score: Tensor, bins: Tensor, prior: Tensor) -> Tensor:
    return _weighted(score, 1 / prior.clamp(min=prior[prior > 0].min())[bins])


def _weighted(score: Tensor, weights: Tensor) -> Tensor:
    return (weights * score).sum() / weights.sum()


rebalanced = Exercise(
    reference=_rebalanced,
    cases=[(_SCORE, _BINS, _PRIOR), (_SCORE.flip(0), _BINS, _PRIOR),
           (_SCORE, torch.tensor([0, 1, 2, 3, 0]), _PRIOR),
           (_SCORE, torch.tensor([0, 0, 3, 1, 0]), _PRIOR),
           (_SCORE, _BINS, torch.tensor([0.6, 0.0, 0.3, 0.1]))],
    right="A rare color counts for as much as it is rare.",
    mistakes=[
        Mistake("the weights are p, not 1 / p: rare colors count even less than before.",
                lambda score, bins, prior: _weighted(score, prior[bins])),
        Mistake("divide by the sum of the weights, not by the number of pixels.",
                lambda score, bins, prior: (score / prior[bins]).mean()),
        Mistake("this is the plain mean: the weights do nothing.",
                lambda score, bins, prior: score.mean()),
        Mistake("1 / 0 came out for a bin with p = 0. Such a bin counts as much as the rarest one "
                "that has a share.",
                lambda score, bins, prior: _weighted(score, 1 / prior[bins])),
        Mistake("a bin with p = 0 got a huge weight, and its pixels alone decide. It counts as "
                "much as the rarest bin that has a share.",
                lambda score, bins, prior: _weighted(score, 1 / (prior[bins] + 1e-12))),
        Mistake("pixels in bins with p = 0 were left out. They count as much as those of the "
                "rarest bin that has a share.",
                lambda score, bins, prior: _weighted(*(
                    x[prior[bins] > 0] for x in (score, 1 / prior[bins])))),
        Mistake("this is a mean for each color, then their mean. Here each pixel counts, by 1 / p; "
                "p is given in `prior`, not counted in these pixels.",
                lambda score, bins, prior: torch.stack(
                    [score[bins == b].mean() for b in bins.unique()]).mean()),
    ],
)

READ = (0.47, 37.0)  # gray's share at an error of 20, and the error that 80% of L2's pixels keep to
OTHERS = {"random": (0.42, 44.0), "full": (0.58, 33.0), "gray": (0.47, 43.0), "L2": (0.56, 37.0)}


def _read(got) -> str | None:
    numbers = got.tolist() if hasattr(got, "tolist") else got
    if not isinstance(numbers, tuple | list) or len(numbers) != 2:
        return "two numbers are asked for: (share, error)"
    share, allowed = map(float, numbers)
    if share > 1 and allowed <= 1:
        return "the two numbers have changed places: the share is below 1, the error in ab units"
    if share > 1:
        return "the share is a number between 0 and 1, not in percent"
    if abs(share - READ[0]) > 0.035:
        return f"the share is not right{_line(share, 0, 0.035, 'gray')}"
    if abs(allowed - READ[1]) > 2.5:
        return f"the error is not right{_line(allowed, 1, 1.5, 'L2')}"
    return None


def _line(number: float, place: int, near: float, asked: str) -> str:
    """Which other line was read, if it was one of them."""
    away = {name: abs(values[place] - number) for name, values in OTHERS.items()}
    name = min(away, key=away.get)
    if name != asked and away[name] <= near:
        return f": that is the line of {name}; {asked} is asked for"
    return ". Follow the thin lines of the grid"


reading = Exercise(
    reference=lambda: READ,
    judge=_read,
    right="About half of gray's pixels are within 20 units; L2 needs about 37 for 80%.",
    tolerance=1e-6,
    mistakes=[
        Mistake("50 percent is 0.5.", lambda: (47, 37)),
        Mistake("First the share, then the error.", lambda: (37, 0.47)),
    ],
)

_RNG = torch.Generator().manual_seed(7)
_PIXELS = torch.tensor([100.0, 400.0, 100.0, 900.0, 100.0, 300.0, 200.0, 100.0])
_SCORES = _PIXELS * torch.tensor([0.95, 0.7, 0.9, 0.85, 0.99, 0.8, 0.9, 0.6])
_PICKS = torch.randint(8, (400, 8), generator=_RNG)


def _interval(score: Tensor, pixels: Tensor, picks: Tensor) -> tuple[float, float]:
    drawn = score[picks].sum(1) / pixels[picks].sum(1)
    low, high = drawn.quantile(torch.tensor([0.025, 0.975])).tolist()
    return low, high


def _normal(score: Tensor, pixels: Tensor, picks: Tensor) -> tuple[float, float]:
    drawn = score[picks].sum(1) / pixels[picks].sum(1)
    middle, reach = drawn.mean().item(), 1.96 * drawn.std().item()
    return middle - reach, middle + reach


def _quantiles(drawn: Tensor, low: float = 0.025) -> tuple[float, float]:
    return drawn.quantile(low).item(), drawn.quantile(1 - low).item()


interval = Exercise(
    reference=_interval,
    cases=[(_SCORES, _PIXELS, _PICKS), (_PIXELS - _SCORES, _PIXELS, _PICKS.flip(0)[:200])],
    right="The same photographs, sampled again with replacement: other results that were possible.",
    mistakes=[
        Mistake("the AuC of each photo was averaged: large photographs must count more. Sum first.",
                lambda score, pixels, picks: _quantiles((score / pixels)[picks].mean(1))),
        Mistake("the sums go over the draws. Sum over the photographs of each draw, dimension 1.",
                lambda score, pixels, picks: _quantiles(
                    score[picks].sum(0) / pixels[picks].sum(0))),
        Mistake("this is a 90% interval: 2.5% go at each end.",
                lambda score, pixels, picks: _quantiles(
                    score[picks].sum(1) / pixels[picks].sum(1), 0.05)),
        Mistake("this is the spread of single photographs, not of a whole sample's number.",
                lambda score, pixels, picks: _quantiles(score / pixels)),
        Mistake("1.96 standard deviations fit a bell. Take the quantiles, which fit any shape.",
                _normal),
    ],
)
