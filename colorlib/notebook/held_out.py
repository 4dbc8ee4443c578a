"""How a network does on a few photographs that it has not seen (chapter 05b)."""

from collections.abc import Iterable

import torch
from torch import Tensor

from ..color import rgb_to_lab
from ..gamut import AbGamut
from ..images import as_rgb
from ..inference import TEMPERATURE, Colorizer
from ..metrics import ab_error, auc_scores, chroma
from ..rebalancing import course_prior


def held_out(colorizer: Colorizer, photos: Iterable, T: float = TEMPERATURE) -> dict[str, float]:
    """Two figures of chapter 07, for a quick look: points of AuC above those of gray.

    Parameters
    ----------
    photos : color photographs, whatever `images.as_rgb` takes; None among them is passed over.

    Returns
    -------
    dict: "auc", every pixel alike, and "rebalanced", each weighed by 1 / p of its true color.
    """
    gamut, prior = AbGamut(), course_prior().clamp(min=1e-6)
    sums = torch.zeros(2, 3, dtype=torch.float64)  # ours, gray's, weights; plain and rebalanced
    for photo in photos:
        if photo is None:
            continue
        rgb = as_rgb(photo)
        truth, colored = rgb_to_lab(rgb), rgb_to_lab(colorizer(rgb, T))
        scores = [auc_scores(ab_error(colored, truth)), auc_scores(chroma(truth))]
        weights = 1 / prior[gamut.nearest(truth[1:])]
        for row, weight in zip(sums, (torch.ones_like(weights), weights), strict=True):
            row += _sums(scores, weight)
    ours, gray, weights = sums.T
    plain, rebalanced = (100 * (ours - gray) / weights).tolist()
    return {"auc": plain, "rebalanced": rebalanced}


def _sums(scores: list[Tensor], weight: Tensor) -> Tensor:
    return torch.stack([*((score * weight).sum() for score in scores), weight.sum()])
