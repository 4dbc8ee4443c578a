"""Pillow's many modes as five: I;16, L, LA, RGB and RGBA (beside the chapters)."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from .tones import WHITE, black_and_white, scaled, strips

PLAIN = {"I;16", "L", "LA", "RGB", "RGBA"}
OTHERS = {"1": "L", "La": "LA", "PA": "RGBA", "RGBa": "RGBA"}  # all else becomes RGB


def has_alpha(image: Image.Image) -> bool:
    """Whether a Pillow picture carries transparency, also as one value that is transparent."""
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def one_depth(image: Image.Image, say: Callable[[str], None]) -> Image.Image:
    """Numbers of 32 bits, or of 16 in another byte order, as I;16; any other picture as it is.

    Pillow's mode I holds 16 bits in most files that lead to it; floats (F) are from 0 to 1.
    PhotoError where it can't be known which number is white.
    """
    if image.mode not in ("I", "F", "I;16B", "I;16N", "I;16L"):
        return image
    values = np.asarray(image)
    if image.mode == "I":
        fits = values.size and values.min() >= 0 and values.max() <= WHITE
        black, white = (0, WHITE) if fits else black_and_white(values, 32, None, say)
    elif image.mode == "F":
        black, white = black_and_white(values, 32, None, say)
    else:
        black, white = 0, WHITE
    result = Image.fromarray(scaled(values, black, white))
    result.info = dict(image.info)
    return result


def to_8(image: Image.Image) -> Image.Image:
    """I;16 as L, any other picture as it is."""
    if image.mode != "I;16":
        return image
    tones = np.asarray(image)
    result = np.empty(tones.shape, np.uint8)
    for rows in strips(tones):
        result[rows] = (tones[rows].astype(np.uint32) + 128) // 257
    return Image.fromarray(result)


def with_alpha(image: Image.Image, mode: str) -> Image.Image:
    """A picture as LA or RGBA; what `info` names as transparent is so in its alpha."""
    if image.mode != "I;16":
        return image.convert(mode)
    clear = image.info["transparency"]
    alpha = Image.fromarray(np.where(np.asarray(image) == clear, 0, 255).astype(np.uint8))
    return Image.merge("LA", [to_8(image), alpha]).convert(mode)


def plain(image: Image.Image, say: Callable[[str], None] = lambda line: None) -> Image.Image:
    """Any Pillow picture in one of five modes, with an alpha channel where parts are transparent.

    PhotoError where it can't be known what its numbers mean; `say` is given what may be wrong.
    """
    image = one_depth(image, say)
    if "transparency" in image.info:
        return with_alpha(image, "LA" if image.mode in ("1", "L", "I;16") else "RGBA")
    return image if image.mode in PLAIN else image.convert(OTHERS.get(image.mode, "RGB"))
