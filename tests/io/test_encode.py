"""Results out: what a kind of file can't hold is said before, or named; none grows needlessly."""

import numpy as np
import pytest
import tifffile
from PIL import Image
from test_formats import ALPHA, COLOR

from colorlib.images import PhotoError, PhotoWarning, open_pages, save_pages, save_photo
from colorlib.io.encode import kind_of
from colorlib.io.metadata import colorized_note

COLOR8 = (COLOR * 255).round().astype(np.uint8)
PICTURE = Image.fromarray(COLOR8)
NOTE = colorized_note()


def read_only():
    """Suffixes that Pillow reads and can't write."""
    Image.init()
    return sorted(s for s, kind in Image.registered_extensions().items()
                  if kind in Image.OPEN and kind not in Image.SAVE)


@pytest.mark.parametrize("suffix", read_only())
def test_kinds_that_are_only_read_are_named(tmp_path, suffix):
    with pytest.raises(PhotoError, match=f"x{suffix}: {suffix} can be read but not written"):
        save_photo(PICTURE, tmp_path / f"x{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix, side", [(".webp", 16_384), (".jpg", 65_501), (".ico", 257),
                                          (".gif", 65_536), (".mpo", 65_501)])
def test_what_is_too_large_for_its_kind_is_named(tmp_path, suffix, side):
    for size in ((side, 1), (1, side)):
        with pytest.raises(PhotoError, match=r"pixels, but a .* holds at most"):
            kind_of(tmp_path / f"a{suffix}", size)
        with pytest.raises(PhotoError, match=r"pixels, but a .* holds at most"):
            save_photo(Image.new("RGB", size), tmp_path / f"a{suffix}", NOTE)
    if suffix != ".gif":
        save_photo(Image.new("RGB", (side - 1, 1)), tmp_path / f"a{suffix}", NOTE)


@pytest.mark.parametrize("suffix", [
    ".jpg", ".bmp", ".ppm", ".pcx", ".png", ".webp", ".tif", ".jp2"])
def test_transparency_becomes_white_where_there_is_none(tmp_path, suffix):
    picture = PICTURE.copy()
    picture.putalpha(Image.fromarray(np.where(ALPHA > 150, 255, 0).astype(np.uint8)))
    path = tmp_path / f"a{suffix}"
    if suffix in (".jpg", ".bmp", ".ppm", ".pcx"):
        with pytest.warns(PhotoWarning, match="has no transparency: white instead"):
            save_photo(picture, path)
        assert np.asarray(Image.open(path))[0].min() > 240
    else:
        save_photo(picture, path)
        assert "A" in Image.open(path).mode


def test_an_alpha_channel_that_hides_nothing_is_no_matter(tmp_path, recwarn):
    save_photo(PICTURE.convert("RGBA"), tmp_path / "a.jpg")
    assert not recwarn.list


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_tiffs_are_packed_without_loss(tmp_path, mode):
    picture = PICTURE.convert(mode)
    path = tmp_path / "a.tif"
    save_photo(picture, path, NOTE)
    assert np.array_equal(np.asarray(Image.open(path)), np.asarray(picture))
    assert np.array_equal(tifffile.imread(path), np.asarray(picture))
    fax = Image.new("RGB", (1728, 2200), "white")
    save_photo(fax, path)
    assert path.stat().st_size < 100_000  # of 11 MB
    assert Image.open(path).size == fax.size


def shifted(count):
    return [Image.fromarray(np.roll(COLOR8, 2 * i, 1)) for i in range(count)]


@pytest.mark.parametrize("suffix", [".tif", ".png", ".webp", ".gif", ".avif"])
def test_pages_keep_their_order_and_their_time(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    durations = [100, 250, 400]
    originals = shifted(3)
    for original, duration in zip(originals, durations, strict=True):
        original.info = {"duration": duration, "loop": 0}
    pages = zip(shifted(3), originals, strict=True)  # they need not be there at once
    save_pages(pages, path, NOTE)
    found = list(open_pages(path))
    assert len(found) == 3
    for page, frame in zip(found, shifted(3), strict=True):
        assert np.abs(np.asarray(page.convert("RGB"), int) - np.asarray(frame)).mean() < 8
    if suffix == ".tif":
        with tifffile.TiffFile(path) as tiff:
            assert all(page.tags[270].value == NOTE for page in tiff.pages)
    else:
        assert [round(page.info["duration"]) for page in found] == durations
    assert NOTE.encode() in path.read_bytes()


def test_pages_go_into_no_jpeg(tmp_path):
    with pytest.raises(PhotoError, match="3 pages, but a .jpg holds one"):
        kind_of(tmp_path / "a.jpg", (24, 16), 3)
    with pytest.raises(PhotoError, match="holds one"):
        save_pages(((page, None) for page in shifted(3)), tmp_path / "a.jpg")


def test_whatever_an_encoder_raises_is_one_line(tmp_path):
    for error in (KeyError("PSD"), ValueError("bad"), RuntimeError("encoder error -2")):
        picture = PICTURE.copy()
        picture.save = lambda *args, e=error, **options: (_ for _ in ()).throw(e)
        with pytest.raises(PhotoError, match="a.jpg: can't be written"):
            save_photo(picture, tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())
