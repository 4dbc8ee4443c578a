"""What Welsh and Levin look at: the pixels around each pixel, in a smaller picture (chapter 09)."""

import torch.nn.functional as F
from torch import Tensor

SIZE = 512  # long side in pixels at which colors are found; the photo keeps its own


def neighborhoods(channel: Tensor, window: int) -> Tensor:
    """The values around each pixel, row by row: (1, H, W) to (window^2, H, W)."""
    padded = F.pad(channel[None], [window // 2] * 4, mode="replicate")
    return F.unfold(padded, window).unflatten(-1, channel.shape[-2:])[0]


def shrink(picture: Tensor, size: int) -> Tensor:
    """Shrink (C, H, W) to a long side of at most `size` pixels, by the mean over areas."""
    scale = size / max(picture.shape[-2:])
    if scale >= 1:
        return picture
    sides = [max(1, round(side * scale)) for side in picture.shape[-2:]]
    return F.interpolate(picture[None], sides, mode="area")[0]
