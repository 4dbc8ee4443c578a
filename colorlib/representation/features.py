"""Features: the outputs of a network's blocks for a photograph (chapter 11)."""

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from ..io.assets import asset
from ..io.files import load_tensors
from ..networks import Zhang

BLOCKS = tuple(f"model{i}" for i in range(1, 8))  # the trunk: all but the layers of the output
SIZE = 1024  # about how many features of a photo a probe is given


def features(network: Zhang, lightness: Tensor) -> dict[str, Tensor]:
    """The output of every block of the trunk, for L (N, 1, H, W) in [0, 100]."""
    x = (lightness - 50) / 100
    return {name: (x := getattr(network, name)(x)) for name in BLOCKS}


def pooled(feature: Tensor, size: int = SIZE) -> Tensor:
    """A block's output, averaged in squares until about `size` numbers are left.

    A block with few channels keeps more places, one with many keeps fewer: probes can be compared
    if all are given about as many numbers.

    Parameters
    ----------
    feature : tensor, shape (N, C, H, W).

    Returns
    -------
    tensor, shape (N, C * side * side), side being sqrt(size / C), rounded.

    Examples
    --------
    >>> import torch
    >>> [pooled(torch.zeros(1, c, 16, 16)).shape[1] for c in (16, 32, 64, 128)]
    [1024, 1152, 1024, 1152]
    """
    side = max(1, round((size / feature.shape[1]) ** 0.5))
    return F.adaptive_avg_pool2d(feature, side).flatten(1)


def shipped_features() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Features of 1,000 photographs that ship: "color.model4" and so on, and the classes (1000,).

    Each is an array (1000, 128): 700 photographs to fit probes to, then 300 to test them on.
    ``python -m experiments.probes --ship`` makes them.
    """
    tensors, _ = load_tensors(asset("representation.safetensors"))
    labels = tensors.pop("labels").numpy().astype(int)
    return {name: value.numpy() * (4 / 127) for name, value in tensors.items()}, labels
