"""The color profile of a file applied: numbers of any color space as sRGB (beside the chapters).

A profile (ICC) says what a file's numbers look like. Without it, a scan with a dot gain of 20% or
a gamma of 1.8 has other tones than its maker saw.
"""

from collections.abc import Callable
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from .modes import has_alpha, to_8, with_alpha
from .tones import strips

GRAY = {"1", "L", "LA", "La", "I;16"}
COLOR = {"P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "HSV"}


@cache
def srgb() -> bytes:
    """The profile of sRGB, as files carry it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def to_srgb(image: Image.Image, say: Callable[[str], None]) -> Image.Image:
    """A picture with its own profile applied; its `info` then has that of sRGB.

    Parameters
    ----------
    image : of any of Pillow's modes, its profile, if any, in `info`. A gray one stays gray.
    say : is given a line if the profile can't be applied; the picture is then taken for sRGB.
    """
    profile = image.info.get("icc_profile")
    if not profile or profile == srgb():
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        result = _applied(image, source, space)
        problem = f"is for {space}, its pixels are {image.mode}"
    except (ImageCms.PyCMSError, OSError, ValueError):
        result, problem = None, "is broken"
    if result is None:
        say(f"its color profile {problem}: taken for sRGB")
        result = image.copy()
    result.info = image.info | {"icc_profile": srgb()}
    if result.mode != image.mode:
        result.info.pop("transparency", None)  # an alpha channel by now, or there was none
    return result


def _applied(image, source, space) -> Image.Image | None:
    """The picture in sRGB; None where profile and picture don't fit each other."""
    clear = has_alpha(image)
    if image.mode == "LAB":
        return image.convert("RGB")  # its numbers need no profile
    if image.mode in GRAY:
        if space == "GRAY":
            return _by_curve(with_alpha(image, "LA") if clear else image, source)
        image = with_alpha(image, "RGBA") if clear else to_8(image).convert("RGB")
    elif image.mode in COLOR:
        image = image.convert("RGBA" if clear else "RGB")
        if space == "GRAY":  # a gray picture that was stored as one in color
            gray = _as_gray(image)
            return gray and _by_curve(gray, source)
    if (image.mode, space) == ("CMYK", "CMYK"):
        return _transformed(image, source, "RGB")
    if image.mode in ("RGB", "RGBA") and space == "RGB":
        return _transformed(image, source, image.mode)
    return None


def _transformed(image, source, mode) -> Image.Image:
    target = ImageCms.ImageCmsProfile(BytesIO(srgb()))
    return ImageCms.profileToProfile(image, source, target, outputMode=mode)


def _by_curve(image, source) -> Image.Image:
    """A gray picture by a table of what the profile makes of each of its possible values."""
    deep = image.mode == "I;16"
    values = np.arange(65536 if deep else 256, dtype=np.uint16 if deep else np.uint8)
    curve = np.asarray(_transformed(Image.fromarray(values[None]), source, "RGB"))[0, :, 1]
    if not deep:
        if has_alpha(image):
            gray, alpha = image.convert("LA").split()
            return Image.merge("LA", [gray.point(curve.tolist()), alpha])
        return image.convert("L").point(curve.tolist())
    tones = np.asarray(image)
    result = np.empty(tones.shape, np.uint8)
    for rows in strips(tones):
        result[rows] = curve[tones[rows]]
    return Image.fromarray(result)


def _as_gray(image) -> Image.Image | None:
    """L or LA of a picture whose three channels are equal, else None."""
    values = np.asarray(image)
    if any((values[rows, :, :3] != values[rows, :, 1:2]).any() for rows in strips(values)):
        return None
    gray = image.getchannel("G")
    return Image.merge("LA", [gray, image.getchannel("A")]) if image.mode == "RGBA" else gray
