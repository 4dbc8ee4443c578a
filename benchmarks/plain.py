"""The plain way: what one writes first, with scikit-image, scikit-learn and dense targets."""

from functools import lru_cache

import numpy as np
import torch
from skimage.color import rgb2lab
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from colorlib.gamut import gamut_bins


def lab(rgb: Tensor) -> Tensor:
    """RGB (..., 3, H, W) in [0, 1] to Lab, by scikit-image."""
    return torch.from_numpy(rgb2lab(rgb.movedim(-3, -1).numpy())).movedim(-1, -3)


@lru_cache
def _tree() -> NearestNeighbors:
    return NearestNeighbors(n_neighbors=5, algorithm="ball_tree").fit(gamut_bins().numpy())


def encode(ab: Tensor) -> Tensor:
    """Dense target (313, N), float32, of N pixels (2, N), by a ball tree."""
    distance, index = _tree().kneighbors(ab.T.numpy())
    weight = np.exp(-(distance**2) / (2 * 5**2))
    weight /= weight.sum(axis=1, keepdims=True)
    dense = np.zeros((len(index), len(gamut_bins())), np.float32)
    dense[np.arange(len(index))[:, None], index] = weight
    return torch.from_numpy(dense).T


def encode_batch(ab: Tensor) -> Tensor:
    """Dense target (N, 313, H, W) of ab (N, 2, H, W)."""
    count, _, height, width = ab.shape
    dense = encode(ab.movedim(1, 0).flatten(1))
    return dense.T.reshape(count, height, width, -1).movedim(-1, 1).contiguous()


def cross_entropy(logits: Tensor, target: Tensor, class_weights: Tensor) -> Tensor:
    """Rebalanced cross-entropy against a dense target."""
    weight = class_weights[target.argmax(1)]
    return -(weight * (target * logits.log_softmax(1)).sum(1)).mean()
