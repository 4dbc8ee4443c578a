"""A picture as the bytes of a file, of the kind that its name says (beside the chapters)."""

import struct
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageColor

from .errors import PhotoError, warn
from .jp2 import with_boxes
from .metadata import Metadata, options
from .tiff_out import write_tiff

# Pixels a side.
LIMITS = {"JPEG": 65_500, "WEBP": 16_383, "GIF": 65_535, "ICO": 256, "AVIF": 65_536}
CLEAR = {"PNG", "WEBP", "TIFF", "GIF", "AVIF", "JPEG2000", "TGA", "ICO", "SGI", "HEIF"}
QUALITY = {"JPEG": 93, "WEBP": 93, "AVIF": 90}
ANIMATED = {"PNG", "WEBP", "GIF", "AVIF"}


def kind_of(path: str | Path, size: tuple[int, int] | None = None, pages: int = 1) -> str:
    """Pillow's name of the format that a path ends in.

    Parameters
    ----------
    size : width and height of what shall be written, if known.
    pages : how many pictures go into the file.

    Raises
    ------
    PhotoError
        If nothing writes that kind, or it can't hold so much.
    """
    suffix = Path(path).suffix.lower()
    kind = Image.registered_extensions().get(suffix)
    if kind is None:
        raise PhotoError(f"{path}: no known kind of image file; use .png or .jpg")
    kind = "JPEG" if kind == "MPO" else kind  # of one picture, that is the same
    if kind not in Image.SAVE:
        raise PhotoError(f"{path}: {suffix} can be read but not written; use .png or .jpg")
    if size and max(size) > LIMITS.get(kind, max(size)):
        raise PhotoError(f"{path}: {size[0]} x {size[1]} pixels, but a {suffix} holds at most "
                         f"{LIMITS[kind]:,} a side; use .png or .tif")
    if pages > 1 and kind not in ANIMATED | {"TIFF"}:
        raise PhotoError(f"{path}: {pages} pages, but a {suffix} holds one; use .tif or .png")
    return kind


def encoded(pictures: Iterable[tuple[Image.Image, Metadata]], path: str | Path) -> BytesIO:
    """The content of a file of one picture or several.

    Parameters
    ----------
    pictures : each with what its page shall say of itself; of an animation, the first one's holds.
    path : names the kind, as for `kind_of`.

    Raises
    ------
    PhotoError
        If the kind can't be written, or can't hold the picture.
    """
    pictures = iter(pictures)
    first, said = next(pictures)
    kind = kind_of(path, first.size)
    file = BytesIO()
    try:
        if kind == "TIFF":
            write_tiff(file, _chained((first, said), pictures))
            return file
        others = list(pictures)
        kind_of(path, first.size, 1 + len(others))
        more = _frames(kind, [said, *(one for _, one in others)]) if others else {}
        several = {"append_images": [_fitting(image, kind, path) for image, _ in others]}
        _save(_fitting(first, kind, path), file, kind, said, more | several if others else {})
    except PhotoError:
        raise
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, struct.error,
            OverflowError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PhotoError(f"{path}: can't be written ({reason})") from None
    return with_boxes(file, said) if kind == "JPEG2000" else file


def _save(image, file, kind, said, more) -> None:
    quality = {"quality": QUALITY[kind]} if kind in QUALITY else {}
    if kind == "JPEG2000" and said.note:
        quality = {"comment": said.note}
    try:
        image.save(file, kind, **quality, **options(kind, said), **more)
    except (ValueError, TypeError, struct.error):  # more than a JPEG can hold, say
        file.seek(0)
        file.truncate()
        image.save(file, kind, **quality, **options(kind, said.least()), **more)


def _frames(kind: str, said: list[Metadata]) -> dict:
    """Options of Pillow's ``save`` for an animation: how long each frame stays, how often all."""
    options = {"save_all": True, "duration": [round(one.duration or 0) for one in said]}
    loop = said[0].loop
    if loop is None and kind == "PNG":  # a GIF that says nothing of it is shown once
        loop = 1
    return options if loop is None else options | {"loop": loop}


def _chained(first, others):
    yield first
    yield from others


def _fitting(image: Image.Image, kind: str, path) -> Image.Image:
    """The picture in a mode that its kind of file has; transparency becomes white where it must."""
    if "A" not in image.mode or kind in CLEAR:
        return image
    if image.getchannel("A").getextrema()[0] < 255:
        warn(f"{path}: {kind} has no transparency: white instead; .png keeps it")
    white = Image.new("RGB", image.size, ImageColor.getrgb("white"))
    white.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return white
