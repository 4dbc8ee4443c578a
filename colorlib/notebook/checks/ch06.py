"""Exercises of chapter 06: from a distribution to a color, and from a small picture to a large."""

import torch
from torch import Tensor

from ..checks import Exercise, Mistake

_TWO = torch.tensor([[50.0, 40.0], [-40.0, 50.0]])
_FOUR = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 20.0], [-30.0, 10.0]])
_LOGITS = torch.tensor([1.0, 2.5, 0.5, 2.0])


def _annealed(logits: Tensor, bins: Tensor, T: float) -> Tensor:
    return bins[logits.argmax()] if T == 0 else (logits / T).softmax(0) @ bins


annealed = Exercise(
    reference=_annealed,
    cases=[(torch.tensor([1.0, 0.0]), _TWO, 1.0), (_LOGITS, _FOUR, 0.38), (_LOGITS, _FOUR, 2.0),
           (_LOGITS, _FOUR, 0)],
    right="One formula from the mean to the mode, and the mode itself where it would divide by 0.",
    mistakes=[
        Mistake("T was left out: this is always the mean.",
                lambda logits, bins, T: _annealed(logits, bins, 1)),
        Mistake("the logits were multiplied by T. A small T must sharpen: divide.",
                lambda logits, bins, T: (logits * T).softmax(0) @ bins),
        Mistake("the probabilities were divided by T, not the logits, and softmax came twice.",
                lambda logits, bins, T: _annealed(logits.softmax(0), bins, T)),
        Mistake("after the power, the numbers no longer sum to 1: divide by their sum.",
                lambda logits, bins, T: logits.softmax(0) ** (1 / T) @ bins if T else
                _annealed(logits, bins, 0)),
        Mistake("T = 0 divides by 0, which gives nan, not a number. Treat this case first: the bin "
                "of logits.argmax().", lambda logits, bins, T: (logits / T).softmax(0) @ bins),
        Mistake("for T = 0 the number of the bin came back. Its color is asked for: bins[...].",
                lambda logits, bins, T: _annealed(logits, bins, T) if T else logits.argmax()),
        Mistake("this is always the mode.", lambda logits, bins, T: _annealed(logits, bins, 0)),
    ],
)

_NOW, _NEXT = torch.tensor([3.0, 3.0, 2.0]), torch.tensor([4.0, 1.0, 2.5])


def _accept(now: Tensor, proposed: Tensor, T: float) -> Tensor:
    return ((now - proposed) / T).exp().clamp(max=1)


accept = Exercise(
    reference=_accept,
    cases=[(torch.tensor([3.0]), torch.tensor([4.0]), 1.0), (_NOW, _NEXT, 1.0),
           (_NOW, _NEXT, 0.38)],
    right="Down always, up now and then: the more seldom, the colder it is.",
    mistakes=[
        Mistake("the sign is turned: a step up in energy must be the unlikely one.",
                lambda now, proposed, T: _accept(proposed, now, T)),
        Mistake("a probability above 1: a step down is taken always, which is 1.",
                lambda now, proposed, T: ((now - proposed) / T).exp()),
        Mistake("T multiplies the difference. The colder, the more a step up must cost: divide.",
                lambda now, proposed, T: _accept(now, proposed, 1 / T)),
        Mistake("T was left out.", lambda now, proposed, T: _accept(now, proposed, 1)),
        Mistake("no step up is ever taken. Then nothing can leave a small valley.",
                lambda now, proposed, T: (proposed <= now).float()),
    ],
)

_P = torch.tensor([0.6, 0.4])


def _expected_distance(p: Tensor, bins: Tensor, guess: Tensor) -> Tensor:
    return p @ (bins - guess).norm(dim=1)


expected_distance = Exercise(
    reference=_expected_distance,
    cases=[(_P, _TWO, torch.tensor([50.0, 40.0])), (_P, _TWO, torch.tensor([5.0, 45.0])),
           (_LOGITS.softmax(0), _FOUR, torch.tensor([1.0, 2.0]))],
    right="A distance to every color that may be true, each as often as it is true.",
    mistakes=[
        Mistake("this is the distance to the mean color. Distances first, their mean last.",
                lambda p, bins, guess: (p @ bins - guess).norm()),
        Mistake("all colors count the same here; weigh each distance with its probability.",
                lambda p, bins, guess: (bins - guess).norm(dim=1).mean()),
        Mistake("the squared distance was averaged: the square root is missing.",
                lambda p, bins, guess: p @ (bins - guess).square().sum(1)),
        Mistake("the root was taken after the mean. Take it for every color.",
                lambda p, bins, guess: (p @ (bins - guess).square().sum(1)).sqrt()),
    ],
)

_SCORES = torch.tensor([[80.0, 82.0, 90.0], [81.0, 84.0, 70.0], [79.0, 81.0, 83.0]])


def _leave_one_out(scores: Tensor) -> Tensor:
    others = scores.sum(0) - scores  # for each photo, the sums over all but it
    return scores.gather(1, others.argmax(1, keepdim=True)).mean()


leave_one_out = Exercise(
    reference=_leave_one_out,
    cases=[(_SCORES,), (_SCORES.flip(1),), (torch.cat([_SCORES, _SCORES[:1] - 5]),)],
    right="Each photo was scored at a T that the photo itself had no part in choosing.",
    mistakes=[
        Mistake("T was chosen with all photos, the scored one among them.",
                lambda scores: scores.mean(0).max()),
        Mistake("each photo chose its own best T: the others must choose for it.",
                lambda scores: scores.max(1).values.mean()),
        Mistake("the score of the others was averaged. Score the photo that was left out.",
                lambda scores: ((scores.sum(0) - scores) / (len(scores) - 1)).max(1).values.mean()),
        Mistake("this is the place of the best T; its score is asked for.",
                lambda scores: (scores.sum(0) - scores).argmax(1).float().mean()),
    ],
)


def _joint_bilateral(ab: Tensor, distance: Tensor, difference: Tensor, sigma_s: float = 0.5,
                     sigma_r: float = 5.0) -> Tensor:
    # The softmax is exp, divided by the sum; it survives where every exp is too small for a float.
    exponent = -distance.square() / (2 * sigma_s**2) - difference.square() / (2 * sigma_r**2)
    return (exponent.softmax(0) * ab).sum(1)


def _near(far: Tensor, off: Tensor, sigma_s: float = 0.5,
          sigma_r: float = 5.0) -> tuple[Tensor, Tensor]:
    """How near in place and how near in lightness, two weights from 0 to 1."""
    return torch.exp(-far**2 / (2 * sigma_s**2)), torch.exp(-off**2 / (2 * sigma_r**2))


def _normalized(weights: Tensor, ab: Tensor) -> Tensor:
    return (weights * ab).sum(1) / weights.sum(0)


_AB = torch.tensor([[40.0, 42.0, -20.0], [10.0, 12.0, -30.0]])
_DISTANCE, _DIFFERENCE = torch.tensor([0.2, 0.8, 0.3]), torch.tensor([12.0, 10.0, -3.0])


def _many() -> tuple[Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(0)
    ab = 40 * torch.randn(2, 9, 3, 4, generator=rng)
    return ab, torch.rand(9, 3, 4, generator=rng), 6 * torch.randn(9, 3, 4, generator=rng)


joint_bilateral = Exercise(
    reference=_joint_bilateral,
    cases=[(_AB, _DISTANCE, _DIFFERENCE), (_AB, _DISTANCE, torch.zeros(3)), _many(),
           (_AB, _DISTANCE, _DIFFERENCE, 0.3, 12.0)],
    right="The pixels that are near in place and near in lightness give the color.",
    mistakes=[
        Mistake("the lightness was left out: this is a plain blur.",
                lambda ab, far, off, *sigmas: _joint_bilateral(
                    ab, far, torch.zeros_like(off), *sigmas)),
        Mistake("the distance was left out.",
                lambda ab, far, off, *sigmas: _joint_bilateral(
                    ab, torch.zeros_like(far), off, *sigmas)),
        Mistake("the weights don't sum to 1: divide by their sum.",
                lambda ab, *given: (_near(*given)[0] * _near(*given)[1] * ab).sum(1)),
        Mistake("the two weights were added. A color must be near in both: multiply.",
                lambda ab, *given: _normalized(sum(_near(*given)), ab)),
        Mistake("the differences were not squared.",
                lambda ab, far, off, sigma_s=0.5, sigma_r=5.0: _normalized(
                    torch.exp(-far / (2 * sigma_s**2) - off.abs() / (2 * sigma_r**2)), ab)),
        Mistake("the two sigmas were swapped.",
                lambda ab, far, off, sigma_s=0.5, sigma_r=5.0: _joint_bilateral(
                    ab, far, off, sigma_r, sigma_s)),
        Mistake("0.5 and 5 stand in your code where `sigma_s` and `sigma_r` should.",
                lambda ab, far, off, *sigmas: _joint_bilateral(ab, far, off)),
    ],
)
