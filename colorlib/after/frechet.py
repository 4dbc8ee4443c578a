"""The Fréchet distance of two sets of pictures, and why it depends on how many (chapter 15)."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ..evaluation.classifier import Classifier, normalized
from ..io.assets import asset
from ..io.files import load_tensors

STEP = 1 / 32  # of a feature that ships, in standard deviations of the reference


class Moments(NamedTuple):
    """Mean (D,) and covariance (D, D) of the features of a set of pictures."""

    mean: Tensor
    covariance: Tensor


def moments(features: Tensor) -> Moments:
    """Of features (N, D), at least two rows; in float64."""
    if len(features) < 2:
        raise ValueError(f"a spread needs two pictures at least, got {len(features)}")
    features = features.double()
    return Moments(features.mean(0), features.T.cov())


def frechet_distance(a: Moments, b: Moments) -> float:
    """|mean difference|^2 + tr(A + B - 2 (A B)^(1/2)): how far apart two Gaussians are.

    Notes
    -----
    Heusel and others (2017) take it of the features of Inception v3, on 50,000 pictures, and call
    it FID. With other features it is another number: only the formula is the same.
    """
    values, vectors = torch.linalg.eigh(a.covariance)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # The eigenvalues of A B are those of the symmetric root(A) B root(A).
    both = torch.linalg.eigvalsh(root @ b.covariance @ root).clamp(min=0).sqrt().sum()
    spread = a.covariance.trace() + b.covariance.trace() - 2 * both
    return ((a.mean - b.mean).square().sum() + spread).item()


def mean_distance(features: Tensor, reference: Moments, count: int, draws: int = 10) -> float:
    """Fréchet distance of `count` of the pictures to the reference: the mean over random draws.

    Parameters
    ----------
    features : tensor, shape (N, D), one row a picture; N must be `count` at least.

    Raises
    ------
    ValueError
        If there are fewer pictures than `count`.
    """
    if count > len(features):
        raise ValueError(f"{count} pictures were asked for, and there are {len(features)}")
    rng = torch.Generator().manual_seed(0)
    return sum(frechet_distance(
        moments(features[torch.randperm(len(features), generator=rng)[:count]]), reference)
        for _ in range(draws)) / draws


def at_infinity(counts: Tensor, distances: Tensor) -> float:
    """Where a line through distances over 1 / count ends, at 1 / count = 0.

    M. J. Chong, D. Forsyth, "Effectively Unbiased FID and Inception Score" (CVPR 2020): the bias of
    a Fréchet distance is about proportional to 1 / N.
    """
    x = 1 / counts.double()
    x, y = x - x.mean(), distances.double()
    slope = (x * y).sum() / x.square().sum()
    return (y.mean() - slope * (1 / counts.double()).mean()).item()


@torch.inference_mode()
def features(classifier: Classifier, rgb: Tensor) -> Tensor:
    """What the last layer of the course's classifier is given: (N, 3, 128, 128) to (N, 256)."""
    return classifier.network[:-1](normalized(rgb))


def shipped_features(path: str | Path | None = None) -> dict[str, Tensor]:
    """Features of Imagenette's val photographs, true and colorized: name to (N, 64), float32.

    In the directions in which the true ones vary most, in units of their spread, rounded to 1/32.
    "truth" and "gray" are every fourth photograph, in the same order; the others are 167
    photographs.
    """
    tensors, _ = load_tensors(path or asset("after/features.safetensors"))
    return {name: value.float() * STEP for name, value in tensors.items()}
