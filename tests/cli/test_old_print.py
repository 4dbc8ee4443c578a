"""Scans of old prints on the command line: repaired where that is wanted, else offered."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from colorlib import Colorizer
from colorlib.cli.parser import main
from colorlib.color import lightness_of, rgb_to_lab
from colorlib.images import as_rgb, like, sample
from colorlib.io.metadata import is_colorized
from colorlib.limits import old_prints

TOLD = "gray with a tint"


@pytest.fixture
def scan(tmp_path):
    """A made-up old print, as a file."""
    path = tmp_path / "scan.png"
    photo = sample("china").resize((120, 80))
    like(old_prints.aged(as_rgb(photo)), None, photo).save(path)
    return path


def test_an_old_print_is_repaired_and_then_colored(scan, capsys):
    assert main(["colorize", str(scan), "--old-print", "--weights", "course"]) == 0
    made = scan.with_name("scan_color.png")
    repaired = old_prints.prepared(scan)
    wanted = Colorizer.from_pretrained("course")(repaired)
    np.testing.assert_array_equal(Image.open(made).convert("RGB"), wanted)
    L = [lightness_of(as_rgb(picture)) for picture in (made, scan)]
    assert L[0].quantile(0.99) - L[0].quantile(0.01) > 80 > L[1].quantile(0.99) - 5
    assert TOLD not in capsys.readouterr().err
    with Image.open(made) as picture:
        assert "took tint, grain and spots away" in picture.text["XML:com.adobe.xmp"]
    assert is_colorized(made)


def test_it_is_offered_in_one_line_where_a_print_is_seen(scan, tmp_path, capsys):
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("one.png", "two.png"):
        (folder / name).write_bytes(scan.read_bytes())
    sample("china").resize((120, 80)).save(folder / "color.png")
    sample("china").resize((120, 80)).convert("L").save(folder / "gray.png")
    assert main(["colorize", str(folder), "--weights", "course"]) == 0
    [line] = [line for line in capsys.readouterr().err.splitlines() if TOLD in line]
    assert "one.png and 1 more" in line and "--old-print" in line
    for name in ("color.png", "gray.png"):
        assert main(["colorize", str(folder / name), "--weights", "course", "--force"]) == 0
        assert TOLD not in capsys.readouterr().err
    with Image.open(folder / "one_color.png") as picture:  # it was offered, not done
        assert "took tint" not in picture.text["XML:com.adobe.xmp"]


def test_beside_the_scan_is_what_was_colored(scan):
    assert main(["colorize", str(scan), "--old-print", "--compare", "--weights", "course"]) == 0
    row = as_rgb(scan.with_name("scan_color.png"))
    gray, colored, original = row.split(120, -1)
    assert (lightness_of(gray) - lightness_of(colored)).abs().max() < 2
    assert rgb_to_lab(gray)[1:].abs().max() < 1
    assert (original - as_rgb(scan)).abs().max() == 0


def test_pages_hints_and_standard_input(scan, tmp_path, capfdbinary, monkeypatch):
    pages = tmp_path / "pages.tif"
    page = Image.open(scan).convert("RGB")
    page.save(pages, save_all=True, append_images=[page])
    assert main(["colorize", str(pages), "--old-print", "--weights", "course"]) == 0
    wanted = np.asarray(Colorizer.from_pretrained("course")(old_prints.prepared(page)))
    with Image.open(tmp_path / "pages_color.tif") as made:
        for number in range(2):
            made.seek(number)
            np.testing.assert_array_equal(made.convert("RGB"), wanted)
    hints = tmp_path / "hints.txt"
    hints.write_text("#c03040 30,20\n")
    options = ["--weights", "course", "--force"]
    assert main(["colorize", str(scan), "--old-print", "--hints", str(hints), *options]) == 0
    hinted = np.asarray(Image.open(tmp_path / "scan_color.png").convert("RGB")).astype(int)
    moved = np.abs(hinted - wanted).sum(-1)
    assert moved[17:23, 27:33].mean() > 10 > moved[60:, 90:].mean()
    for option in ([], ["--old-print"]):
        stream = io.TextIOWrapper(io.BytesIO(scan.read_bytes()))
        monkeypatch.setattr(sys, "stdin", stream)
        assert main(["colorize", "-", *option, *options]) == 0
        out, err = capfdbinary.readouterr()
        assert (b"standard input: " + TOLD.encode() in err) == (not option)
        same = np.array_equal(np.asarray(Image.open(io.BytesIO(out)).convert("RGB")), wanted)
        assert same == bool(option)
