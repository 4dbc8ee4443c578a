"""Does a network know how sure it is? Entropy, reliability, temperature by likelihood (chapter 12).

The distribution that a colorizer gives at each pixel is a claim that can be checked: of all pixels
of which it says "this bin, with 30%", 30% should have that color.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..color import rgb_to_lab
from ..gamut import AbGamut

BINS = 15  # of confidence, equally wide, as in Guo et al. 2017


def true_ab(rgb: Tensor, shape: tuple[int, int]) -> Tensor:
    """True color at the size of a network's answer: RGB (3, H, W) to ab (2, h, w), by area."""
    ab = rgb_to_lab(rgb)[None, 1:]
    return F.interpolate(ab, tuple(shape), mode="bilinear", antialias=True)[0]


def entropy(logits: Tensor, T: float = 1.0) -> Tensor:
    """How undecided a distribution is, in bits: (..., Q, H, W) to (..., H, W).

    0 for one sure color, 1 for a coin toss between two, log2(Q) for no idea at all.

    Examples
    --------
    >>> round(entropy(torch.zeros(8, 1, 1)).item(), 3)
    3.0
    """
    log_p = (logits / T).log_softmax(-3)
    return -(log_p.exp() * log_p).sum(-3) / math.log(2)


def reliability(logits: Tensor, labels: Tensor, T: float = 1.0, bins: int = BINS) -> Tensor:
    """What a reliability diagram shows, as sums that can be added up over photographs.

    Parameters
    ----------
    logits : tensor, shape (Q, ...).
    labels : int64 tensor, shape (...): the true class of each pixel.

    Returns
    -------
    tensor, shape (bins, 3), float64: for each range of confidence, the number of pixels, their
    summed confidence (the largest probability) and how many of them were right.
    """
    confidence, said = (logits.flatten(1) / T).softmax(0).max(0)
    which = (confidence * bins).long().clamp(max=bins - 1)
    rows = torch.stack([torch.ones_like(confidence), confidence, said == labels.flatten()], dim=1)
    return torch.zeros(bins, 3, dtype=torch.float64).index_add_(0, which, rows.double())


def calibration_error(table: Tensor) -> Tensor:
    """Expected calibration error (ECE): the mean gap between confidence and share right, in [0, 1].

    Parameters
    ----------
    table : tensor, shape (..., bins, 3), from `reliability`.

    Returns
    -------
    tensor, shape (...): sum over bins of n_b / n |right_b / n_b - confidence_b / n_b|.

    Notes
    -----
    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017.

    Examples
    --------
    >>> table = torch.tensor([[10.0, 2.0, 2.0], [10.0, 9.0, 6.0]])
    >>> round(calibration_error(table).item(), 3)
    0.15
    """
    count, confidence, right = table.unbind(-1)
    return (right - confidence).abs().sum(-1) / count.sum(-1)


def negative_log_likelihood(logits: Tensor, labels: Tensor, T: float = 1.0) -> Tensor:
    """Mean of -ln p(true class) of logits (Q, ...) divided by T; labels have shape (...).

    Temperature scaling takes the T that makes it least: above 1 for a network that is too sure of
    itself, below 1 for one that is not sure enough.
    """
    return F.cross_entropy((logits / T).flatten(1).T, labels.flatten())


def labels_of(rgb: Tensor, logits: Tensor) -> Tensor:
    """True class at each place of a network's answer: RGB and (Q, h, w) to (h, w)."""
    return AbGamut().nearest(true_ab(rgb, logits.shape[-2:]))
