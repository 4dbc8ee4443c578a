"""Several answers to one photograph: how different they are, and how good the best is (15)."""

import torch
from torch import Tensor


def sample_pixels(logits: Tensor, bins: Tensor, generator: torch.Generator) -> Tensor:
    """Each pixel's color drawn alone from its own distribution.

    Parameters
    ----------
    logits : tensor, shape (N, Q, H, W).
    bins : tensor, shape (Q, 2).

    Returns
    -------
    ab (N, 2, H, W). No pixel knows what its neighbor drew.
    """
    n, q, height, width = logits.shape
    shares = logits.softmax(1).permute(0, 2, 3, 1).reshape(-1, q)
    drawn = torch.multinomial(shares, 1, generator=generator)[:, 0]
    return bins[drawn].view(n, height, width, 2).permute(0, 3, 1, 2)


def diversity(answers: Tensor) -> Tensor:
    """Mean ab distance between two different answers to one photograph.

    Parameters
    ----------
    answers : tensor, shape (K, N, 2, H, W), K of at least 2.

    Returns
    -------
    tensor (N,): over all pairs of answers and all pixels.
    """
    k = len(answers)
    if k < 2:
        raise ValueError("one answer differs from nothing: two at least are needed")
    pairs = [(answers[i] - answers[j]).norm(dim=1).mean((1, 2))
             for i in range(k) for j in range(i)]
    return torch.stack(pairs).mean(0)


def errors(answers: Tensor, truth: Tensor) -> Tensor:
    """Mean ab distance of each answer to the truth: (K, N, 2, H, W) and (N, 2, H, W) to (K, N)."""
    return (answers - truth).norm(dim=2).mean((2, 3))
