"""What a folder is searched for, and what is named as left out."""

import os
import sys

import numpy as np
import pytest
from PIL import Image

from colorlib.data import find_photos
from colorlib.images import PhotoWarning, save_photo
from colorlib.io.metadata import colorized_note, is_colorized
from colorlib.io.search import search

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8))
KINDS = [".jpg", ".JPG", ".jpeg", ".jfif", ".png", ".webp", ".avif", ".tif", ".gif", ".bmp",
         ".jp2", ".ppm", ".tga", ".pcx"]


@pytest.fixture
def album(tmp_path):
    for i, suffix in enumerate(KINDS):
        PICTURE.save(tmp_path / f"{i}{suffix}")
    return tmp_path


def test_every_kind_of_photograph_is_found(album):
    PICTURE.convert("L").save(album / "x.pgm")
    found = search(album)
    assert [p.suffix for p in found.photos] == [*[p.suffix for p in sorted(album.iterdir())]]
    assert len(found.photos) == len(KINDS) + 1 and not found.left_out and not found.line()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_what_is_left_out_is_named_with_its_count(album):
    (album / "._1.jpg").write_bytes(b"\0\5\x16\7")
    (album / ".hidden.jpg").write_bytes(b"x")
    (album / ".ipynb_checkpoints").mkdir()
    PICTURE.save(album / ".ipynb_checkpoints" / "copy.jpg")
    (album / "folder.jpg").mkdir()
    PICTURE.save(album / "folder.jpg" / "inside.png")
    os.mkfifo(album / "pipe.jpg")
    os.symlink(album / "nowhere", album / "link.jpg")
    for name in ("a.NEF", "b.nef", "c.svg", "d.psp.eps", "letter.txt", "data.json"):
        (album / name).write_text("x")
    found = search(album)
    assert len(found.photos) == len(KINDS) + 1
    assert album / "folder.jpg" / "inside.png" in found.photos
    line = found.line()
    assert "\n" not in line and "letter" not in line
    for words in ("1 hidden files of macOS (._)", "1 hidden files,", "1 in hidden folders",
                  "1 pipes or devices", "1 links that lead nowhere", "2 .nef (a camera's raw data",
                  "1 .svg", "1 .eps"):
        assert words in line + ","
    with pytest.warns(PhotoWarning, match="left out"):
        assert find_photos(album) == found.photos


def test_heic_without_its_reader_is_named(album, monkeypatch):
    monkeypatch.setattr("colorlib.io.search.find_spec", lambda name: None)
    for i in range(3):
        (album / f"phone{i}.HEIC").write_bytes(b"x")
    assert "3 .heic (pip install pillow-heif reads them)" in search(album).line()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif", ".jp2", ".gif"])
@pytest.mark.parametrize("side", [12, 700])
def test_results_are_known_by_their_note_and_are_no_data(tmp_path, suffix, side):
    noise = np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8)
    save_photo(Image.fromarray(noise), tmp_path / f"renamed{suffix}", colorized_note())
    save_photo(Image.fromarray(noise), tmp_path / f"autumn_color{suffix}")  # an original
    assert is_colorized(tmp_path / f"renamed{suffix}")
    assert not is_colorized(tmp_path / f"autumn_color{suffix}")
    with pytest.warns(PhotoWarning, match="left out 1 colored by colorlib"):
        assert [p.name for p in find_photos(tmp_path)] == [f"autumn_color{suffix}"]
    (tmp_path / f"autumn_color{suffix}").unlink()
    with pytest.raises(ValueError, match="holds no photographs; left out 1 colored by colorlib"):
        find_photos(tmp_path)


def test_names_that_are_no_utf8(tmp_path):
    name = os.fsdecode(b"gro\xdfmutter.jpg")
    try:
        PICTURE.save(tmp_path / "a.jpg")
        os.rename(tmp_path / "a.jpg", tmp_path / name)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    assert [p.name for p in find_photos(tmp_path)] == [name]
