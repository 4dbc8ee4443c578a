"""Exercises of chapter 03: counting colors, weighing classes, and what a weight does."""

import torch
from torch import Tensor

from ...gamut import AbGamut
from ...rebalancing import class_weights
from ..checks import Exercise, Mistake

Q = 313


def _count(classes: Tensor, weights: Tensor | None = None) -> Tensor:
    weights = None if weights is None else weights.flatten()
    return torch.bincount(classes.flatten(), weights, Q)


# Three pixels in a row: gray, a red between bins, a dark blue.
_TARGET = AbGamut().soft_encode(torch.tensor([[[0.0, 44.0, 20.0]], [[0.0, 33.0, -47.0]]]))
_SHARED = AbGamut().soft_encode(torch.tensor([[[3.0, 4.0, 12.0]], [[4.0, 3.0, 4.0]]]))
_ONE = AbGamut().soft_encode(torch.tensor([[[3.0]], [[4.0]]]))


def _pixels(indices: Tensor) -> int:
    return indices[0].numel()


def _in_five_rounds(indices: Tensor, weights: Tensor) -> Tensor:
    prior = torch.zeros(Q)
    for classes, shares in zip(indices, weights, strict=True):
        prior[classes] += shares
    return prior / _pixels(indices)


soft_prior = Exercise(
    reference=lambda indices, weights: _count(indices, weights) / _pixels(indices),
    cases=[_ONE, _TARGET, _SHARED, tuple(t.transpose(1, 2) for t in _TARGET)],
    right="Each pixel gives 1 in all, shared out over five classes.",
    tolerance=1e-4,
    mistakes=[
        Mistake("the weights were left out: each of the five classes got the same.",
                lambda indices, weights: _count(indices) / indices.numel()),
        Mistake("the weights were left out: each of the five classes got a full pixel.",
                lambda indices, weights: _count(indices) / _pixels(indices)),
        Mistake("p[indices] += weights adds only once where a class comes again; bincount and "
                "index_add_ add every time.",
                lambda indices, weights: torch.zeros(Q).index_put_(
                    (indices,), weights) / _pixels(indices)),
        Mistake("p[indices[k]] += weights[k] adds only once where two pixels have the same class; "
                "bincount and index_add_ add every time.", _in_five_rounds),
        Mistake("the sum is the number of pixels. It has to be 1.", _count),
        Mistake("the classes after the last that occurs are missing: bincount has a minlength.",
                lambda indices, weights: torch.bincount(
                    indices.flatten(), weights.flatten()) / _pixels(indices)),
        Mistake("divided by five times the number of pixels: a pixel's five weights sum to 1.",
                lambda indices, weights: _count(indices, weights) / indices.numel()),
        Mistake("only the nearest class was counted. That is the hard count again.",
                lambda indices, weights: _count(indices[0]) / _pixels(indices)),
    ],
)


def _scaled(weights: Tensor, prior: Tensor) -> Tensor:
    return weights / (prior * weights).sum()


_SMALL = torch.tensor([0.7, 0.2, 0.1])

balance = Exercise(
    reference=class_weights,
    cases=[(_SMALL, 0.5), (_SMALL, 0.25), (_SMALL, 1.0), (torch.tensor([0.4, 0.3, 0.2, 0.1]), 0.0)],
    right="Rare classes count more, and an average pixel counts 1.",
    tolerance=1e-4,
    mistakes=[
        Mistake("the weights were not scaled: sum(prior * weights) has to be 1.",
                lambda p, lam: 1 / ((1 - lam) * p + lam / len(p))),
        Mistake("scaled so that the weights sum to 1. It is sum(prior * weights) that has to be.",
                lambda p, lam: class_weights(p, lam) / class_weights(p, lam).sum()),
        Mistake("scaled so that the mean over classes is 1. Take the mean over pixels: a class "
                "counts as often as it occurs.",
                lambda p, lam: class_weights(p, lam) / class_weights(p, lam).mean()),
        Mistake("lam and 1 - lam were swapped.", lambda p, lam: class_weights(p, 1 - lam)),
        Mistake("the uniform share is lam / Q, not lam.",
                lambda p, lam: _scaled(1 / ((1 - lam) * p + lam), p)),
        Mistake("the number of classes is len(prior) here, not always 313.",
                lambda p, lam: _scaled(1 / ((1 - lam) * p + lam / Q), p)),
        Mistake("this is the mixture itself. The weight is 1 divided by it.",
                lambda p, lam: _scaled((1 - lam) * p + lam / len(p), p)),
        Mistake("the mixture was left out: these are the weights for lam = 0.",
                lambda p, lam: class_weights(p, 0.0)),
    ],
)

def _normalized(values: Tensor) -> Tensor:
    return values / values.sum()


rebalanced = Exercise(
    reference=lambda probabilities, weights: _normalized(probabilities * weights),
    cases=[(_SMALL, torch.tensor([0.5, 1.0, 6.0])),
           (torch.tensor([0.6, 0.3, 0.1]), torch.tensor([0.1, 2.0, 5.0])),
           (torch.tensor([0.25, 0.25, 0.5, 0.0]), torch.tensor([1.0, 2.0, 0.1, 9.0]))],
    right="What is rare and weighs much can win against what is common.",
    tolerance=1e-4,
    mistakes=[
        Mistake("the result has to sum to 1.", lambda p, w: p * w),
        Mistake("divided by the largest, they do not sum to 1. Divide by the sum.",
                lambda p, w: p * w / (p * w).max()),
        Mistake("this is the most probable class. All the probabilities are asked for.",
                lambda p, w: (p * w).argmax()),
        Mistake("divided by the weights: a large weight makes a class more likely, not less.",
                lambda p, w: _normalized(p / w)),
        Mistake("the probabilities were left out.", lambda p, w: _normalized(w)),
        Mistake("a sum is not what a weight does: it multiplies.", lambda p, w: _normalized(p + w)),
        Mistake("softmax takes scores, not probabilities. Divide by the sum.",
                lambda p, w: (p * w).softmax(0)),
    ],
)
