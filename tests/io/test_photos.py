"""Files as they come: turned, torn, of several pages, with long texts; and Pillow pictures."""

import os
import sys
import zlib
from io import BytesIO

import numpy as np
import pytest
import tifffile
from icc import PROFILES
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from test_formats import COLOR, GRAY, TURNS

from colorlib.color import rgb_to_lab
from colorlib.images import (
    PhotoError,
    PhotoWarning,
    as_rgb,
    open_pages,
    open_photo,
    sample,
    save_photo,
)
from colorlib.io import photos

GRAY8 = (GRAY * 255).round().astype(np.uint8)
COLOR8 = (COLOR * 255).round().astype(np.uint8)


def stored_in(mode):
    gray, color = Image.fromarray(GRAY8), Image.fromarray(COLOR8)
    return {"I;16": lambda: Image.fromarray(GRAY8.astype(np.uint16) * 257),
            "F": lambda: Image.fromarray((GRAY8 / 255).astype(np.float32)),
            "1": lambda: gray.point(lambda v: 255 * (v > 100)).convert("1"),
            "P": lambda: color.quantize(32), "RGBA": lambda: color.convert("RGBA"),
            "LA": lambda: gray.convert("LA")}.get(
                mode, lambda: (gray if mode == "L" else color).convert(mode))()


# --- turned ---

@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "F", "RGB", "RGBA", "CMYK", "LAB"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("packing", [None, "tiff_lzw"])
def test_every_mode_of_tiff_is_upright(tmp_path, mode, orientation, packing):
    path = tmp_path / "a.tif"
    picture = stored_in(mode)
    picture.save(path, tiffinfo={274: orientation}, compression=packing)
    plain = as_rgb(picture).movedim(0, -1).numpy()
    expected = TURNS[orientation](plain)
    assert np.abs(as_rgb(path).movedim(0, -1).numpy() - expected).max() < 0.01
    with Image.open(path) as lazy:  # by its path, so that Pillow would map the file
        assert np.abs(as_rgb(lazy).movedim(0, -1).numpy() - expected).max() < 0.01
    with open(path, "rb") as file:
        assert open_photo(file).size == expected.shape[1::-1]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_pillow_picture_is_read_as_its_path_is(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    Image.fromarray(COLOR8).save(path, exif=exif, icc_profile=PROFILES["adobe"])
    expected = as_rgb(path)
    for load in (False, True):
        with Image.open(path) as picture:
            if load:
                picture.load()
            assert (as_rgb(picture) - expected).abs().max() < 0.005
    assert (as_rgb(open_photo(path)) - expected).abs().max() < 0.005  # and not turned again
    plain = np.asarray(Image.open(path).convert("RGB"))
    assert np.abs(expected.movedim(0, -1).numpy() - plain / 255).max() > 0.02 if (
        orientation == 1) else True  # the profile does something


@pytest.mark.parametrize("mode, array", [
    ("I", GRAY8.astype(np.int32) * 257), ("F", GRAY.astype(np.float32)),
    ("I;16B", (GRAY8.astype(np.uint16) * 257).astype(">u2"))])
def test_deep_pillow_pictures(mode, array):
    picture = Image.frombytes(mode, array.shape[::-1], array.tobytes())
    assert np.abs(as_rgb(picture)[0].numpy() - GRAY).max() < 0.003
    if mode == "F":
        with pytest.raises(PhotoError, match="floats from"):
            as_rgb(Image.fromarray(array * 255))
    if mode == "I":
        with pytest.raises(PhotoError, match="signed integers"):
            as_rgb(Image.fromarray(array - 40_000))


def test_arrays_of_any_byte_order_and_step():
    deep = GRAY8.astype(np.uint16) * 257
    for array in (deep.astype(">u2"), deep.astype("<u2"), (GRAY8 / 255).astype(">f4"),
                  (GRAY8 / 255).astype("f2"), (GRAY8 / 255).astype(">f8"), GRAY8[::-1][::-1]):
        assert np.abs(as_rgb(array)[0].numpy() - GRAY8 / 255).max() < 0.001
    assert as_rgb(deep[:, ::-1])[0, 0, 0] == as_rgb(deep)[0, 0, -1]
    for kind in ("i4", "i8", "u4", "i2", "c8"):
        with pytest.raises((ValueError, TypeError)):
            as_rgb(GRAY8.astype(kind))


def test_sixteen_bits_keep_their_dark_tones():
    """Down to L = 5 or so, 8 bits have seventeen tones."""
    deep = np.arange(0, 4096, dtype=np.uint16)[None].repeat(2, 0)
    assert len(np.unique(rgb_to_lab(as_rgb(deep))[0].numpy())) > 3000
    picture = Image.fromarray(deep)
    assert len(np.unique(rgb_to_lab(as_rgb(picture))[0].numpy())) > 3000


# --- several pages ---

def pages_of(path):
    frames = [Image.fromarray(np.roll(COLOR8, 3 * i, 1)) for i in range(3)]
    more = {} if path.suffix == ".tif" else {"duration": [100, 200, 300]}
    lossless = {"lossless": True} if path.suffix == ".webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], **more, **lossless)
    return frames


@pytest.mark.parametrize("suffix", [".tif", ".png", ".webp", ".gif"])
def test_all_pages_in_their_order(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    frames = pages_of(path)
    with pytest.warns(PhotoWarning, match="its first page of 3 is taken"):
        open_photo(path)
    found = list(open_pages(path))
    assert [page.info["pages"] for page in found] == [3] * 3
    for page, frame in zip(found, frames, strict=True):
        assert np.abs(np.asarray(page.convert("RGB"), int) - np.asarray(frame)).mean() < 8


def test_pages_of_many_kinds_in_one_tiff(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path, byteorder=">") as tiff:
        tiff.write(GRAY8, metadata=None)
        tiff.write(GRAY8.astype(np.uint16) * 257, photometric="miniswhite", metadata=None)
        tiff.write(COLOR.astype(np.float32), photometric="rgb", metadata=None)
        tiff.write(GRAY8[:4], subfiletype=1, metadata=None)  # a thumbnail
    sizes = [rgb_to_lab(as_rgb(page))[0].mean().item() for page in open_pages(path)]
    assert len(sizes) == 3 and abs(sizes[0] + sizes[1] - 100) < 12


# --- torn ---

def jpeg(**options):
    file = BytesIO()
    sample("cat").resize((160, 120)).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lost", [1, 2, 20, 200])
def test_a_jpeg_without_its_end_is_read_and_said(tmp_path, progressive, lost):
    content = jpeg(progressive=progressive)
    (tmp_path / "whole.jpg").write_bytes(content)
    (tmp_path / "a.jpg").write_bytes(content[:-lost])
    with pytest.warns(PhotoWarning, match="a.jpg: breaks off before its end"):
        torn = as_rgb(tmp_path / "a.jpg")
    difference = (torn - as_rgb(tmp_path / "whole.jpg")).abs()
    assert difference[:, :90].max() < 0.01 or progressive
    assert difference.mean() < 0.02


def test_a_jpeg_without_its_half_is_refused_and_says_how_much(tmp_path):
    content = jpeg()
    (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(PhotoError, match="truncated: the lower [3-6].% are missing"):
        open_photo(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", [".bmp", ".ppm", ".tif", ".png", ".gif"])
def test_other_kinds_without_their_last_bytes(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    sample("cat").resize((160, 120)).save(path)
    whole = as_rgb(path)
    path.write_bytes(path.read_bytes()[:-2])
    if suffix in (".png", ".gif"):  # whose decoders miss nothing
        torn = as_rgb(path)
    else:
        with pytest.warns(PhotoWarning, match="breaks off"):
            torn = as_rgb(path)
    assert (torn - whole).abs().mean() < 0.001


# --- long texts ---

def test_a_png_with_long_texts_and_a_long_profile(tmp_path):
    texts = PngInfo()
    texts.add_text("Comment", "word " * 400_000, zip=True)
    texts.add_itxt("Title", "Großmutter " * 200_000, zip=True)
    noise = np.random.default_rng(0).bytes(3_000_000)
    path = tmp_path / "a.png"
    Image.fromarray(GRAY8).save(path, pnginfo=texts, icc_profile=noise)
    with pytest.warns(PhotoWarning, match="its color profile is broken: taken for sRGB"):
        photo = open_photo(path)
    assert np.abs(as_rgb(photo)[0].numpy() - GRAY).max() < 0.003
    save_photo(photo, tmp_path / "b.png", None, photo)
    kept = open_photo(tmp_path / "b.png").info["texts"]
    assert kept["Title"].count("Großmutter") == 200_000 and len(kept["Comment"]) == 2_000_000


def test_a_text_that_is_a_bomb_is_refused(tmp_path):
    content = BytesIO()
    Image.fromarray(GRAY8).save(content, "PNG")
    bomb = b"Comment\0\0" + zlib.compress(bytes(2**27))
    chunk = b"zTXt" + bomb
    content = content.getvalue()
    path = tmp_path / "a.png"
    path.write_bytes(content[:33] + len(bomb).to_bytes(4, "big") + chunk
                     + zlib.crc32(chunk).to_bytes(4, "big") + content[33:])
    with pytest.raises(PhotoError, match="a.png: "):
        open_photo(path)


# --- what is no file ---

@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "x.jpg")
    with pytest.raises(PhotoError, match="x.jpg: a pipe or a device, not a file"):
        open_photo(tmp_path / "x.jpg")


@pytest.mark.parametrize("name", ["", "a\0b.jpg", "x" * 300 + ".jpg"])
def test_names_that_no_file_has(name):
    with pytest.raises(PhotoError) as error:
        open_photo(name)
    assert "\n" not in str(error.value)


def test_heic_without_its_reader_says_which(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(PhotoError, match="a.heic: HEIC is read by pillow-heif.*pip install"):
        open_photo(tmp_path / "a.heic")


def test_heic_where_it_is_installed(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "a.heic"
    heif.from_pillow(Image.fromarray(COLOR8)).save(path, quality=100)
    assert np.abs(as_rgb(path).movedim(0, -1).numpy() - COLOR).mean() < 0.03


def test_one_kind_of_transparency_in_sixteen_bits(tmp_path):
    """A PNG may name one gray of 16 bits as transparent."""
    deep = GRAY8.astype(np.uint16) * 257
    clear = int(deep[4, 4])
    Image.fromarray(deep).save(tmp_path / "a.png", transparency=clear)
    photo = open_photo(tmp_path / "a.png")
    assert photo.info["transparency"] == clear
    from colorlib.images import rgb_and_alpha

    alpha = rgb_and_alpha(photo)[1]
    assert np.array_equal(alpha[0].numpy() == 0, deep == clear)


def test_the_largest_is_still_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "MAX_PIXELS", 100)
    tifffile.imwrite(tmp_path / "a.tif", GRAY8.astype(np.uint16))
    Image.fromarray(GRAY8).save(tmp_path / "a.png")
    for name in ("a.tif", "a.png"):
        with pytest.raises(PhotoError, match="24 x 16 pixels, more than the 100 allowed"):
            open_photo(tmp_path / name)
