"""TIFFs of scanners, archives and microscopes: what Pillow does not read, or not as the file says.

Pillow reads what has 8 bits or fewer. Deeper numbers, floats, signed ones and channels that lie
apart come through tifffile, and are made tones by what the file's tags say of them.
"""

import logging
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps
from tifffile import TiffFile, TiffPage

from .errors import PhotoError
from .segments import laid_open, packed
from .tones import black_and_white, scaled

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # what is wrong is told here

STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
SMALLER, MASK = 1, 4  # what NewSubfileType says of a page that is no picture of its own
GRAY_WHITE, GRAY, RGB, CMYK, LAB = 0, 1, 2, 5, 8
OF_SENSORS = {32803, 34892}  # a camera's raw data
FORMS = {1: "unsigned", 2: "signed", 3: "float"}
CHANNELS = {GRAY_WHITE: "L", GRAY: "L", RGB: "RGB", CMYK: "CMYK", LAB: "LAB"}
BLACK_WHITE = (340, 341), (280, 281)  # the tags that name them; the second pair is often wrong


def is_tiff(start: bytes) -> bool:
    """Whether a file that begins so is a TIFF."""
    return start[:4] in STARTS


def opened(file) -> TiffFile:
    """A binary file as a TIFF, to be read page by page."""
    file.seek(0)  # tifffile takes the place where it finds a file for its beginning
    return TiffFile(file)


def pages(tiff: TiffFile) -> list[int]:
    """The places of a file's pages, without its thumbnails and masks."""
    numbers = range(len(tiff.pages))
    found = [i for i in numbers if not int(_tag(tiff.pages[i], 254, 0)) & (SMALLER | MASK)]
    first = tiff.pages[0]
    raw = first.photometric in OF_SENSORS or 50706 in first.tags
    if raw or not found and 330 in first.tags:
        raise PhotoError("a camera's raw data; develop it to a TIFF or JPEG first")
    return found or [0]


def read(page: TiffPage, max_pixels: int, say: Callable[[str], None],
         alone: bool = False) -> Image.Image | None:
    """A page that Pillow does not read as the file says; None for one that it does.

    Parameters
    ----------
    page : of an open file.
    max_pixels : more are refused.
    say : is given what may be wrong, a line each.
    alone : whether Pillow reads nothing of this file, so that all must be read here.

    Returns
    -------
    A picture of mode I;16, LA, RGB, RGBA, CMYK or LAB, upright, with profile and resolution in
    its `info`.

    Raises
    ------
    PhotoError
        Says what was found, and how to convert it.
    """
    if _pillow_knows(page) and not alone:
        return None
    _check(page, max_pixels)
    if not packed(page):
        return _picture(page, _values(page), say)
    with TiffFile(laid_open(page)) as plain:
        values = _values(plain.pages[page.index])
    return _picture(page, values, say)


def metadata(page: TiffPage) -> tuple[Image.Exif, dict]:
    """EXIF of a page, and what it says beside it, as in `info`: dpi, xmp, iptc."""
    exif = Image.Exif()
    unit = int(_tag(page, 296, 2))
    across, down = (_tag(page, code) for code in (282, 283))
    packet, block = _tag(page, 700), _tag(page, 33723)
    exif.endian = page.parent.byteorder
    info = {"xmp": bytes(packet)} if packet else {}
    if block is not None:
        info["iptc"] = bytes(block) if isinstance(block, bytes) else np.asarray(
            block, f"{exif.endian}u4").tobytes()
    if across and down and unit in (2, 3) and across[1] and down[1]:
        per_inch = 2.54 if unit == 3 else 1
        info["dpi"] = tuple(n / d * per_inch for n, d in (across, down))
    try:
        exif.load_from_fp(page.parent.filehandle, page.offset)
    except Exception:  # Pillow raises whatever it meets; the picture matters more
        return Image.Exif(), info
    return exif, info


def _pillow_knows(page: TiffPage) -> bool:
    """Whether Pillow reads such a page as its tags say."""
    signed = set(np.atleast_1d(_tag(page, 339, 1)).tolist()) != {1}
    gray = page.photometric in (GRAY_WHITE, GRAY, 3)
    return not signed and page.bitspersample in ((1, 2, 4, 8) if gray else (1, 8)) and not (
        gray and page.samplesperpixel > 2)


def _tag(page: TiffPage, code: int, default=None):
    tag = page.tags.get(code)
    return default if tag is None or tag.value is None else tag.value


def found(page: TiffPage) -> str:
    """What a page is, in words, for the line that refuses it."""
    form = FORMS.get(int(np.atleast_1d(_tag(page, 339, 1))[0]), "other")
    photometric = getattr(page.photometric, "name", page.photometric)
    return (f"a TIFF of {page.samplesperpixel} channels of {page.bitspersample} bits ({form}, "
            f"{photometric}), which can't be read as a photograph; save it as gray or RGB of 8 or "
            "16 bits")


def _check(page: TiffPage, max_pixels: int) -> None:
    """PhotoError for what is no picture of one of the kinds that are known."""
    size = page.imagewidth * page.imagelength
    if size > max_pixels:
        raise PhotoError(f"{page.imagewidth} x {page.imagelength} pixels, more than the "
                         f"{max_pixels:,} allowed; reduce it first")
    form = int(np.atleast_1d(_tag(page, 339, 1))[0])
    needed = len(CHANNELS.get(page.photometric, "")) or 99
    extra = page.samplesperpixel - needed
    fits = 0 <= extra <= 1
    bits = page.bitspersample if isinstance(page.bitspersample, int) else 0
    known = form in FORMS and (1 <= bits <= 16 or bits in (32, 64)) and not (
        form == 3 and bits < 16) and not (form == 2 and bits not in (8, 16, 32, 64))
    if not (size and fits and known and page.imagedepth == 1):
        raise PhotoError(found(page))


def _values(page: TiffPage) -> np.ndarray:
    """The numbers of a page, (H, W, C), as they stand in the file."""
    try:
        values = page.asarray()
    except (ValueError, NotImplementedError, RuntimeError) as error:
        raise PhotoError(f"{found(page)} ({' '.join(str(error).split())})") from None
    if page.planarconfig == 2 and page.samplesperpixel > 1:
        values = np.moveaxis(values, 0, -1)
    return values.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)


def _picture(page: TiffPage, values: np.ndarray, say) -> Image.Image:
    """The picture of a page's numbers."""
    mode = CHANNELS[page.photometric]
    colors = values[..., : len(mode)]
    if mode == "LAB":
        image = _lab(page, colors)
    else:
        black, white = black_and_white(colors, page.bitspersample, _stated(page, colors), say)
        depth = 65535 if mode == "L" else 255
        made = scaled(colors, black, white, depth, page.photometric == GRAY_WHITE)
        image = Image.fromarray(made[..., 0]) if mode == "L" else Image.merge(
            mode, [Image.fromarray(np.ascontiguousarray(made[..., c])) for c in range(len(mode))])
    if page.samplesperpixel > len(mode):
        image = _with_extra(image, values[..., -1], page, say)
    return _upright(image, page)


def _stated(page: TiffPage, values: np.ndarray) -> tuple[float, float] | None:
    """Black and white as the tags say; None where they say nothing that can be."""
    for (low, high), sure in zip(BLACK_WHITE, (True, False), strict=True):
        black, white = (_tag(page, code) for code in (low, high))
        if white is None:
            continue
        white = float(np.max(white))
        black = float(np.min(black)) if black is not None else 0.0
        # The older pair is meant for statistics: believed where it names a depth, as 4095.
        depth = black == 0 and values.dtype.kind == "u" and white >= 255 and (
            int(white) & (int(white) + 1)) == 0
        if black < white and np.isfinite([black, white]).all() and (sure or depth):
            return black, white
    return None


def _lab(page: TiffPage, values: np.ndarray) -> Image.Image:
    """CIE Lab of 16 bits: L from 0 to 65,535; a and b signed, in 256ths."""
    if values.dtype.kind == "f" or values.dtype.itemsize != 2:
        raise PhotoError(found(page))
    lightness = scaled(values[..., 0].view(values.dtype.str.replace("i", "u")), 0, 65535, 255)
    a, b = (((values[..., c].astype(np.int16) + 128) >> 8).clip(-128, 127) + 128 for c in (1, 2))
    return Image.merge("LAB", [Image.fromarray(x.astype(np.uint8)) for x in (lightness, a, b)])


def _with_extra(image, extra: np.ndarray, page: TiffPage, say) -> Image.Image:
    """The picture with its alpha channel, if its extra channel is one."""
    meaning = int(np.atleast_1d(_tag(page, 338, 0))[0])
    if meaning not in (1, 2) or image.mode in ("CMYK", "LAB"):
        say("its extra channel is left out: nothing says that it is transparency")
        return image
    white = 1 if extra.dtype.kind == "f" else 2 ** page.bitspersample - 1
    alpha = Image.fromarray(scaled(np.ascontiguousarray(extra), 0, white, 255))
    if image.mode == "I;16":
        image = Image.fromarray(scaled(np.asarray(image), 0, 65535, 255))
    bands = [*image.split(), alpha]
    if meaning == 1:  # the colors are multiplied by it
        return Image.merge("RGBa" if len(bands) == 4 else "La", bands).convert(
            "RGBA" if len(bands) == 4 else "LA")
    return Image.merge("RGBA" if len(bands) == 4 else "LA", bands)


def _upright(image: Image.Image, page: TiffPage) -> Image.Image:
    """The picture turned as its tag says, with what `info` holds of a picture by Pillow."""
    orientation = int(_tag(page, 274, 1))
    image.getexif()[274] = orientation
    turned = ImageOps.exif_transpose(image)
    profile = _tag(page, 34675)
    turned.info = {"icc_profile": bytes(profile)} if profile else {}
    return turned
