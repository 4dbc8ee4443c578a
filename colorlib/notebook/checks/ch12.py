"""Exercises of chapter 12: entropy, bleeding, calibration, and a plot to read."""

import math

import torch
from torch import Tensor

from ..checks import Exercise, Mistake, judge_of_three

_RNG = torch.Generator().manual_seed(12)
_LOGITS = 3 * torch.randn(313, 2, 3, generator=_RNG)
_COIN = torch.tensor([2.0, 2.0, -200.0, -200.0])[:, None, None]


def _bits(logits: Tensor) -> Tensor:
    log_p = logits.log_softmax(0)
    return -(log_p.exp() * log_p).sum(0) / math.log(2)


entropy_map = Exercise(
    reference=_bits,
    cases=[(_COIN,), (torch.zeros(8, 1, 2),), (_LOGITS,)],
    right="0 bits: one sure color. 1 bit: a coin. 8.3 bits: no idea among 313.",
    mistakes=[
        Mistake("the natural logarithm gives nats. Bits want log2.",
                lambda logits: _bits(logits) * math.log(2)),
        Mistake("the sign: an entropy is never negative.", lambda logits: -_bits(logits)),
        Mistake("these are logits. Take their softmax first.",
                lambda logits: -(logits * logits.abs().clamp(min=1e-9).log2()).sum(0)),
        Mistake("the softmax runs over the bins, dimension 0, not over the last one.",
                lambda logits: -(logits.softmax(-1) * logits.log_softmax(-1)).sum(0) / math.log(2)),
        Mistake("that is the mean over the bins. Entropy is the sum.",
                lambda logits: _bits(logits) / len(logits)),
        Mistake("a p of 0 has a logarithm of minus infinity, and 0 times that is no number: "
                "log_softmax never gets there.",
                lambda logits: -(logits.softmax(0) * logits.softmax(0).log2()).sum(0)),
        Mistake("two things: a p of 0 has a logarithm of minus infinity, and 0 times that is no "
                "number (log_softmax never gets there); and the natural logarithm gives nats.",
                lambda logits: -(logits.softmax(0) * logits.softmax(0).log()).sum(0)),
        Mistake("that is the surprise of the likeliest color alone.",
                lambda logits: -logits.log_softmax(0).amax(0) / math.log(2)),
    ],
)

_CONFIDENCE = torch.tensor([0.15, 0.18, 0.35, 0.31, 0.38, 0.95, 0.91, 0.93])
_RIGHT = torch.tensor([True, False, False, True, False, True, True, False])
_MANY = torch.rand(200, generator=_RNG)
_MANY_RIGHT = torch.rand(200, generator=_RNG) < _MANY**2


def _by_middles(confidence: Tensor, right: Tensor) -> float:
    """The gap of each range to its middle, not to the mean confidence in it."""
    middle = ((confidence * 10).long().clamp(max=9) + 0.5) / 10
    return _ece(middle, right)


def _ece(confidence: Tensor, right: Tensor, bins: int = 10, weigh=True, gap=torch.abs) -> float:
    which = (confidence * bins).long().clamp(max=bins - 1)
    total, used = 0.0, 0
    for b in which.unique():
        inside = which == b
        apart = gap(right[inside].float().mean() - confidence[inside].mean()).item()
        total += apart * (inside.sum().item() if weigh else 1)
        used += inside.sum().item() if weigh else 1
    return total / used


ece = Exercise(
    reference=_ece,
    cases=[(_CONFIDENCE, _RIGHT), (_MANY, _MANY_RIGHT), (torch.tensor([1.0, 1.0]), _RIGHT[1:3])],
    right="0 means: of all that it says with 30%, 30% is right.",
    mistakes=[
        Mistake("bins count by how many pixels they hold, not all alike.",
                lambda confidence, right: _ece(confidence, right, weigh=False)),
        Mistake("gaps up and down cancel here. Take their absolute value, bin by bin.",
                lambda confidence, right: _ece(confidence, right, gap=lambda x: x)),
        Mistake("this is one bin for all. What is too sure here and too timid there would cancel.",
                lambda confidence, right: _ece(confidence, right, bins=1)),
        Mistake("this compares single pixels with 0 and 1. Calibration is about groups: average "
                "within a bin, then compare.",
                lambda confidence, right: (right.float() - confidence).abs().mean()),
        Mistake("the ranges are 15, as in the measurement; ten are asked for.",
                lambda confidence, right: _ece(confidence, right, bins=15)),
        Mistake("the share right was compared with the middle of the range. Compare it with the "
                "mean confidence of the pixels in it.", _by_middles),
        Mistake("a confidence of 1 was left out. It belongs to the last range.",
                lambda confidence, right: _ece(confidence[confidence < 1], right[confidence < 1])
                * (confidence < 1).float().mean().item() if (confidence < 1).any() else 0.0),
        Mistake("the gap was squared. ECE takes its absolute value.",
                lambda confidence, right: _ece(confidence, right, gap=torch.square)),
    ],
)

_INSIDE = torch.tensor([True] * 4 + [False] * 5)
_FAR = torch.tensor([9.0, 8.0, 7.0, 2.0, 1.0, 3.0, 5.0, 8.0, 9.0])
_AB = torch.tensor([[60.0, 60, 60, 50, 40, 25, 10, 10, 10], [40.0, 40, 40, 30, 20, 10, 0, 0, 0]])
_WILD = torch.tensor([[60.0, 50, 70, 50, 90, -40, 12, 8, 10],
                      [40.0, 45, 35, 30, 80, -30, 5, -5, 0]])


def _gone(ab: Tensor, inside: Tensor, distance: Tensor, reach: float = 6, *, clip=True,
          square=True, core=True, side=False) -> float:
    far = distance > reach if core else torch.ones_like(inside)
    own, other = ab[:, (inside == side) & far].mean(1), ab[:, (inside != side) & far].mean(1)
    rim = ab[:, (inside == side) & (distance <= reach)]
    way = other - own
    share = way @ (rim - own[:, None]) / (way.square().sum() if square else way.norm())
    return (share.clamp(0, 1) if clip else share).mean().item()


def _in_any_direction(ab: Tensor, inside: Tensor, distance: Tensor, reach: float = 6,
                      most: float = 1) -> Tensor:
    own, other = (ab[:, side & (distance > reach)].mean(1) for side in (~inside, inside))
    off = (ab[:, ~inside & (distance <= reach)] - own[:, None]).norm(dim=0)
    return (off / (other - own).norm()).clamp(max=most).mean()


bleed = Exercise(
    reference=_gone,
    cases=[(_AB, _INSIDE, _FAR), (_WILD, _INSIDE, _FAR), (_AB.flip(0), ~_INSIDE, _FAR),
           (_WILD, _INSIDE, _FAR, 3)],
    right="Sharp: 0. A rim that has the thing's color: 1.",
    mistakes=[
        Mistake("a share lies from 0 to 1: a pixel can't go over more than all the way.",
                lambda *a: _gone(*a, clip=False)),
        Mistake("divide by the squared length of the way: once to make its direction a unit, once "
                "to measure in ways.",
                lambda *a: _gone(*a, square=False)),
        Mistake("the rim's own pixels were used to say what color each side has. Take those beyond "
                "it.", lambda *a: _gone(*a, core=False)),
        Mistake("`own` and `other` were swapped: `own` is the mean outside, where the rim is.",
                lambda *a: 1 - _gone(*a)),
        Mistake("this is the distance from `own`, whichever way it goes, over the whole way. Only "
                "the part along the way from `own` to `other` counts.", _in_any_direction),
        Mistake("this is the distance from `own`, whichever way it goes, and without a limit. Only "
                "the part along the way from `own` to `other` counts, from 0 to 1.",
                lambda *a: _in_any_direction(*a, most=math.inf)),
        Mistake("this is the rim inside the thing. Asked for is the one outside.",
                lambda *a: _gone(*a, side=True)),
        Mistake("this is how far the rim's color is off, in ab units, not which share of the way.",
                lambda ab, inside, distance, reach=6: (
                    ab[:, ~inside & (distance <= reach)] - ab[:, ~inside & (distance > reach)]
                    .mean(1, keepdim=True)).norm(dim=0).mean()),
        Mistake("the rim reaches to a distance of at most `reach`: that distance belongs to it.",
                lambda ab, inside, distance, reach=6: _gone(ab, inside, distance, reach - 0.5)),
        Mistake("6 stands in your code where `reach` should.", lambda *a: _gone(*a[:3])),
    ],
)

TEMPERATURES = (0.38, 2.5, 1.0)


temperatures = Exercise(
    reference=lambda: TEMPERATURES,
    judge=judge_of_three(TEMPERATURES, "T", "panel "),
    right="Below the diagonal it claims more than it keeps, above it less. A small T sharpens.",
    mistakes=[
        Mistake("a and b have changed places. Dividing by a T below 1 makes the logits larger, so "
                "the network claims more: its points lie below the diagonal.",
                lambda: (2.5, 0.38, 1)),
        Mistake("b and c have changed places. Look how far to the right the points reach: a large "
                "T makes all confidences small.", lambda: (0.38, 1, 2.5)),
        Mistake("a and c have changed places. Which of the two lies below the diagonal, and claims "
                "too much?",
                lambda: (1, 2.5, 0.38)),
    ],
)
