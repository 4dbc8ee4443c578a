"""How often each color occurs, and how much each should count (chapter 03)."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from .color import rgb8_to_lab, rgb_to_lab
from .gamut import AbGamut
from .io.assets import asset


def empirical_prior(images: Iterable[Tensor], gamut: AbGamut | None = None) -> Tensor:
    """Share of each of the 313 classes among the pixels of many photographs.

    Parameters
    ----------
    images : RGB tensors of any size, shape (..., 3, H, W), in [0, 1] or uint8. They may come from
        a generator: one is in memory at a time.
    gamut : its soft encoding counts the pixels, which is the paper's smoothing (sigma = 5).

    Returns
    -------
    tensor, shape (313,), float64, sum 1.

    Raises
    ------
    ValueError
        If there is no pixel.

    Notes
    -----
    The prior of many photographs peaks at (0, 0), gray. If yours peaks far out, as at (-90, 90),
    the images had values of 0 to 255 where 0 to 1 is expected.
    Zhang et al. 2016, section 2.2. Chapter 03.
    """
    return shares(color_counts(images, gamut))


def shares(counts: Tensor) -> Tensor:
    """Counts, shape (Q,), divided by their sum. ValueError if that is 0."""
    if not counts.sum() > 0:
        raise ValueError("no pixels to count: the collection of images is empty")
    return counts / counts.sum()


def color_counts(images: Iterable[Tensor], gamut: AbGamut | None = None) -> Tensor:
    """How many pixels each class has: `empirical_prior` before its division by their number.

    Counts of parts of a collection can be added up.
    """
    gamut = gamut or AbGamut()
    total = torch.zeros(len(gamut), dtype=torch.float64)
    for image in images:
        lab = rgb8_to_lab(image) if image.dtype == torch.uint8 else rgb_to_lab(image)
        indices, weights = gamut.soft_encode(lab[..., 1:, :, :])
        total += torch.bincount(indices.flatten(), weights.flatten().double(), len(gamut))
    return total


def class_weights(prior: Tensor, lam: float = 0.5) -> Tensor:
    """Weight of each class in the loss: rare colors count more.

    Parameters
    ----------
    prior : tensor, shape (Q,), not negative; scaled to sum to 1 here.
    lam : share of the uniform distribution mixed into the prior, from 0 (weights 1 / p) to 1 (all
        weights equal).

    Returns
    -------
    tensor, shape (Q,): proportional to 1 / ((1 - lam) p + lam / Q), scaled so that a pixel drawn
    from the prior has an expected weight of 1: sum(p w) = 1. A class that never occurs keeps its
    weight by the formula, or 0 where the formula would divide by zero.
    """
    if not 0 <= lam <= 1:
        raise ValueError(f"lam must be from 0 to 1, got {lam}")
    if prior.dim() != 1 or not torch.isfinite(prior).all() or (prior < 0).any() or not prior.any():
        raise ValueError("prior must be one row of numbers, none negative, not all of them zero")
    prior = prior / prior.sum()
    mixed = (1 - lam) * prior + lam / len(prior)
    weights = torch.where(mixed > 0, 1 / mixed, 0)
    return weights / (prior * weights).sum()


def course_prior() -> Tensor:
    """The prior of the course's data, Imagenette's train split; shape (313,), float64.

    Made by ``colorlib prior`` and shipped with the package.
    """
    return torch.from_numpy(np.load(asset("prior.npy"), allow_pickle=False))
