"""Train a trunk to name what a photo shows, from many labels or few (chapter 11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data import random_crop
from ..engine.fit import fit
from ..engine.muon import Muon
from ..networks import Zhang
from .features import BLOCKS, features


@dataclass(frozen=True)
class Lesson:
    """Part of a training on labels, all on crops of one size.

    Attributes
    ----------
    steps : how many.
    crop, zoom : see `data.random_crop`.
    """

    steps: int
    crop: int
    zoom: tuple[float, float] = (1.0, 1.5)


# As for the course's own weights: first small crops, which are cheap, then what a probe will see.
SUPERVISED = (Lesson(800, 48, (1.0, 2.0)), Lesson(500, 64))
# By share of the labels. With fewer labels there are fewer steps, or photographs only repeat.
FEW = {0.01: (Lesson(40, 64),), 0.1: (Lesson(80, 64),), 1.0: (Lesson(160, 64),)}


class Labeler(nn.Module):
    """A trunk, the mean of its last block over the picture, and one linear layer."""

    def __init__(self, network: Zhang, classes: int = 10):
        super().__init__()
        self.network = network
        self.head = nn.Linear(getattr(network, BLOCKS[-1])[-1].num_features, classes)
        nn.init.zeros_(self.head.weight)  # every class as likely: a small first loss
        nn.init.zeros_(self.head.bias)

    def forward(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) in [0, 100] to logits (N, classes)."""
        return self.head(features(self.network, lightness)[BLOCKS[-1]].mean((-2, -1)))


def few(labels: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Draw a share of the labels, class by class, at least one of each; returns their indices.

    Examples
    --------
    >>> few(np.array([0] * 30 + [1] * 50), 0.1).shape
    (8,)
    """
    rng = np.random.default_rng(seed)
    classes = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    return np.sort(np.concatenate(
        [rng.permutation(c)[: max(1, round(share * len(c)))] for c in classes]))


def train_on_labels(network: Zhang, pictures: Tensor, labels: np.ndarray,
                    lessons: Sequence[Lesson], lr: float = 1e-3, batch: int = 32, seed: int = 0,
                    checkpoint: Path | None = None) -> Labeler:
    """Train trunk and head together by Muon, see `engine.fit`.

    Parameters
    ----------
    network : where to start from; it is changed.
    pictures : lightness as bytes, uint8 (N, 1, H, W), 255 for L = 100.
    labels : integers from 0, shape (N,).
    checkpoint : a file for the state, from which a training that was stopped goes on.
    """
    torch.manual_seed(seed)
    model = Labeler(network, int(labels.max()) + 1).to(memory_format=torch.channels_last)
    trained = [p for name, p in model.named_parameters()
               if name.startswith("head.") or name.split(".")[1] in BLOCKS]
    optimizer = Muon(trained, lr=lr, weight_decay=0.05)
    crops = [lesson for lesson in lessons for _ in range(lesson.steps)]

    def loss(step: int) -> Tensor:
        rng = torch.Generator().manual_seed(seed * 1_000_003 + step)
        picks = torch.randint(len(pictures), (batch,), generator=rng).tolist()
        seen = [random_crop(pictures[i], crops[step].crop, crops[step].zoom, rng) for i in picks]
        lightness = torch.stack(seen) * (100 / 255)
        logits = model(lightness.to(memory_format=torch.channels_last))
        return F.cross_entropy(logits, torch.as_tensor(labels[picks]), label_smoothing=0.1)

    return fit(model, loss, optimizer, len(crops), lr, "learning labels", checkpoint)


@torch.inference_mode()
def logits_of(model: Labeler, lightness: Tensor) -> Tensor:
    """Logits (N, classes) of L (N, 1, H, W), 64 pictures at a time."""
    return torch.cat([model(part) for part in lightness.split(64)])
