"""Format x mode x depth x orientation x profile: tones as another reader gives them.

Each file is made here from the same picture, and compared with a reference that is not this
library's reader: the numbers as tifffile reads them, profiles as lcms applies them (by Pillow), and
L as scikit-image computes it. A gray picture's L must come back within a mean of 0.5.
"""

import itertools
from io import BytesIO

import numpy as np
import pytest
import tifffile
from icc import PROFILES
from PIL import Image, ImageCms
from skimage.color import rgb2lab

from colorlib.color import rgb_to_lab
from colorlib.images import as_rgb

pytestmark = pytest.mark.filterwarnings("ignore::colorlib.images.PhotoWarning")

HEIGHT, WIDTH = 16, 24
Y, X = np.mgrid[:HEIGHT, :WIDTH]
GRAY = (0.02 + 0.96 * (X + 0.4 * Y) / (WIDTH + 0.4 * HEIGHT)) ** 1.2  # no symmetry, no plain rows
COLOR = np.stack([GRAY, GRAY[::-1] * 0.8 + 0.1, GRAY[:, ::-1]], -1)
ALPHA = (255 * (0.3 + 0.7 * Y / HEIGHT)).round().astype(np.uint8)
TURNS = {  # what is done with the stored picture, by its EXIF orientation
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1), 6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1), 8: lambda a: np.rot90(a)}


def lightness(rgb) -> np.ndarray:
    """L by scikit-image, of gray or RGB in [0, 1]."""
    rgb = np.stack([rgb] * 3, -1) if rgb.ndim == 2 else rgb
    return rgb2lab(rgb)[..., 0]


def managed(picture: Image.Image, profile: bytes) -> np.ndarray:
    """RGB in [0, 1] of a picture, L or RGB, as lcms makes it of a profile."""
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    result = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"),
                                       outputMode="RGB")
    return np.asarray(result) / 255


def check(path, expected, orientation=1):
    """The file gives that lightness, and Pillow's picture of it does too where Pillow opens it."""
    expected = TURNS[orientation](expected)
    ours = rgb_to_lab(as_rgb(path))[0].numpy()
    assert ours.shape == expected.shape
    assert np.abs(ours - expected).mean() < 0.5
    try:
        picture = Image.open(path)
    except OSError:
        return
    with picture:
        again = rgb_to_lab(as_rgb(picture))[0].numpy()
    assert again.shape == ours.shape and np.abs(again - ours).max() < 0.01


# --- TIFF: numbers of every depth ---

def numbers(values, kind):
    """Values in [0, 1] as numbers of a type; full scale is white."""
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        return values.astype(dtype)
    return (values * np.iinfo(dtype).max).round().astype(dtype)


def tag(orientation):
    return [(274, "H", 1, orientation, True)]


GRAYS = list(itertools.product(
    ["u1", "u2", "u4", "f2", "f4", "f8"], ["minisblack", "miniswhite"], "<>", [None, "zlib"],
    range(1, 9)))


@pytest.mark.parametrize("kind, photometric, order, packing, orientation", GRAYS)
def test_gray_tiff(tmp_path, kind, photometric, order, packing, orientation):
    stored = numbers(1 - GRAY if photometric == "miniswhite" else GRAY, kind)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stored, photometric=photometric, byteorder=order, compression=packing,
                     extratags=tag(orientation), metadata=None)
    back = tifffile.imread(path).astype(np.float64)
    back = back / (1 if back.max() <= 1 else np.iinfo(stored.dtype).max)
    check(path, lightness(1 - back if photometric == "miniswhite" else back), orientation)


COLORS = list(itertools.product(["u1", "u2", "f4"], ["contig", "separate"], "<>",
                                [None, "zlib"], [1, 5, 6, 8], [3, 4]))


@pytest.mark.parametrize("kind, planar, order, packing, orientation, channels", COLORS)
def test_color_tiff(tmp_path, kind, planar, order, packing, orientation, channels):
    whole = np.dstack([COLOR, ALPHA / 255])[..., :channels]
    stored = numbers(whole, kind)
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.moveaxis(stored, -1, 0) if planar == "separate" else stored, photometric="rgb",
        planarconfig=planar, byteorder=order, compression=packing, metadata=None,
        extratags=tag(orientation), extrasamples=["unassalpha"] if channels == 4 else None)
    back = tifffile.imread(path)
    back = np.moveaxis(back, 0, -1) if planar == "separate" else back
    full = 1 if back.dtype.kind == "f" else np.iinfo(back.dtype).max
    check(path, lightness(back[..., :3] / full), orientation)


@pytest.mark.parametrize("kind, predictor, tile, order", [
    (kind, predictor, tile, order) for kind, predictor, tile, order in itertools.product(
        ["u1", "u2", "f4"], [False, True], [None, (16, 16)], "<>")
    if not (predictor and kind == "f4")])  # which tifffile can't write
@pytest.mark.parametrize("color", [False, True])
def test_tiles_and_predictors(tmp_path, kind, predictor, tile, order, color):
    path = tmp_path / "a.tif"
    stored = numbers(COLOR if color else GRAY, kind)
    tifffile.imwrite(path, stored, photometric="rgb" if color else "minisblack", byteorder=order,
                     compression="zlib", predictor=predictor, tile=tile, metadata=None)
    check(path, lightness(COLOR if color else GRAY))


# --- profiles, in every mode that a file can have ---

def in_mode(mode):
    """The picture in a mode, and the L or RGB picture of the same tones for the reference."""
    gray8 = Image.fromarray((GRAY * 255).round().astype(np.uint8))
    color8 = Image.fromarray((COLOR * 255).round().astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray((GRAY * 65535).round().astype(np.uint16)), gray8
    if mode in ("L", "LA"):
        picture, reference = gray8.copy(), gray8
    elif mode == "P":
        picture = color8.quantize(64)
        return picture, picture.convert("RGB")
    elif mode == "P gray":
        return gray8.quantize(256), gray8.quantize(256).convert("L")
    elif mode == "CMYK":
        picture = color8.convert("CMYK")
        return picture, picture.convert("RGB")
    else:
        picture, reference = color8.copy(), color8
    if mode.endswith("A"):
        picture.putalpha(Image.fromarray(ALPHA))
    return picture, reference


MODES = {".png": ["L", "LA", "I;16", "RGB", "RGBA", "P", "P gray"],
         ".tif": ["L", "LA", "I;16", "RGB", "RGBA", "P"], ".jpg": ["L", "RGB"],
         ".webp": ["RGB", "RGBA"], ".avif": ["RGB", "RGBA"], ".gif": ["L", "P"],
         ".bmp": ["L", "RGB", "P"], ".tga": ["L", "RGB", "RGBA"], ".pgm": ["L", "I;16"],
         ".ppm": ["RGB"], ".jp2": ["L", "RGB", "RGBA"], ".pcx": ["L", "RGB"], ".sgi": ["L", "RGB"]}
BEST = {".jpg": {"quality": 100, "subsampling": 0}, ".webp": {"lossless": True},
        ".avif": {"quality": 100, "subsampling": "4:4:4"}}
CARRY_PROFILES = {".png", ".tif", ".jpg", ".webp", ".avif"}
TURNED = [(suffix, mode, profile, orientation)
          for suffix, modes in MODES.items() for mode in modes
          for profile in [None, *(PROFILES if suffix in CARRY_PROFILES else [])]
          for orientation in ([1, 6] if suffix in CARRY_PROFILES else [1])]


@pytest.mark.parametrize("suffix, mode, profile, orientation", TURNED)
def test_formats_modes_and_profiles(tmp_path, suffix, mode, profile, orientation):
    picture, reference = in_mode(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} if suffix in CARRY_PROFILES else {}
    if profile:
        options["icc_profile"] = PROFILES[profile]
    path = tmp_path / f"a{suffix}"
    picture.save(path, **options, **BEST.get(suffix, {}))
    if profile is None:
        expected = np.asarray(reference) / 255
    elif reference.mode == "L" and profile in ("p3", "adobe"):  # gray as three equal channels
        expected = managed(reference.convert("RGB"), PROFILES[profile])
    elif reference.mode == "RGB" and profile not in ("p3", "adobe"):
        expected = np.asarray(reference) / 255  # does not fit: said, and taken for sRGB
    else:
        expected = managed(reference, PROFILES[profile])
    check(path, lightness(expected), orientation)


def test_the_table_is_long_enough():
    assert len(GRAYS) + len(COLORS) + len(TURNED) >= 400
