"""What a single unit answers to (chapter 11)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import rankdata
from torch import Tensor, nn

from ..engine.counting import receptive_field
from ..networks import Zhang
from .features import BLOCKS


def selectivity(answers: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """How well each unit's answer separates places inside of something from those outside.

    Parameters
    ----------
    answers : (places,) or (places, units).
    inside : booleans (places,).

    Returns
    -------
    Area under the ROC curve, one number for each unit: the chance that a place inside gets a larger
    answer than one outside. 0.5 is no better than chance, 1 is perfect; below 0.5 the unit answers
    less inside than outside.

    Examples
    --------
    >>> float(selectivity(np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, False, True, False])))
    0.75
    """
    ranks = rankdata(answers, axis=0)
    within, without = inside.sum(), (~inside).sum()
    return (ranks[inside].sum(0) - within * (within + 1) / 2) / (within * without)


class Patch(NamedTuple):
    """Where a unit answered: number of the photo, square of pixels it saw, size of the answer."""

    photo: int
    top: int
    left: int
    side: int
    answer: float


@torch.inference_mode()
def exciting_patches(network: Zhang, block: str, unit: int, photos: Sequence[Tensor],
                     count: int = 9) -> list[Patch]:
    """The places that excite a unit most, without repetitions.

    Parameters
    ----------
    photos : L (1, H, W) each, sides multiples of 8.

    Returns
    -------
    at most `count` patches, the strongest first. Each is the unit's receptive field, and may reach
    beyond the photo, into the padding. No two overlap by half of their sides or more.
    """
    seen = nn.Sequential(*(getattr(network, name) for name in BLOCKS[: BLOCKS.index(block) + 1]))
    first, last = receptive_field(seen)
    stride = receptive_field(seen, 1)[0] - first
    side = last - first + 1
    found: list[Patch] = []
    for i, lightness in enumerate(photos):
        answers = seen((lightness[None] - 50) / 100)[0, unit].clone()
        rows, columns = (torch.arange(n) for n in answers.shape)
        for _ in range(count):
            y, x = divmod(int(answers.argmax()), answers.shape[1])
            found.append(Patch(i, y * stride + first, x * stride + first, side,
                               float(answers[y, x])))
            near = -(-side // (2 * stride))  # half a side, rounded up
            answers[((rows - y).abs() < near)[:, None] & ((columns - x).abs() < near)] = -torch.inf
            if answers.isinf().all():
                break
    return sorted(found, key=lambda patch: -patch.answer)[:count]
