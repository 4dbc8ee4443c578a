"""Exercises of chapter 15: many answers, and how leaderboards count them."""

import torch
from torch import Tensor

from ...after.many import diversity as _diversity
from ...metrics import colorfulness as _colorfulness
from ..checks import Exercise, Mistake

_RNG = torch.Generator().manual_seed(15)


def _pairs(answers: Tensor) -> float:
    return _diversity(answers[:, None]).item()


_TWO = torch.zeros(2, 2, 1, 1)
_TWO[1, :, 0, 0] = torch.tensor([30.0, 40.0])
_FOUR = 20 * torch.randn(4, 2, 3, 5, generator=_RNG)


def _over_all(answers: Tensor) -> float:
    """The mean over all ordered pairs, each answer with itself among them."""
    return (answers[:, None] - answers[None]).norm(dim=2).mean().item()


spread = Exercise(
    reference=_pairs,
    cases=[(_TWO,), (_FOUR,), (_FOUR[:3],)],
    right="0 if all answers are the same; in ab units, as errors are.",
    mistakes=[
        Mistake("each answer was also compared with itself, which adds zeros: take pairs i < j.",
                _over_all),
        Mistake("a and b are the two legs of a triangle: the distance is the root of the sum of "
                "their squares.",
                lambda answers: torch.stack([
                    (answers[i] - answers[j]).abs().mean()
                    for i in range(len(answers)) for j in range(i)]).mean().item()),
        Mistake("that is the distance to the mean of the answers, not to another answer.",
                lambda answers: (answers - answers.mean(0)).norm(dim=1).mean().item()),
        Mistake("the pictures were averaged before the distance was taken: differences in one "
                "place then cancel those in another.",
                lambda answers: _pairs(answers.mean((2, 3), keepdim=True))),
    ],
)


def _clean(noisy: Tensor, v: Tensor, a: Tensor, s: Tensor) -> Tensor:
    return a * noisy - s * v


def _noised(share: float, shape: tuple[int, ...]) -> tuple[Tensor, ...]:
    color, noise = (torch.randn(*shape, generator=_RNG) for _ in range(2))
    a, s = torch.tensor(share).sqrt(), torch.tensor(1 - share).sqrt()
    return a * color + s * noise, a * noise - s * color, a, s


clean = Exercise(
    reference=_clean,
    cases=[_noised(0.5, (2, 1, 1)), _noised(0.9, (2, 3, 4)), _noised(0.1, (2, 3, 4)),
           _noised(1.0, (2, 2, 2))],
    right="Since a^2 + s^2 = 1, the noise cancels and the color remains.",
    mistakes=[
        Mistake("that is the noise; the color is asked for.",
                lambda noisy, v, a, s: s * noisy + a * v),
        Mistake("the sign before v: v is a times the noise *less* s times the color.",
                lambda noisy, v, a, s: a * noisy + s * v),
        Mistake("that takes v for the noise. It is a mixture of noise and color.",
                lambda noisy, v, a, s: (noisy - s * v) / a),
    ],
)


def _both(rgb: Tensor) -> tuple[float, float]:
    return _colorfulness(rgb), _colorfulness(rgb, "absolute")


def _measure(rgb: Tensor, fix=lambda x: x, share: float = 0.3, scale: float = 255) -> float:
    red, green, blue = scale * rgb.double()
    both = fix(torch.stack([red - green, (red + green) / 2 - blue])).flatten(1)
    return (both.var(1, correction=0).sum().sqrt() + share * both.mean(1).norm()).item()


def _means_alone(rgb: Tensor) -> tuple[float, float]:
    """The mistake of taking absolute values for the means and not for the spreads."""
    return _measure(rgb), _measure(rgb, share=0) + _measure(rgb, torch.abs) - _measure(
        rgb, torch.abs, share=0)


def _after(rgb: Tensor) -> tuple[float, float]:
    """The mistake of taking the absolute value of the means."""
    return _measure(rgb), _measure(rgb)


_HALVES = torch.zeros(3, 2, 2)
_HALVES[0, :, 0] = _HALVES[1, :, 1] = 0.5  # red and green beside each other
_SPECKLED = torch.rand(3, 6, 7, generator=_RNG)

two_formulas = Exercise(
    reference=_both,
    cases=[(_HALVES,), (_SPECKLED,), (torch.full((3, 2, 2), 0.4),)],
    right="Red beside green is far apart for the first formula, and the same for the second.",
    mistakes=[
        Mistake("the bug is still there. Take the absolute value at each pixel first, then mean "
                "and spread.", _after),
        Mistake("the means are right now; the spread needs the absolute values, too.",
                _means_alone),
        Mistake("the formulas are for values of 0 to 255.",
                lambda rgb: (_measure(rgb, scale=1), _measure(rgb, torch.abs, scale=1))),
        Mistake("the means count with 0.3.",
                lambda rgb: (_measure(rgb, share=1), _measure(rgb, torch.abs, share=1))),
        Mistake("the two numbers are swapped: signed first.", lambda rgb: _both(rgb)[::-1]),
    ],
)


def _frechet(x: Tensor, y: Tensor) -> float:
    mean, spread = x.mean() - y.mean(), x.std(correction=0) - y.std(correction=0)
    return (mean**2 + spread**2).item()


_ONE, _OTHER = (scale * torch.randn(n, generator=_RNG) + mean
                for n, scale, mean in ((40, 1.0, 0.0), (60, 3.0, 2.0)))

frechet = Exercise(
    reference=_frechet,
    cases=[(torch.tensor([0.0, 2.0]), torch.tensor([3.0, 5.0])),
           (torch.tensor([-1.0, 1.0]), torch.tensor([-3.0, 3.0])), (_ONE, _OTHER), (_ONE, _ONE)],
    right="Zero if mean and spread agree, whatever single pictures look like.",
    mistakes=[
        Mistake("the spreads were left out: sets with one mean would all be alike.",
                lambda x, y: (x.mean() - y.mean()).square().item()),
        Mistake("the difference of the variances was taken, not that of the standard deviations.",
                lambda x, y: ((x.mean() - y.mean())**2 + (x.var(correction=0)
                                                         - y.var(correction=0))**2).item()),
        Mistake("the squares are missing.",
                lambda x, y: ((x.mean() - y.mean()).abs() + (
                    x.std(correction=0) - y.std(correction=0)).abs()).item()),
        Mistake("that is the root of it; the Fréchet distance as it is used is a square.",
                lambda x, y: _frechet(x, y) ** 0.5),
    ],
    tolerance=2e-3,
)
