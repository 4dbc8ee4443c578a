"""Exercises of chapter 10: the rivals' ideas."""

import torch
from torch import Tensor

from ..checks import Exercise, Mistake


def _circular_mean(degrees: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    return _angle(*_resultant(degrees, weights / weights.sum()))


def _resultant(degrees: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    angles = torch.deg2rad(degrees)
    return (shares * angles.cos()).sum(), (shares * angles.sin()).sum()


def _angle(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return torch.rad2deg(torch.atan2(y, x)) % 360, (x * x + y * y).sqrt()


_EIGHT = 45.0 * torch.arange(8) + 10
_HUES = [(torch.tensor([30.0, 60.0]), torch.tensor([1.0, 1.0])),
         (torch.tensor([350.0, 30.0]), torch.tensor([1.0, 1.0])),
         (torch.tensor([200.0, 250.0]), torch.tensor([3.0, 1.0])),
         (_EIGHT, torch.tensor([4.0, 1, 0, 0, 2, 0, 0, 3])),
         (_EIGHT, torch.tensor([0.1, 0.2, 0.1, 0.3, 0.1, 0.1, 0.05, 0.05]))]

circular_mean = Exercise(
    reference=_circular_mean,
    cases=_HUES,
    right="Hues are added as arrows; the length of their sum says how much they agree.",
    mistakes=[
        Mistake("that is the mean of the numbers: of 350 and 30 degrees it would be 190, the far "
                "side of the circle.",
                lambda degrees, weights: ((degrees * weights).sum() / weights.sum(),
                                          _circular_mean(degrees, weights)[1])),
        Mistake("the arrows were added, but not divided by the sum of the weights: the length "
                "must be at most 1.",
                lambda degrees, weights: _angle(*_resultant(degrees, weights))),
        Mistake("the weights were left out.",
                lambda degrees, weights: _circular_mean(degrees, torch.ones_like(weights))),
        Mistake("atan of y / x can't tell an arrow from its opposite: take atan2(y, x).",
                lambda degrees, weights: _atan(*_resultant(degrees, weights / weights.sum()))),
        Mistake("an angle below 0 came out. From 0 up to 360 is asked for: take it % 360.",
                lambda degrees, weights: _to_180(*_circular_mean(degrees, weights))),
        Mistake("sine and cosine were swapped: atan2(y, x) wants the sum of sines first.",
                lambda degrees, weights: _angle(
                    *_resultant(degrees, weights / weights.sum())[::-1])),
        Mistake("degrees went into cos and sin, which want radians.",
                lambda degrees, weights: _circular_mean(torch.rad2deg(degrees), weights)),
        Mistake("the hue is in radians; degrees were asked for.",
                lambda degrees, weights: (torch.deg2rad(_circular_mean(degrees, weights)[0]),
                                          _circular_mean(degrees, weights)[1])),
    ],
)


def _to_180(degrees: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    return torch.where(degrees > 180, degrees - 360, degrees), length


def _atan(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return torch.rad2deg(torch.atan(y / x)) % 360, (x * x + y * y).sqrt()


def _map(channels: int, height: int, width: int) -> Tensor:
    return torch.arange(1.0, channels * height * width + 1).view(channels, height, width)


_MAPS = [_map(2, 8, 12), -_map(3, 4, 6), _map(1, 1, 1)]


def _hypercolumn(maps: list[Tensor], y: float, x: float) -> Tensor:
    return torch.cat([m[:, int(y * m.shape[1]), int(x * m.shape[2])] for m in maps])


hypercolumn = Exercise(
    reference=_hypercolumn,
    cases=[(_MAPS[:1], 0.5, 0.25), (_MAPS, 0.3, 0.7), (_MAPS, 0.99, 0.01), (_MAPS, 0.0, 0.0),
           (_MAPS, 0.1, 0.15)],
    right="One place, seen at every scale at once.",
    mistakes=[
        Mistake("y was multiplied by h - 1, x by w - 1. A map of h rows has h cells, and cell i "
                "reaches from i / h to (i + 1) / h: multiply by h and w.",
                lambda maps, y, x: torch.cat([m[:, int(y * (m.shape[1] - 1)),
                                                int(x * (m.shape[2] - 1))] for m in maps])),
        Mistake("x and y were swapped: rows come first.",
                lambda maps, y, x: _hypercolumn(maps, x, y)),
        Mistake("places were rounded. A cell reaches from its number to the next: int() finds it.",
                lambda maps, y, x: torch.cat([m[:, min(round(y * m.shape[1]), m.shape[1] - 1),
                                                min(round(x * m.shape[2]), m.shape[2] - 1)]
                                              for m in maps])),
        Mistake("only the last map was read. Fine detail stands in the first ones.",
                lambda maps, y, x: _hypercolumn(maps[-1:], y, x)),
        Mistake("that is the mean of each map, which is the same at every pixel.",
                lambda maps, y, x: torch.cat([m.mean((1, 2)) for m in maps])),
        Mistake("the maps were added, or stacked; they are to be joined one after the other.",
                lambda maps, y, x: torch.stack([_hypercolumn([m], y, x).sum() for m in maps])),
    ],
)

_RNG = torch.Generator().manual_seed(10)
_LOCAL, _GLOBAL = (torch.randn(*shape, generator=_RNG) for shape in ((4, 3, 5), (6,)))
_WEIGHT, _BIAS = (torch.randn(*shape, generator=_RNG) for shape in ((7, 10), (7,)))
_SIMPLE = (torch.tensor([[[1.0, 2.0]]]), torch.tensor([10.0]), torch.tensor([[1.0, 1.0]]),
           torch.tensor([0.5]))


def _joined(local: Tensor, whole: Tensor) -> Tensor:
    return torch.cat([local, whole[:, None, None].expand(-1, *local.shape[1:])])


def _linear(joined: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.einsum("oc,chw->ohw", weight, joined) + bias[:, None, None]


def _fuse(local: Tensor, whole: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return _linear(_joined(local, whole), weight, bias).relu()


fuse = Exercise(
    reference=_fuse,
    cases=[_SIMPLE, (_LOCAL, _GLOBAL, _WEIGHT, _BIAS), (_LOCAL, _LOCAL[:, 0, 0], _WEIGHT[:, :8],
                                                        _BIAS)],
    right="Every pixel now knows what kind of picture it is in.",
    mistakes=[
        Mistake("the ReLU is missing.", lambda local, whole, weight, bias: _linear(
            _joined(local, whole), weight, bias)),
        Mistake("the bias is missing.", lambda local, whole, weight, bias: _linear(
            _joined(local, whole), weight, 0 * bias).relu()),
        Mistake("the global vector comes after the local features, not before them.",
                lambda local, whole, weight, bias: _linear(
                    _joined(local, whole).roll(len(whole), 0), weight, bias).relu()),
        Mistake("the global vector was divided among the pixels; each gets all of it.",
                lambda local, whole, weight, bias: _fuse(
                    local, whole / local[0].numel(), weight, bias)),
    ],
)

# What the table lets one say: of each sentence, whether it follows, and why.
_SAID = (True, False, False, False)
_WHY = ("sentence 1 only says what was measured, for these weights: its interval is below 0.",
        "sentence 2 names one cause. Dahl also has a frozen backbone and half as many numbers; "
        "each of the three may be why.",
        "sentence 3: the interval of that difference holds 0, so these photographs can't tell.",
        "sentence 4: some claims about L2 say something else with another seed: see the second "
        "list.")


def _judge_sentences(got) -> str | None:
    answers = got.tolist() if hasattr(got, "tolist") else got
    if not isinstance(answers, tuple | list) or len(answers) != 4 or not all(
            isinstance(answer, bool) for answer in answers):
        return "four of True and False are asked for, one for each sentence"
    wrong = [why for why, answer, said in zip(_WHY, answers, _SAID, strict=True) if answer != said]
    return "\n  ".join(wrong) or None


conclude = Exercise(
    reference=lambda: _SAID,
    judge=_judge_sentences,
    right="One claim follows. The others need a fair pair of networks, an interval without 0, or "
          "seeds that agree.",
)
