"""Exercises of chapter 09: color by example and by scribble."""

import torch
from torch import Tensor

from ..checks import Exercise, Mistake

_BRIGHT = torch.tensor([60.0, 70.0, 75.0, 90.0, 95.0])
_DARK = torch.tensor([10.0, 12.0, 30.0, 25.0, 20.0])


def _match(reference: Tensor, target: Tensor) -> Tensor:
    return (reference - reference.mean()) / reference.std() * target.std() + target.mean()


match_luminance = Exercise(
    reference=_match,
    cases=[(_BRIGHT, _DARK), (_DARK, _BRIGHT), (_DARK.view(1, 5), 2 * _BRIGHT.view(1, 5) - 90)],
    right="Same mean, same spread: now equal L means the same thing in both photos.",
    mistakes=[
        Mistake("the target was matched to the reference. It is the reference that must give way.",
                lambda reference, target: _match(target, reference)),
        Mistake("the mean is matched, the spread is not.",
                lambda reference, target: reference - reference.mean() + target.mean()),
        Mistake("the spread is matched, but the mean is still the reference's.",
                lambda reference, target: _match(reference, target) - target.mean()
                + reference.mean()),
        Mistake("the mean of the target was not added at the end.",
                lambda reference, target: _match(reference, target) - target.mean()),
        Mistake("the ratio of the spreads is upside down.",
                lambda reference, target: (reference - reference.mean()) * reference.std()
                / target.std() + target.mean()),
        Mistake("variances were used for the scale. L scales with their roots.",
                lambda reference, target: (reference - reference.mean()) / reference.var()
                * target.var() + target.mean()),
        Mistake("darkest and lightest pixel were matched; one odd pixel would then decide. "
                "Match mean and standard deviation.",
                lambda reference, target: (reference - reference.min())
                / (reference.max() - reference.min()) * (target.max() - target.min())
                + target.min()),
    ],
)

_SMOOTH = torch.tensor([50.0, 51.0, 49.0, 51.5, 48.5, 50.5, 52.0, 49.5])
_AROUND = torch.tensor([50.0, 51.0, 49.0, 50.0, 70.0, 72.0, 71.0, 52.0])


def _exponent(center: float, around: Tensor, variance: Tensor) -> Tensor:
    return -(around - center).square() / (2 * 0.3 * variance).clamp(min=0.02)


def _variance(center: float, around: Tensor) -> Tensor:
    return torch.cat([around, torch.tensor([float(center)])]).var(correction=0)


def _affinity(center: float, around: Tensor) -> Tensor:
    return _exponent(center, around, _variance(center, around)).softmax(0)


affinity = Exercise(
    reference=_affinity,
    cases=[(50.0, _SMOOTH), (50.0, _AROUND), (71.0, _AROUND), (50.5, 50 + _AROUND / 100),
           (40.0, torch.full((8,), 40.0))],
    tolerance=1e-5,
    right="A neighbor with a similar lightness counts more; in a flat place, all count alike.",
    mistakes=[
        Mistake("the weights don't sum to 1: divide by their sum.",
                lambda center, around: _exponent(center, around, _variance(center, around)).exp()),
        Mistake("the differences were not squared.",
                lambda center, around: (-(around - center).abs() / (
                    0.6 * _variance(center, around)).clamp(min=0.02)).softmax(0)),
        Mistake("the 2 in 2 s^2 was left out.",
                lambda center, around: (2 * _exponent(center, around, _variance(center, around)))
                .softmax(0)),
        Mistake("s^2 is 0.3 of the variance; the 0.3 was left out.",
                lambda center, around: _exponent(center, around, _variance(center, around) / 0.3)
                .softmax(0)),
        Mistake("the variance is that of eight values; the pixel itself makes nine.",
                lambda center, around: _exponent(center, around, around.var(correction=0))
                .softmax(0)),
        Mistake("the squares were divided by 8, as for a sample: use .var(correction=0).",
                lambda center, around: _exponent(center, around, _variance(center, around) * 9 / 8)
                .softmax(0)),
        Mistake("the floor of 0.02 was put under s^2; it belongs under 2 s^2.",
                lambda center, around: (-(around - center).square() / (
                    2 * (0.3 * _variance(center, around)).clamp(min=0.02))).softmax(0)),
        Mistake("in a flat place the variance is nearly 0: 2 s^2 must be at least 0.02.",
                lambda center, around: (-(around - center).square() / (
                    0.6 * _variance(center, around))).softmax(0)),
        Mistake("the sign is turned: an unlike neighbor must count less.",
                lambda center, around: (-_exponent(center, around, _variance(center, around)))
                .softmax(0)),
    ],
)

_KNOWN = torch.tensor([True, False, False, False, True])
_COLORS = torch.tensor([[60.0, 20.0], [0, 0], [0, 0], [0, 0], [-40.0, 50.0]])
# A row of five pixels: each looks left and right; between the third and the fourth is an edge.
_CHAIN = torch.tensor([[0, 1, 0, 0, 0], [0.5, 0, 0.5, 0, 0], [0, 0.95, 0, 0.05, 0],
                       [0, 0, 0.05, 0, 0.95], [0, 0, 0, 1, 0]])
_EVEN = torch.tensor([[0, 1, 0, 0, 0], [0.5, 0, 0.5, 0, 0], [0, 0.5, 0, 0.5, 0],
                      [0, 0, 0.5, 0, 0.5], [0, 0, 0, 1, 0]])


def _spread(weights: Tensor, known: Tensor, colors: Tensor) -> Tensor:
    system = torch.eye(len(weights)) - weights
    system[known] = torch.eye(len(weights))[known]
    return torch.linalg.solve(system, torch.where(known[:, None], colors, 0.0))


def _all_rows(weights: Tensor, known: Tensor, colors: Tensor) -> Tensor:
    """The free pixels by least squares, from the rows of all pixels."""
    system, result = torch.eye(len(weights)) - weights, colors.clone()
    moved = system[:, known] @ colors[known]
    result[~known] = torch.linalg.lstsq(system[:, ~known], -moved).solution
    return result


spread = Exercise(
    reference=_spread,
    cases=[(_EVEN, _KNOWN, _COLORS), (_CHAIN, _KNOWN, _COLORS),
           (_CHAIN, _KNOWN.roll(1), _COLORS.roll(1, 0) + 7.0 * ~_KNOWN.roll(1)[:, None])],
    right="One equation a pixel, one linear system for the whole picture.",
    mistakes=[
        Mistake("this is one step of averaging. The means change the means: solve for all at once.",
                lambda weights, known, colors: torch.where(known[:, None], colors,
                                                           weights @ colors)),
        Mistake("the colors that were given as unknown were used: their rows' right side is 0.",
                lambda weights, known, colors: torch.linalg.solve(
                    torch.where(known[:, None], torch.eye(len(weights)),
                                torch.eye(len(weights)) - weights), colors)),
        Mistake("the system is I + W; the pixel minus the mean of its neighbors is I - W.",
                lambda weights, known, colors: _spread(-weights, known, colors)),
        Mistake("this is a least-squares answer to more equations than pixels. Where a stroke is, "
                "its equation takes the place of the pixel's own; then there are n for n pixels.",
                lambda weights, known, colors: torch.linalg.lstsq(
                    torch.cat([torch.eye(len(weights)) - weights, torch.eye(len(weights))[known]]),
                    torch.cat([0 * colors, colors[known]])).solution),
        Mistake("the equations of the pixels with a stroke were kept. They are dropped: these "
                "pixels have their color.", _all_rows),
        Mistake("the affinities were left out of the rows of the free pixels.",
                lambda weights, known, colors: torch.where(known[:, None], colors, 0.0)),
    ],
)

_ERRORS = torch.tensor([[24.0, 18.0, 12.0, 9.0, 8.0], [9.0, 7.0, 8.0, 6.0, 4.0],
                        [44.0, 12.0, 9.0, 7.0, 5.0], [15.0, 14.0, 13.0, 12.0, 11.0]])
_RIVAL = torch.tensor([12.0, 7.5, 50.0, 10.0])


def _scribbles_needed(errors: Tensor, rival: Tensor) -> Tensor:
    better = errors < rival[:, None]
    return torch.where(better.any(1), better.int().argmax(1), -1)


scribbles_needed = Exercise(
    reference=_scribbles_needed,
    cases=[(_ERRORS[:3], _RIVAL[:3]), (_ERRORS, _RIVAL), (_ERRORS[:, :3], _RIVAL)],
    right="This is how many strokes of a person a picture takes.",
    mistakes=[
        Mistake("this is where the error is smallest. Stop at the first that beats the rival.",
                lambda errors, rival: errors.argmin(1)),
        Mistake("one too many: the first column is no scribble at all.",
                lambda errors, rival: _scribbles_needed(errors, rival) + 1),
        Mistake("where nothing beats the rival, the answer is -1; 0 would say that no scribble is "
                "needed.",
                lambda errors, rival: (errors < rival[:, None]).int().argmax(1)),
        Mistake("an error as large as the rival's does not beat it: below, not at most.",
                lambda errors, rival: torch.where((errors <= rival[:, None]).any(1),
                                                  (errors <= rival[:, None]).int().argmax(1), -1)),
        Mistake("this counts the columns that do not beat the rival; the error may rise again.",
                lambda errors, rival: (errors >= rival[:, None]).sum(1)),
    ],
)
