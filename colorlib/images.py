"""Image files in and out: whatever a person may hand us, as RGB, and back (beside the chapters)."""

import io
import os
import struct
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps
from torch import Tensor

from .io.assets import asset
from .io.files import replacing
from .io.metadata import kept, labels

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"}
MAX_PIXELS = 120_000_000  # more is taken for a decompression bomb
FULL_SCALE = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535, np.dtype(bool): 1}
TENSOR_SCALE = {torch.uint8: 255, torch.uint16: 65535, torch.bool: 1}


class PhotoError(ValueError):
    """A file that can't be used as a photograph; says in one line which and why."""


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

    Raises
    ------
    PhotoError
        If there is no such file, or it is no image, truncated, or too large to be a photograph.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own warnings of size and odd metadata
            with Image.open(path) as image:
                pixels = image.width * image.height
                if pixels > MAX_PIXELS:
                    raise PhotoError(f"{path}: {image.width} x {image.height} pixels, more than "
                                     f"the {MAX_PIXELS:,} allowed; reduce it first")
                image.load()
                exif = kept(image).tobytes()  # now: a copy of a TIFF has lost it
                upright = ImageOps.exif_transpose(image)
                upright.info["exif"] = exif
                return _to_srgb(upright)
    except PhotoError:
        raise
    except FileNotFoundError:
        raise PhotoError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise PhotoError(f"{path}: a folder, not a photograph") from None
    except PermissionError:
        raise PhotoError(f"{path}: no permission to read it") from None
    except Image.UnidentifiedImageError:
        raise PhotoError(f"{path}: not an image file, or of a kind that can't be read") from None
    except Image.DecompressionBombError:
        raise PhotoError(f"{path}: too many pixels for a photograph") from None
    except Exception as error:  # Pillow's decoders raise whatever they meet in a broken file
        if isinstance(error, OSError) and error.strerror:  # of the system, as a name too long
            raise PhotoError(f"{path}: can't be read ({error.strerror})") from None
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PhotoError(f"{path}: broken or truncated image file ({reason})") from None


def _to_srgb(image: Image.Image) -> Image.Image:
    """Colors by the file's own ICC profile, if it has one that fits, as sRGB."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        converted.info = image.info | converted.info
        return converted
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile: its picture may still be good


def to_rgb8(image: Image.Image) -> Image.Image:
    """Any Pillow picture as 8-bit RGB, or RGBA if it has transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image).astype(np.float64)
        # 16 bits are the rule in scanners' gray files; floats are in [0, 1] or in no known unit.
        full = 1.0 if image.mode == "F" and values.max(initial=0) <= 1 else 65535.0
        full = max(full, values.max(initial=0)) if image.mode in ("I", "F") else full
        image = Image.fromarray((values.clip(0, full) * (255 / full)).round().astype(np.uint8))
    if has_alpha(image):
        return image.convert("RGBA")
    return image.convert("RGB")


def has_alpha(image: Image.Image) -> bool:
    """Whether a Pillow picture carries transparency, also as a palette entry."""
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


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
    Beside the picture itself it takes at most 32 bytes of memory a pixel, 3.9 GB for the largest
    one allowed, of which the tensor that it returns is 12.
    """
    return rgb_and_alpha(image)[0]


def rgb_and_alpha(image) -> tuple[Tensor, Tensor | None]:
    """RGB (3, H, W) and alpha (1, H, W) or None, floats in [0, 1]."""
    if isinstance(image, str | os.PathLike):
        image = open_photo(image)
    if isinstance(image, Image.Image):
        image = np.asarray(to_rgb8(image))
    if isinstance(image, np.ndarray):
        scale = FULL_SCALE.get(image.dtype, 1)
        values = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))
        channels_first = values[None] if values.dim() == 2 else values.movedim(-1, 0)
        wanted = "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
    elif isinstance(image, Tensor):
        scale = TENSOR_SCALE.get(image.dtype, 1)
        channels_first = image.detach().float()
        channels_first = channels_first[None] if image.dim() == 2 else channels_first
        wanted = "(H, W), (1, H, W), (3, H, W) or (4, H, W)"
    else:
        raise TypeError("a photo must be a path, a Pillow picture, an array or a tensor, got "
                        f"{type(image).__name__}")
    ok = channels_first.dim() == 3 and channels_first.shape[0] in (1, 3, 4)
    if not ok or not channels_first.numel():
        raise ValueError(f"the photo's shape must be {wanted}, got {tuple(image.shape)}")
    low, high = channels_first.aminmax()
    if scale == 1 and not (low >= -1e-3 and high <= 1 + 1e-3):
        raise ValueError(f"a photo of floats must lie in [0, 1], got {low:.4g} to {high:.4g}; "
                         "divide by 255 first?")
    values = (channels_first / scale).clamp_(0, 1)  # in place: see the bound in as_rgb
    alpha = values[3:] if len(values) == 4 else None
    return values[:3].expand(3, -1, -1), alpha


def like(rgb: Tensor, alpha: Tensor | None, original):
    """Give a result, RGB (3, H, W) in [0, 1], the kind that came in: Pillow, array or tensor."""
    values = rgb if alpha is None else torch.cat([rgb, alpha.to(rgb)])
    if isinstance(original, Tensor):
        scale = TENSOR_SCALE.get(original.dtype)
        result = (values * scale).round() if scale else values
        return result.to(original.device, original.dtype)
    pixels = values.movedim(0, -1).cpu().numpy()
    if isinstance(original, np.ndarray):
        scale = FULL_SCALE.get(original.dtype)
        return (pixels * scale).round().astype(original.dtype) if scale else (
            pixels.astype(original.dtype))
    return Image.fromarray((pixels * 255).round().astype(np.uint8))


def save_photo(image: Image.Image, path: str | Path, note: str | None = None,
               original: Image.Image | None = None) -> None:
    """Write a picture, of the kind that the suffix names: whole, or not at all.

    Parameters
    ----------
    note : what the file shall say of itself in EXIF and XMP, as `metadata.colorized_note`.
    original : the photograph that the picture was made of, as `open_photo` gave it: what its file
        says of camera, date, place and author goes along.
    """
    path = Path(path)
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind is None:
        raise PhotoError(f"{path}: no known kind of image file; use .png or .jpg")
    if kind == "JPEG":
        image = image.convert("RGB")
    quality = {"quality": 93} if kind in ("JPEG", "WEBP") else {}
    encoded = io.BytesIO()  # written by Python: Pillow's own writers pass over a full disk
    try:
        try:
            image.save(encoded, kind, **quality, **labels(kind, note, original))
        except (ValueError, TypeError, struct.error):  # more than a JPEG can hold, say
            encoded = io.BytesIO()
            image.save(encoded, kind, **quality, **labels(kind, note, original, keep=False))
        with replacing(path) as beside:
            beside.write_bytes(encoded.getbuffer())
    except OSError as error:
        raise PhotoError(f"{path}: can't be written ({error.strerror or error})") from None
