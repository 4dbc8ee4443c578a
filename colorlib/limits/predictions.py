"""A network's answer to a photograph; a network that has seen drawings only (chapter 12)."""

import torch.nn.functional as F
from torch import Tensor

from ..inference import Colorizer
from ..io.assets import asset

DRAWN = asset("drawn.safetensors")


def drawn_colorizer() -> Colorizer:
    """The network that has seen drawings only."""
    return Colorizer.from_pretrained(DRAWN)


def colors(colorizer: Colorizer, rgb: Tensor, size: int | None = None) -> tuple[Tensor, Tensor]:
    """Logits (313, h, w) of a photograph and its ab (2, h, w), at T = 0.38."""
    logits = colorizer.logits(rgb, size)
    return logits, colorizer.decode(logits)


def resize_like(ab: Tensor, shape) -> Tensor:
    """ab (2, h, w) at the size of the photograph."""
    return F.interpolate(ab[None], tuple(shape[-2:]), mode="bilinear")[0]
