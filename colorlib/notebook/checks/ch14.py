"""Exercises of chapter 14: a head start, queries, a critic."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checks import Exercise, Mistake

_RNG = torch.Generator().manual_seed(14)


def _kernel(fan_out: int, size: int) -> Tensor:
    return torch.randn(fan_out, 3, size, size, generator=_RNG)


for_gray = Exercise(
    reference=lambda weight: weight.sum(1, keepdim=True),
    cases=[(torch.ones(1, 3, 1, 1),), (_kernel(2, 1),), (_kernel(4, 3),)],
    right="The same answers as for a gray picture in all three channels, with a third of the work.",
    mistakes=[
        Mistake("the mean is a third of the sum: a gray picture stands in R, in G and in B, and "
                "all three are added.", lambda weight: weight.mean(1, keepdim=True)),
        Mistake("the axis of the channels is gone; a convolution wants 1 there: keepdim=True.",
                lambda weight: weight.sum(1)),
        Mistake("that is the kernel of one channel; the two others see the picture too.",
                lambda weight: weight[:, :1]),
        Mistake("the sum ran over the output channels. The input's are the second axis.",
                lambda weight: weight.sum(0, keepdim=True).transpose(0, 1)),
        Mistake("those are the weights of luma. They turn colors into gray; here the picture is "
                "gray already.", lambda weight: (weight * torch.tensor(
                    [0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)),
    ],
)


def _answer(directions: Tensor, palette: Tensor, pixel: Tensor, T: float) -> Tensor:
    return torch.softmax(directions @ pixel / T, 0) @ palette


_DIRECTIONS = torch.tensor([[2.0, 0.0], [0.0, 2.0], [-1.0, -1.0]])
_PALETTE = torch.tensor([[60.0, 40.0], [-20.0, -50.0], [0.0, 70.0]])
_MANY = torch.randn(32, 8, generator=_RNG), 30 * torch.randn(32, 2, generator=_RNG)

answer = Exercise(
    reference=_answer,
    cases=[(_DIRECTIONS, _PALETTE, torch.tensor([1.0, 0.0]), 1.0),
           (_DIRECTIONS, _PALETTE, torch.tensor([0.5, 1.0]), 0.38),
           (*_MANY, torch.randn(8, generator=_RNG), 0.38)],
    right="The annealed mean of chapter 6, with a palette that the photo chose.",
    mistakes=[
        Mistake("the temperature is missing.",
                lambda directions, palette, pixel, T: _answer(directions, palette, pixel, 1.0)),
        Mistake("dot products are no shares yet: softmax makes them positive, with sum 1.",
                lambda directions, palette, pixel, T: (directions @ pixel / T) @ palette),
        Mistake("that takes the best query alone, which is T = 0.",
                lambda directions, palette, pixel, T: palette[(directions @ pixel).argmax()]),
        Mistake("the temperature came after the softmax; it divides the dot products.",
                lambda directions, palette, pixel, T: (torch.softmax(directions @ pixel, 0) / T)
                @ palette),
        Mistake("that takes the cosine: the directions were made 1 long.",
                lambda directions, palette, pixel, T: _answer(
                    F.normalize(directions, dim=1), palette, F.normalize(pixel, dim=0), T)),
    ],
)


def _painter(real: Tensor, fake: Tensor) -> Tensor:
    return -F.logsigmoid(fake - real).mean()


_REAL, _FAKE = (torch.randn(6, generator=_RNG) + shift for shift in (1.0, -1.0))

painter_loss = Exercise(
    reference=_painter,
    cases=[(torch.zeros(1), torch.zeros(1)), (torch.tensor([2.0]), torch.tensor([0.0])),
           (_REAL, _FAKE), (_FAKE, _REAL)],
    right="log 2 where the critic can't tell; the painter wants its own score to be the higher.",
    mistakes=[
        Mistake("that is the critic's loss: it wants the real picture's score to be the higher.",
                lambda real, fake: _painter(fake, real)),
        Mistake("the minus sign is missing: this number grows when the painter improves.",
                lambda real, fake: -_painter(real, fake)),
        Mistake("the scores were compared with 0, not with each other: a relativistic critic "
                "judges pairs.", lambda real, fake: -F.logsigmoid(fake).mean()),
        Mistake("pairs were summed, not averaged.",
                lambda real, fake: len(real) * _painter(real, fake)),
    ],
)
