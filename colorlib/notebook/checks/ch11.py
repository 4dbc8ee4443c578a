"""Exercises of chapter 11: what a probe is given, how it is fitted, chosen and trusted."""

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

_GUESSED = torch.rand(12, 60, generator=_RNG) < torch.linspace(0.3, 0.6, 12)[:, None]
_CHOOSE, _TEST = torch.arange(60).view(2, 30)


def _tested(right: Tensor, choose: Tensor, test: Tensor) -> float:
    best = right[:, choose].float().mean(1).argmax()
    return right[best, test].float().mean().item()


tested = Exercise(
    reference=_tested,
    cases=[(_GUESSED, _CHOOSE, _TEST), (_GUESSED.flip(1), _TEST[::3], _CHOOSE),
           (_GUESSED.roll(7, 1), _CHOOSE, _TEST)],
    right="What chooses must not test: the best of many on the same photos is partly lucky.",
    mistakes=[
        Mistake("the probe is still chosen on the test photos, so its number is partly luck.",
                lambda right, choose, test: right[:, test].float().mean(1).max().item()),
        Mistake("this is the accuracy on the photos that it was chosen by.",
                lambda right, choose, test: right[:, choose].float().mean(1).max().item()),
        Mistake("the probe was chosen on all photos, and the test photos are among them.",
                lambda right, choose, test: right[
                    right.float().mean(1).argmax(), test].float().mean().item()),
        Mistake("the two parts are swapped: choose on `choose`, test on `test`.",
                lambda right, choose, test: _tested(right, test, choose)),
        Mistake("this is the mean over all probes. One of them must be chosen.",
                lambda right, choose, test: right[:, test].float().mean().item()),
        Mistake("this is the number of the chosen probe. Return its accuracy.",
                lambda right, choose, test: right[:, choose].float().mean(1).argmax().item()),
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
