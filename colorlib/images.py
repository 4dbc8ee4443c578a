"""Image files in and out: what a person may hand us, as RGB and back (beside the chapters)."""

import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"}
MAX_PIXELS = 120_000_000  # more is taken for a decompression bomb


class PhotoError(ValueError):
    """A file that can't be used as a photograph; says in one line which and why."""


def open_photo(path: str | Path) -> Image.Image:
    """Decode a file in full, upright by its EXIF orientation.

    Raises
    ------
    PhotoError
        If there is no such file, or it is no image, truncated, or too large to be a photograph.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own warnings of size and odd metadata
            image = Image.open(path)
            if image.width * image.height > MAX_PIXELS:
                raise PhotoError(f"{path}: {image.width} x {image.height} pixels is more than "
                                 f"{MAX_PIXELS:,}; reduce it first")
            image.load()
            return ImageOps.exif_transpose(image)
    except FileNotFoundError:
        raise PhotoError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise PhotoError(f"{path}: is a folder") from None
    except PermissionError:
        raise PhotoError(f"{path}: no permission to read it") from None
    except Image.UnidentifiedImageError:
        raise PhotoError(f"{path}: not an image file") from None
    except Image.DecompressionBombError:
        raise PhotoError(f"{path}: too many pixels for a photograph") from None
    except PhotoError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever they meet in a broken file
        raise PhotoError(f"{path}: broken image file ({error})") from None


def to_rgb8(image: Image.Image) -> Image.Image:
    """Any Pillow image as 8-bit RGB; transparency is dropped, not blended."""
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_to_bytes(np.asarray(image)))
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _to_bytes(values: np.ndarray) -> np.ndarray:
    """Integers of 16 bits or more, or floats, of one channel, as 8 bits."""
    values = values.astype(np.float64)
    top = values.max(initial=0)
    full = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0 if top <= 65535 else top
    return (values.clip(0, full) * (255 / full)).round().astype(np.uint8)


def read_rgb(path: str | Path, shrink_to: int | None = None) -> Tensor:
    """A photo as a uint8 tensor (3, H, W), its short side reduced to at most `shrink_to` pixels."""
    image = to_rgb8(open_photo(path))
    if shrink_to and min(image.size) > shrink_to:
        scale = shrink_to / min(image.size)
        size = [max(1, round(scale * side)) for side in image.size]
        image = image.resize(size, Image.Resampling.LANCZOS)
    return torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy())
