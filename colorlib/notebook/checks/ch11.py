"""Exercises of chapter 11: what a probe is given, how it is fitted, how far it is trusted."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checks import Exercise, Mistake

_RNG = torch.Generator().manual_seed(11)
_FEATURE = torch.rand(4, 12, 12, generator=_RNG)
_WIDE = torch.rand(16, 10, 15, generator=_RNG)


def _pool(feature: Tensor, size: int) -> Tensor:
    side = round((size / len(feature)) ** 0.5)
    return F.adaptive_avg_pool2d(feature, side).flatten()


pool = Exercise(
    reference=_pool,
    cases=[(_FEATURE, 36), (_FEATURE, 150), (_WIDE, 42), (_WIDE, 64)],
    right="Few channels keep many places, many channels keep few: about as many numbers each time.",
    mistakes=[
        Mistake("the largest value of each square was taken, not the mean.",
                lambda feature, size: F.adaptive_max_pool2d(
                    feature, round((size / len(feature)) ** 0.5)).flatten()),
        Mistake("size / C is the number of squares. Their number along one side is its root.",
                lambda feature, size: F.adaptive_avg_pool2d(
                    feature, max(1, size // len(feature))).flatten()),
        Mistake("the root was cut off, not rounded: int() takes the whole number below, round() "
                "the nearest.",
                lambda feature, size: F.adaptive_avg_pool2d(
                    feature, int((size / len(feature)) ** 0.5)).flatten()),
        Mistake("the channels were left out: C numbers remain of every square.",
                lambda feature, size: F.adaptive_avg_pool2d(feature, round(size**0.5)).flatten()),
        Mistake("the shape is still (C, side, side): flatten it, for a probe takes a row.",
                lambda feature, size: F.adaptive_avg_pool2d(
                    feature, round((size / len(feature)) ** 0.5))),
        Mistake("a window of fixed size leaves out the edge, or makes another number of squares: "
                "`side` x `side` are wanted, whatever H and W are.",
                lambda feature, size: F.avg_pool2d(feature, feature.shape[-1] // round(
                    (size / len(feature)) ** 0.5)).flatten()),
        Mistake("values were picked, not averaged: what lies between them is lost.",
                lambda feature, size: F.interpolate(
                    feature[None], size=round((size / len(feature)) ** 0.5)).flatten()),
    ],
)

_WEIGHT = torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.0, 1.0]])
_BIAS = torch.tensor([0.5, -1.0])
_ANSWERS = torch.tensor([[1.0, 10.0], [3.0, 10.5], [5.0, 12.0], [7.0, 7.5]])


def _standardized(weight: Tensor, bias: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
    mean, std = answers.mean(0), answers.std(0)
    return weight / std[:, None], (bias - mean) / std


standardized = Exercise(
    reference=_standardized,
    cases=[(_WEIGHT, _BIAS, _ANSWERS), (2 * _WEIGHT, _BIAS.flip(0), _ANSWERS.flip(1) - 4)],
    right="Each channel now answers with mean 0 and spread 1, and half of it passes the ReLU.",
    mistakes=[
        Mistake("the weights were scaled, but the bias not: it is part of the answer.",
                lambda weight, bias, answers: (weight / answers.std(0)[:, None],
                                               bias - answers.mean(0))),
        Mistake("the old bias was forgotten; the answers were taken with it.",
                lambda weight, bias, answers: (weight / answers.std(0)[:, None],
                                               -answers.mean(0) / answers.std(0))),
        Mistake("the mean must be taken away, not added.",
                lambda weight, bias, answers: (weight / answers.std(0)[:, None],
                                               (bias + answers.mean(0)) / answers.std(0))),
        Mistake("it was divided by the variance; the spread is its root.",
                lambda weight, bias, answers: (weight / answers.var(0)[:, None],
                                               (bias - answers.mean(0)) / answers.var(0))),
        Mistake("the spread is that of each picture, over the channels: take it over the pictures.",
                lambda weight, bias, answers: (
                    weight / answers.std(1)[: len(weight), None],
                    (bias - answers.mean(1)[: len(bias)]) / answers.std(1)[: len(bias)])),
        Mistake("all channels were scaled alike. Each has a mean and a spread of its own.",
                lambda weight, bias, answers: (weight / answers.std(),
                                               (bias - answers.mean()) / answers.std())),
    ],
)

_X = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0], [0.5, -1.0]])
_Y = torch.tensor([0, 1, 2, 0])
_W = torch.tensor([[0.5, -0.5, 0.0], [1.0, 0.0, -2.0]])
_B = torch.tensor([0.3, 0.0, -0.6])


def _objective(weight: Tensor, bias: Tensor, x: Tensor, y: Tensor, penalty: float) -> Tensor:
    return F.cross_entropy(x @ weight + bias, y) + penalty / 2 * weight.square().sum()


objective = Exercise(
    reference=_objective,
    cases=[(_W, _B, _X, _Y, 0.0), (_W, _B, _X, _Y, 0.5), (2 * _W, -_B, _X[:3], _Y[:3], 0.1)],
    right="A convex bowl with one bottom: wherever you start, a fit ends there.",
    mistakes=[
        Mistake("the cross-entropy was summed. Take its mean, or the penalty counts for less the "
                "more photos there are.",
                lambda weight, bias, x, y, penalty: F.cross_entropy(
                    x @ weight + bias, y, reduction="sum") + penalty / 2 * weight.square().sum()),
        Mistake("the penalty is half of the sum of squares.",
                lambda weight, bias, x, y, penalty: F.cross_entropy(x @ weight + bias, y)
                + penalty * weight.square().sum()),
        Mistake("the bias pays as well. It says how common a class is, and should be free to.",
                lambda weight, bias, x, y, penalty: _objective(weight, bias, x, y, penalty)
                + penalty / 2 * bias.square().sum()),
        Mistake("this is the norm of the weights; its square is asked for.",
                lambda weight, bias, x, y, penalty: F.cross_entropy(x @ weight + bias, y)
                + penalty / 2 * weight.norm()),
        Mistake("the squares were averaged. Sum them.",
                lambda weight, bias, x, y, penalty: F.cross_entropy(x @ weight + bias, y)
                + penalty / 2 * weight.square().mean()),
        Mistake("the bias was left out of the scores.",
                lambda weight, bias, x, y, penalty: _objective(weight, 0 * bias, x, y, penalty)),
        Mistake("the penalty was left out.",
                lambda weight, bias, x, y, penalty: _objective(weight, bias, x, y, 0.0)),
        Mistake("softmax was taken before cross_entropy, which takes one itself.",
                lambda weight, bias, x, y, penalty: F.cross_entropy(
                    (x @ weight + bias).softmax(1), y) + penalty / 2 * weight.square().sum()),
    ],
)

_COMMON = torch.rand(60, generator=_RNG) < 0.6
_A = _COMMON | (torch.rand(60, generator=_RNG) < 0.25)
_BB = _COMMON & (torch.rand(60, generator=_RNG) < 0.9)
_PICKS = torch.randint(60, (500, 60), generator=_RNG)


def _ends(drawn: Tensor, low: float = 0.025) -> tuple[float, float]:
    return drawn.quantile(low).item(), drawn.quantile(1 - low).item()


def _difference(a: Tensor, b: Tensor, picks: Tensor) -> tuple[float, float]:
    return _ends((a.float() - b.float())[picks].mean(1))


def _apart(a: Tensor, b: Tensor, picks: Tensor) -> tuple[float, float]:
    (low_a, high_a), (low_b, high_b) = (_ends(r.float()[picks].mean(1)) for r in (a, b))
    return low_a - high_b, high_a - low_b


difference = Exercise(
    reference=_difference,
    cases=[(_A, _BB, _PICKS), (_BB, _A, _PICKS[:200]), (_A, ~_BB, _PICKS)],
    right="Both were asked about the same photos, so a hard photo is hard for both and cancels.",
    mistakes=[
        Mistake("each accuracy got an interval of its own, and these were subtracted: far too "
                "wide. Subtract first, photo by photo.", _apart),
        Mistake("the two were drawn apart: the second with other photos than the first.",
                lambda a, b, picks: _ends(a.float()[picks].mean(1)
                                          - b.float()[picks.roll(1, 0)].mean(1))),
        Mistake("this is the interval of the first accuracy alone.",
                lambda a, b, picks: _ends(a.float()[picks].mean(1))),
        Mistake("this is a 90% interval: 2.5% go at each end.",
                lambda a, b, picks: _ends((a.float() - b.float())[picks].mean(1), 0.05)),
        Mistake("the difference is turned around: the first minus the second.",
                lambda a, b, picks: _difference(b, a, picks)),
        Mistake("the size of the difference was taken; its sign is what we want to know.",
                lambda a, b, picks: _ends((a != b).float()[picks].mean(1))),
    ],
)
