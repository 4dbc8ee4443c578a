"""Exercises of chapter 07: rulers for colorizers, and how far to trust what they say."""

import math

import torch
from torch import Tensor

from ..checks import Exercise, Mistake

_ERROR = torch.tensor([0.0, 15.0, 75.0, 180.0])


def _area(error: Tensor) -> float:
    return (1 - error.clamp(max=150) / 150).mean().item()


area = Exercise(
    reference=_area,
    cases=[(torch.tensor([0.0, 75.0]),), (_ERROR,), (torch.tensor([150.0, 400.0]),),
           (_ERROR.view(2, 2),)],
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

_A = torch.tensor([[[0.2, 0.4]], [[0.5, 0.5]], [[0.9, 1.0]]])
_B = torch.tensor([[[0.3, 0.4]], [[0.5, 0.1]], [[0.7, 1.0]]])


def _psnr(predicted: Tensor, truth: Tensor) -> float:
    return -10 * math.log10((predicted - truth).square().mean().item())


psnr = Exercise(
    reference=_psnr,
    cases=[(_A, _B), (torch.zeros(3, 2, 2), torch.full((3, 2, 2), 0.1))],
    right="20 decibels are an error of a tenth, 40 of a hundredth.",
    mistakes=[
        Mistake("the sign: a small error is a large PSNR.", lambda a, b: -_psnr(a, b)),
        Mistake("the root was taken and 10 log10 kept: either square the error, or take 20.",
                lambda a, b: _psnr(a, b) / 2),
        Mistake("this is the natural logarithm; decibels want log10.",
                lambda a, b: _psnr(a, b) * math.log(10)),
        Mistake("the error was not squared.",
                lambda a, b: -10 * math.log10((a - b).abs().mean().item())),
        Mistake("the PSNR of each channel was averaged. Average the squares, over all of them.",
                lambda a, b: sum(_psnr(x, y) for x, y in zip(a, b, strict=True)) / len(a)),
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
    right="The same photographs, dealt out anew: what could as well have come out.",
    mistakes=[
        Mistake("the AuC of each photo was averaged: large photographs must count more. Sum first.",
                lambda score, pixels, picks: _quantiles((score / pixels)[picks].mean(1))),
        Mistake("this is a 90% interval: 2.5% go at each end.",
                lambda score, pixels, picks: _quantiles(
                    score[picks].sum(1) / pixels[picks].sum(1), 0.05)),
        Mistake("this is the spread of single photographs, not of a whole sample's figure.",
                lambda score, pixels, picks: _quantiles(score / pixels)),
        Mistake("1.96 standard deviations fit a bell. Take the quantiles, which fit any shape.",
                _normal),
    ],
)
