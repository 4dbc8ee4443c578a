"""Image files in and out: whatever a person may hand us, as RGB, and back (beside the chapters)."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .io.assets import asset
from .io.encode import encoded, kind_of
from .io.errors import PhotoError, PhotoWarning  # noqa: F401
from .io.files import replacing
from .io.metadata import metadata
from .io.modes import has_alpha  # noqa: F401
from .io.photos import MAX_PIXELS, SUFFIXES, PhotoFile  # noqa: F401
from .io.pixels import Pixels, filled, to_rgb8


def samples() -> dict[str, Path]:
    """The photographs that ship with the course, by name. Their credits lie beside them."""
    return {path.stem: path for path in sorted(asset("photos").glob("*.jpg"))}


def sample(name: str) -> Image.Image:
    """One of the course's photographs as an RGB picture: ``sample("china")``."""
    if name not in samples():
        raise ValueError(f"no photograph named {name!r}; there are {', '.join(samples())}")
    return open_photo(samples()[name])


def open_photo(path: str | Path) -> Image.Image:
    """Decode a file in full, upright by its EXIF orientation, with its colors in sRGB.

    Of a file of several pages it is the first, and a `PhotoWarning` says so; as it does of what was
    odd: an end that is missing, a color profile that does not fit.

    Raises
    ------
    PhotoError
        If there is no such file, or it is no image, truncated, or too large to be a photograph; or
        if it does not say how its numbers are to be read.
    """
    with PhotoFile(path) as file:
        return file.first()


def open_pages(path: str | Path) -> Iterator[Image.Image]:
    """All pages of a file, as `open_photo` gives the first: of a TIFF, GIF, PNG, WebP or AVIF."""
    with PhotoFile(path) as file:
        yield from file.pages()


def read_rgb(path: str | Path, shrink_to: int | None = None) -> Tensor:
    """A photo as a uint8 tensor (3, H, W), its short side reduced to at most `shrink_to` pixels."""
    image = to_rgb8(open_photo(path)).convert("RGB")
    if shrink_to and min(image.size) > shrink_to:
        scale = shrink_to / min(image.size)
        size = [max(1, round(scale * side)) for side in image.size]
        image = image.resize(size, Image.Resampling.LANCZOS)
    return torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy())


def center(pictures: Tensor, side: int) -> Tensor:
    """The middle square of pictures (..., H, W)."""
    top, left = ((n - side) // 2 for n in pictures.shape[-2:])
    return pictures[..., top : top + side, left : left + side]


def as_rgb(image) -> Tensor:
    """A photo of any kind as a float tensor (3, H, W) in [0, 1]; gray becomes three equal channels.

    Parameters
    ----------
    image : path, Pillow picture, array of shape (H, W) or (H, W, 1 | 3 | 4), or tensor of shape
        (H, W) or (1 | 3 | 4, H, W). Integers are 8- or 16-bit, floats are in [0, 1].

    Raises
    ------
    PhotoError, TypeError, ValueError
        For a file that is no photo; for another type; for another shape or range of values.

    Notes
    -----
    Beside the decoded picture it takes at most 20 bytes of memory a pixel, of which the tensor that
    it returns is 12. `io.pixels.Pixels` gives the picture out in strips.
    """
    return Pixels(image).rgb()


def rgb_and_alpha(image) -> tuple[Tensor, Tensor | None]:
    """RGB (3, H, W) and alpha (1, H, W) or None, floats in [0, 1]."""
    pixels = Pixels(image)
    return pixels.rgb(), pixels.alpha


def like(rgb: Tensor, alpha: Tensor | None, original):
    """Give a result, RGB (3, H, W) in [0, 1], the kind that came in: Pillow, array or tensor."""
    return filled([rgb], rgb, alpha, original)


def save_photo(image: Image.Image, path: str | Path, note: str | None = None,
               original: Image.Image | None = None) -> None:
    """Write a picture, of the kind that the suffix names: whole, or not at all.

    Parameters
    ----------
    note : what the file shall say of itself in EXIF and XMP, as `io.metadata.colorized_note`.
    original : the photograph that the picture was made of, as `open_photo` gave it: what its file
        says of camera, date, place, resolution and author goes along.

    Raises
    ------
    PhotoError
        If that kind of file can't be written or can't hold the picture, or there is no room.
    """
    save_pages([(image, original)], path, note)


def save_pages(pages: Iterable[tuple[Image.Image, Image.Image | None]], path: str | Path,
               note: str | None = None) -> None:
    """Write several pictures into one file: pages of a TIFF, frames of a PNG, WebP, GIF or AVIF.

    Parameters
    ----------
    pages : each a picture and its original, or None; see `save_photo`. A TIFF's are written one by
        one. Frames stay as long as `info` of their originals says.
    """
    path = Path(path)
    kind_of(path)
    try:
        content = encoded(((image, metadata(note, original)) for image, original in pages), path)
        with replacing(path) as beside:  # written by Python: Pillow passes over a full disk
            beside.write_bytes(content.getbuffer())
    except OSError as error:
        raise PhotoError(f"{path}: can't be written ({error.strerror or error})") from None
