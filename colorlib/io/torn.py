"""Files that lack their end: read where most of the picture is there, refused where not."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image

END = b"\xff\xd9"  # of a JPEG
MISSING = 0.1  # a larger share of the rows is too much to go on without


def mended(file, image: Image.Image, error: Exception, say: Callable[[str], None]) -> Image.Image:
    """The picture of a file that breaks off, decoded again with an end put to it.

    Parameters
    ----------
    file : a binary file, of which `image` is Pillow's view.
    error : what decoding it raised; raised again where too much is missing.
    say : is given a line that says what was missing.
    """
    if "truncated" not in str(error) or image.format not in ("JPEG", "MPO", "BMP", "TIFF", "PPM"):
        raise error
    file.seek(0)
    content = file.read()
    # The decoder of JPEG fills up with gray; of others the pixels themselves are missing.
    padding = END if image.format in ("JPEG", "MPO") else bytes(len(content) // 10)
    whole = Image.open(BytesIO(content + padding))
    try:
        whole.load()
    except (OSError, SyntaxError):
        raise error from None
    if whole.format == "MPO" or whole.size != image.size:
        raise error
    rows = _missing(whole)
    if rows > MISSING * whole.height:
        raise OSError(f"image file is truncated: the lower {100 * rows / whole.height:.0f}% are "
                      "missing")
    say("breaks off before its end" + (f"; its last {rows} rows are missing" if rows else ""))
    return whole


def _missing(image: Image.Image) -> int:
    """Rows at the bottom that are of one color throughout: those that the decoder filled up."""
    rows = np.asarray(image.convert("RGB") if image.mode != "CMYK" else image)
    last = rows[-1, -1]
    for count, row in enumerate(rows[::-1]):
        if (row != last).any():
            return count
    return len(rows)
