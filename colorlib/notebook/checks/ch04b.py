"""Exercises of chapter 04b: the paper's loss, dense and sparse, and three bugs in it."""

import torch
from torch import Tensor

from ...gamut import AbGamut
from ..checks import Exercise, Mistake, judge_of_three

_RNG = torch.Generator().manual_seed(4)
_GAMUT = AbGamut()


def _case(n: int, height: int, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits, and the target of random colors: dense, and as indices and shares."""
    ab = torch.randn(n, 2, height, width, generator=_RNG) * 30
    indices, shares = _GAMUT.soft_encode(ab)
    order = torch.randperm(5, generator=_RNG)  # the largest share need not come first
    indices, shares = indices[:, order], shares[:, order]
    logits = torch.randn(n, 313, height, width, generator=_RNG) * 2
    return logits, _GAMUT.dense(indices, shares), indices, shares


_CASES = [_case(1, 1, 2), _case(2, 3, 4)]


def _dense(logits: Tensor, target: Tensor) -> Tensor:
    return -(target * logits.log_softmax(1)).sum(1)


dense_loss = Exercise(
    reference=_dense,
    cases=[case[:2] for case in _CASES],
    right="A mean of surprise, -log p, over the classes of the target.",
    mistakes=[
        Mistake("the minus sign is missing: the logarithm of a probability is negative.",
                lambda logits, target: -_dense(logits, target)),
        Mistake("the classes are dimension 1; the softmax ran along another one.",
                lambda logits, target: -(target * logits.log_softmax(-1)).sum(1)),
        Mistake("the classes are dimension 1; the softmax ran along dimension 0.",
                lambda logits, target: -(target * logits.log_softmax(0)).sum(1)),
        Mistake("the logarithm is missing: cross-entropy is made of log-probabilities.",
                lambda logits, target: -(target * logits.softmax(1)).sum(1)),
        Mistake("softmax was taken twice: log_softmax wants the logits themselves.",
                lambda logits, target: _dense(logits.softmax(1), target)),
        Mistake("a pixel's loss is the sum over its 313 classes, not their mean.",
                lambda logits, target: _dense(logits, target) / 313),
        Mistake("one number came out. Here each pixel keeps its own loss: no mean over pixels.",
                lambda logits, target: _dense(logits, target).mean()),
        Mistake("the target and the network changed places: the logarithm is of the prediction.",
                lambda logits, target: -(logits.softmax(1) * target.clamp(min=1e-12).log()).sum(1)),
    ],
)


def _sparse(logits: Tensor, indices: Tensor, shares: Tensor) -> Tensor:
    return logits.logsumexp(1) - (shares * logits.gather(1, indices)).sum(1)


sparse_loss = Exercise(
    reference=_sparse,
    cases=[(case[0], *case[2:]) for case in _CASES],
    right="One logsumexp over 313 logits, and five of them looked up.",
    mistakes=[
        Mistake("the logsumexp is missing: logits are not log-probabilities yet.",
                lambda logits, indices, shares: -(shares * logits.gather(1, indices)).sum(1)),
        Mistake("the logsumexp runs over all 313 logits, not over the five that were looked up.",
                lambda logits, indices, shares: logits.gather(1, indices).logsumexp(1)
                - (shares * logits.gather(1, indices)).sum(1)),
        Mistake("the shares were left out: the five count differently.",
                lambda logits, indices, shares: logits.logsumexp(1)
                - logits.gather(1, indices).mean(1)),
        Mistake("the shares were left out, and the five summed.",
                lambda logits, indices, shares: logits.logsumexp(1)
                - logits.gather(1, indices).sum(1)),
        Mistake("the sign is wrong: logsumexp comes with plus, the looked-up logits with minus.",
                lambda logits, indices, shares: -_sparse(logits, indices, shares)),
        Mistake("one number came out. Here each pixel keeps its own loss: no mean over pixels.",
                lambda logits, indices, shares: _sparse(logits, indices, shares).mean()),
        Mistake("only the largest share was used. The other four count, too.",
                lambda logits, indices, shares: logits.logsumexp(1) - logits.gather(
                    1, indices.gather(1, shares.argmax(1, keepdim=True)))[:, 0]),
    ],
)


def _weight(indices: Tensor, shares: Tensor, weights: Tensor) -> Tensor:
    return weights[indices.gather(1, shares.argmax(1, keepdim=True)).squeeze(1)]


_WEIGHTS = torch.rand(313, generator=_RNG) * 5

pixel_weight = Exercise(
    reference=_weight,
    cases=[(*case[2:], _WEIGHTS) for case in _CASES],
    right="One weight a pixel, that of its nearest bin.",
    mistakes=[
        Mistake("that is the mean weight of the five bins. Equation 3 takes the largest share's.",
                lambda indices, shares, weights: (shares * weights[indices]).sum(1)),
        Mistake("the first of the five was taken. Their order is not promised: find the largest.",
                lambda indices, shares, weights: weights[indices[:, 0]]),
        Mistake("argmax says which of the five it is, 0 to 4; the class stands in indices there.",
                lambda indices, shares, weights: weights[shares.argmax(1)]),
        Mistake("that is the class itself; its weight is asked for.",
                lambda indices, shares, weights: indices.gather(
                    1, shares.argmax(1, keepdim=True)).squeeze(1)),
        Mistake("the largest weight of the five was taken, not that of the largest share.",
                lambda indices, shares, weights: weights[indices].amax(1)),
        Mistake("the weight was multiplied by the share. A pixel gets the whole weight.",
                lambda indices, shares, weights: _weight(indices, shares, weights)
                * shares.amax(1)),
    ],
)

FAULTS = (3, 4, 2)


found = Exercise(
    reference=lambda: FAULTS,
    judge=judge_of_three(FAULTS, "fault", "loss_"),
    right="None of them raises an error. A first loss and a perfect answer find two of the three; "
          "the third is found by asking where the weight comes from.",
    mistakes=[
        Mistake("c has no mean over classes; look at which dimension its softmax runs along.",
                lambda: (3, 4, 1)),
        Mistake("a and b have changed places.", lambda: (4, 3, 2)),
        Mistake("a and c have changed places.", lambda: (2, 4, 3)),
    ],
)
