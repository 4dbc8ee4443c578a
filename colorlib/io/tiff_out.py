"""TIFFs out: packed without loss, page after page, with all that they say (beside the chapters)."""

import struct
import zlib
from collections.abc import Iterable
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin, TiffTags
from tifffile import TiffFile, TiffWriter

from .metadata import IPTC_TAG, RESOLUTION, Metadata, with_texts

ROWS = 2**18  # bytes of a strip, about
PARTS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
WRITTEN = {*RESOLUTION, ExifTags.Base.ResolutionUnit, *PARTS}  # by other ways than as a tag
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7


def write_tiff(file: BytesIO, pages: Iterable[tuple[Image.Image, Metadata]]) -> None:
    """Write pages one after another, by Deflate with differences; no more than one is held.

    Parameters
    ----------
    file : takes the result.
    pages : pictures of mode L, LA, RGB or RGBA, each with what it shall say of itself.
    """
    parts = []
    with TiffWriter(file, byteorder="<") as tiff:
        for image, said in pages:
            exif = with_texts(said)
            parts.append({part: exif[part] for part in PARTS if part in exif})
            _write_page(tiff, image, said, exif, parts[-1])
    _write_parts(file, parts)


def _write_page(tiff, image, said, exif, parts) -> None:
    bands = len(image.getbands())
    rows = max(1, ROWS // (image.width * bands))
    # tifffile writes no pointers to directories: the next tag's number keeps the place of each.
    tags = [(part + 1, LONG, 1, 0, False) for part in parts]
    tags += [_tag(code, value) for code, value in exif.items() if code not in WRITTEN]
    tags += [(700, BYTE, len(said.xmp), said.xmp, False)] if said.xmp else []
    if said.iptc:
        tags.append((IPTC_TAG, UNDEFINED, len(said.iptc), said.iptc, False))
    inch = {"resolution": said.dpi, "resolutionunit": "INCH"} if said.dpi else {}
    shape = (image.height, image.width, bands)[: 3 if bands > 1 else 2]
    strips = (_packed(image.crop((0, top, image.width, min(top + rows, image.height))))
              for top in range(0, image.height, rows))
    tiff.write(
        strips, shape=shape, dtype=np.uint8, photometric="rgb" if bands > 2 else "minisblack",
        planarconfig="contig", extrasamples=["unassalpha"] if bands in (2, 4) else None,
        rowsperstrip=rows, compression="zlib", predictor=True, metadata=None, software=False,
        iccprofile=said.profile, extratags=tags, **inch)


def _packed(strip: Image.Image) -> bytes:
    """Rows by Deflate; each number is the difference from the one at its left (predictor 2)."""
    values = np.asarray(strip)
    steps = np.diff(values, axis=1, prepend=np.zeros_like(values[:, :1]))
    return zlib.compress(steps.tobytes(), 6)


def _tag(code: int, value) -> tuple:
    """A tag as tifffile takes it: code, type, count, value, not only on the first page."""
    kind = TiffTags.lookup(code).type or (BYTE if isinstance(value, bytes) else LONG)
    if kind == ASCII or isinstance(value, str):
        text = value if isinstance(value, bytes) else str(value).encode()
        return code, ASCII, 0, text.rstrip(b"\0") + b"\0", False
    if isinstance(value, bytes):
        return code, BYTE, len(value), value, False
    numbers = value if isinstance(value, tuple) else (value,)
    return code, kind, len(numbers), numbers if len(numbers) > 1 else numbers[0], False


def _write_parts(file: BytesIO, parts: list[dict]) -> None:
    """Put the parts of EXIF that have a directory of their own behind the pages."""
    if not any(parts):
        return
    for index, some in enumerate(parts):
        for part, content in some.items():
            directory = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0", group=part)
            for code, value in content.items():
                directory[code] = value
            end = file.seek(0, 2)
            place = end + end % 2
            file.write(bytes(end % 2) + directory.tobytes(place))
            file.seek(0)
            with TiffFile(file) as tiff:
                tag = tiff.pages[index].tags[part + 1].overwrite(place)
            file.seek(tag.offset)
            file.write(struct.pack("<H", part))
