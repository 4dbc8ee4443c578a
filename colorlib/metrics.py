"""How good is it? The columns of the paper's table, exact, one photo at a time (chapter 07)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

WORST = 150.0  # ab units: the threshold at which the paper's curve ends
DRAWS = 1000  # bootstrap samples
ENDS = (0.025, 0.975)  # the quantiles between which 95% of them lie


def auc(error: Tensor, weights: Tensor | None = None) -> float:
    """Area under the curve "share of pixels with an error of at most t", t from 0 to 150.

    Parameters
    ----------
    error : tensor of any shape: Euclidean ab distance of each pixel.
    weights : tensor of that shape: how much each pixel counts.

    Returns
    -------
    in [0, 1]: 1 - mean(min(error, 150)) / 150, the exact area rather than a sum over thresholds.

    Raises
    ------
    ValueError
        If there is no pixel, an error is negative or not a number, or the weights are, or are all
        zero. An infinite error is one beyond every threshold.

    Examples
    --------
    >>> round(auc(torch.tensor([0.0, 75.0, 150.0, 300.0])), 4)
    0.375
    """
    score = auc_scores(error)
    if weights is None:
        return score.mean().item()
    weights = weights.double()
    if not (weights >= 0).all() or not 0 < weights.sum() < torch.inf:
        raise ValueError("weights must be finite, none negative, and not all zero")
    return ((score * weights).sum() / weights.sum()).item()


def auc_scores(error: Tensor) -> Tensor:
    """Share of the thresholds from 0 to 150 that each error stays below."""
    if not error.numel() or not (error >= 0).all():
        raise ValueError("errors must be numbers of at least 0, and at least one of them")
    return 1 - error.double().clamp(max=WORST) / WORST


def _check(*photos: Tensor) -> None:
    """ValueError unless the photos have pixels, one shape, and finite values."""
    shapes = [tuple(photo.shape) for photo in photos]
    if len(set(shapes)) > 1 or not photos[0].numel():
        raise ValueError(f"photos must have pixels and the same shape, got {shapes}")
    if not all(photo.isfinite().all() for photo in photos):
        raise ValueError("photos must be finite; a value is infinite or not a number")


def ab_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """Euclidean distance in ab of two Lab pictures: (..., 3, H, W) twice to (..., H, W)."""
    return (predicted - truth)[..., 1:, :, :].square().sum(-3).sqrt()


def chroma(lab: Tensor) -> Tensor:
    """Strength of color, sqrt(a^2 + b^2): (..., 3, H, W) to (..., H, W)."""
    return lab[..., 1:, :, :].square().sum(-3).sqrt()


def colorfulness(rgb: Tensor, formula: str = "signed") -> float:
    """How colorful a photo looks: the M of Hasler and Suesstrunk (2003).

    0 is gray; the photos that their viewers called extremely colorful had 109.

    Parameters
    ----------
    rgb : tensor, shape (3, H, W), in [0, 1]; ValueError if it is empty or not finite.
    formula : "signed", theirs: red - green and yellow - blue as they are. "absolute": their
        absolute values, as in the public code of DDColor (Kang et al. 2023) and of others, which
        gives smaller numbers. Compare only what was measured by one of the two. Chapter 15.
    """
    _check(rgb)
    if formula not in ("signed", "absolute"):
        raise ValueError(f"formula must be 'signed' or 'absolute', got {formula!r}")
    red, green, blue = 255 * rgb.double()
    opponents = torch.stack([red - green, (red + green) / 2 - blue]).flatten(1)
    opponents = opponents.abs() if formula == "absolute" else opponents
    spread = opponents.var(1, correction=0).sum().sqrt()
    return (spread + 0.3 * opponents.mean(1).norm()).item()


def psnr(predicted: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels of two RGB photos in [0, 1]; infinite if equal.

    ValueError if they are empty, of different shapes, or not finite.
    """
    _check(predicted, truth)
    return (-10 * (predicted.double() - truth.double()).square().mean().log10()).item()


def ssim(predicted: Tensor, truth: Tensor) -> float:
    """Mean structural similarity of two RGB photos, as Wang et al. (2004) define it.

    Parameters
    ----------
    predicted, truth : tensors, shape (3, H, W), in [0, 1], sides of at least 11 pixels.

    Returns
    -------
    at most 1: the mean over channels and over the places where the 11 x 11 Gaussian window (sigma
    1.5) lies wholly inside. ValueError for photos that are smaller, differ in shape or are not
    finite.
    """
    _check(predicted, truth)
    if min(truth.shape[-2:]) < 11:
        raise ValueError(f"the window of 11 x 11 doesn't fit in {tuple(truth.shape[-2:])} pixels")
    window = torch.exp(-torch.arange(-5.0, 6).square() / (2 * 1.5**2)).double()
    window /= window.sum()

    def blur(x: Tensor) -> Tensor:
        x = F.conv2d(x[:, None], window[None, None, :, None])
        return F.conv2d(x, window[None, None, None, :])

    x, y = predicted.double(), truth.double()
    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    both = blur(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    map_ = (2 * mean_x * mean_y + c1) * (2 * both + c2)
    return (map_ / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean().item()


def bootstrap(values: np.ndarray, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Means of `values` over photographs drawn with replacement, sorted: shape (draws,).

    Two calls draw the same photographs: the difference of two probes that were asked about the
    same ones is ``bootstrap(right_a - right_b)``.
    """
    values = np.asarray(values, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    return np.sort(values[picks].mean(1))


def interval(values: np.ndarray, draws: int = DRAWS) -> list[float]:
    """Where the middle 95% of `bootstrap`'s means lie: low, high."""
    return ends(bootstrap(values, draws))


def ends(drawn: np.ndarray | Tensor) -> list[float]:
    """The 95% percentile interval of bootstrap samples: low, high. NaN are left out."""
    return np.nanquantile(np.asarray(drawn, dtype=np.float64), ENDS).tolist()
