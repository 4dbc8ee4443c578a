"""A photograph of any kind, given out strip by strip, so that none is held in floats as a whole."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .modes import plain, to_8
from .photos import PhotoFile, upright

FULL_SCALE = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535, np.dtype(bool): 1}
TENSOR_SCALE = {torch.uint8: 255, torch.uint16: 65535, torch.bool: 1}
STRIP = 2**18  # pixels, about


class Pixels:
    """RGB and alpha of a photo.

    Parameters
    ----------
    image : path, Pillow picture, array of shape (H, W) or (H, W, 1 | 3 | 4), or tensor of shape
        (H, W) or (1 | 3 | 4, H, W). Integers are 8- or 16-bit, floats are in [0, 1].

    Attributes
    ----------
    shape : (3, H, W).
    alpha : tensor (1, H, W) in [0, 1], or None.

    Raises
    ------
    PhotoError, TypeError, ValueError
        For a file that is no photo; for another type; for another shape or range of values.
    """

    def __init__(self, image):
        if isinstance(image, str | os.PathLike):
            with PhotoFile(Path(image)) as file:
                image = file.first()
        elif isinstance(image, Image.Image):
            image = upright(image)
        if isinstance(image, Image.Image):
            self._picture, self._values = plain(image), None
            self.shape = (3, *self._picture.size[::-1])
        else:
            self._picture, self._values = None, _channels_first(image)
            self.shape = (3, *self._values.shape[-2:])
            self._scale = _scale(self._values)

    @property
    def alpha(self) -> Tensor | None:
        """Alpha (1, H, W) in [0, 1]; None for a photo without."""
        if self._picture is None:
            return _unit(self._values[3:], self._scale) if len(self._values) == 4 else None
        if "A" not in self._picture.mode:
            return None
        return torch.from_numpy(np.asarray(self._picture.getchannel("A"), np.float32)[None] / 255)

    def __iter__(self) -> Iterator[Tensor]:
        """RGB (3, h, W), floats in [0, 1], from top to bottom; gray as three equal channels."""
        _, height, width = self.shape
        rows = max(1, STRIP // width)
        return (self.strip(top, min(top + rows, height)) for top in range(0, height, rows))

    def strip(self, top: int, bottom: int) -> Tensor:
        """RGB of some rows: (3, bottom - top, W), floats in [0, 1]."""
        if self._picture is None:
            return _unit(self._values[:3, top:bottom], self._scale).expand(3, -1, -1)
        strip = np.asarray(self._picture.crop((0, top, self.shape[-1], bottom)))
        full = FULL_SCALE[strip.dtype]
        strip = strip[..., None] if strip.ndim == 2 else strip
        color = strip[..., :3] if strip.shape[-1] > 2 else strip[..., :1]
        return _unit(color.transpose(2, 0, 1), full).expand(3, -1, -1)

    def rgb(self) -> Tensor:
        """All of it: (3, H, W), floats in [0, 1]."""
        result, top = torch.empty(self.shape), 0
        for strip in self:
            result[:, top : top + strip.shape[1]] = strip
            top += strip.shape[1]
        return result


def _channels_first(image) -> np.ndarray | Tensor:
    """An array or a tensor as (C, H, W), of the numbers that it has."""
    if isinstance(image, np.ndarray):
        first = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
        wanted = "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
    elif isinstance(image, Tensor):
        first = image.detach()[None] if image.dim() == 2 else image.detach()
        wanted = "(H, W), (1, H, W), (3, H, W) or (4, H, W)"
    else:
        raise TypeError("a photo must be a path, a Pillow picture, an array or a tensor, got "
                        f"{type(image).__name__}")
    ok = len(first.shape) == 3 and first.shape[0] in (1, 3, 4)
    if not ok or 0 in first.shape:
        raise ValueError(f"the photo's shape must be {wanted}, got {tuple(image.shape)}")
    return first


def _scale(values: np.ndarray | Tensor) -> int:
    """What is white: 255, 65,535 or 1. ValueError for floats that are not in [0, 1]."""
    if isinstance(values, np.ndarray):
        scale, floats = FULL_SCALE.get(values.dtype.newbyteorder("=")), values.dtype.kind == "f"
    else:
        scale, floats = TENSOR_SCALE.get(values.dtype), values.is_floating_point()
    if scale:
        return scale
    if not floats:
        raise ValueError(f"the photo's numbers must be uint8, uint16, bool or floats, got "
                         f"{values.dtype}")
    low, high = float(values.min()), float(values.max())
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise ValueError(f"a photo of floats must lie in [0, 1], got {low:.4g} to {high:.4g}; "
                         "divide by 255 first?")
    return 1


def _unit(values: np.ndarray | Tensor, scale: int) -> Tensor:
    """Some of the numbers as floats in [0, 1]; never the memory that they came in."""
    if isinstance(values, np.ndarray):
        # A copy in any case: torch has no other byte order than the machine's, no negative steps.
        return torch.from_numpy(np.array(values, np.float32)).div_(scale).clamp_(0, 1)
    return (values.float() / scale).clamp_(0, 1)


class Canvas:
    """A result, filled strip by strip, of the kind that came in: Pillow picture, array or tensor.

    Parameters
    ----------
    original : what came in; a path gives a Pillow picture.
    height, width : in pixels.
    alpha : tensor (1, H, W) in [0, 1], or None; the result has it as its fourth channel.
    """

    def __init__(self, original, height: int, width: int, alpha: Tensor | None = None):
        self._original, self._alpha, self._top = original, alpha, 0
        channels = 3 if alpha is None else 4
        if isinstance(original, Tensor):
            self.result = torch.empty(channels, height, width, dtype=original.dtype,
                                      device=original.device)
        elif isinstance(original, np.ndarray):
            self.result = np.empty((height, width, channels), original.dtype)
        else:
            self.result = Image.new("RGB" if alpha is None else "RGBA", (width, height))

    def add(self, rgb: Tensor) -> None:
        """The next rows: (3, h, W), floats in [0, 1]."""
        top, bottom = self._top, self._top + rgb.shape[-2]
        self._top = bottom
        if self._alpha is not None:
            rgb = torch.cat([rgb, self._alpha[:, top:bottom].to(rgb)])
        if isinstance(self._original, Tensor):
            scale = TENSOR_SCALE.get(self._original.dtype)
            values = (rgb * scale).round() if scale else rgb
            self.result[:, top:bottom] = values.to(self.result)
            return
        pixels = rgb.movedim(0, -1).cpu().numpy()
        if isinstance(self._original, np.ndarray):
            scale = FULL_SCALE.get(self._original.dtype.newbyteorder("="))
            self.result[top:bottom] = (pixels * scale).round() if scale else pixels
            return
        strip = Image.fromarray((pixels * 255).round().astype(np.uint8))
        self.result.paste(strip, (0, top))


def filled(strips: Iterable[Tensor], like: Tensor, alpha: Tensor | None, original):
    """A result of strips of RGB, of the height and width of `like`: see `Canvas`."""
    canvas = Canvas(original, *like.shape[-2:], alpha)
    for strip in strips:
        canvas.add(strip)
    return canvas.result


def to_rgb8(image: Image.Image) -> Image.Image:
    """Any Pillow picture as 8-bit RGB, or RGBA if it has transparency."""
    image = to_8(plain(image))
    return image.convert("RGBA" if "A" in image.mode else "RGB")
