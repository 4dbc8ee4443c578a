"""Hints of a person on the command line: a file of them, and all that can be wrong with it."""

import numpy as np
import pytest
from PIL import Image

from colorlib.classic.scribbles import draw
from colorlib.cli.parser import main
from colorlib.color import rgb_to_lab
from colorlib.images import as_rgb, sample
from colorlib.io.metadata import is_colorized
from colorlib.rivals.interactive import ByHints

SIZE = (120, 80)
RED = "#c03040 30,20\n"


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    sample("china").resize(SIZE).save(path)
    return path


def colored(photo, *options):
    assert main(["colorize", str(photo), "--force", *map(str, options)]) == 0
    with Image.open(photo.with_name("photo_color.png")) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


@pytest.mark.parametrize("weights", ["photo", "course"])
def test_a_file_of_hints_gives_what_the_library_gives(photo, tmp_path, weights):
    hints = tmp_path / "hints.txt"
    hints.write_text(RED)
    plain = colored(photo, "--weights", weights)
    hinted = colored(photo, "--weights", weights, "--hints", hints)
    wanted = ByHints.from_pretrained(base=weights)(Image.open(photo), RED)
    np.testing.assert_array_equal(hinted, wanted)
    moved = np.abs(hinted - plain).sum(-1)
    assert moved[17:23, 27:33].mean() > 10 > moved[60:, 90:].mean()
    hinted = ByHints.from_pretrained(base=weights)(Image.open(photo), RED, T=0)
    ab = rgb_to_lab(as_rgb(hinted))[1:, 20, 30]
    wish = rgb_to_lab(as_rgb(Image.new("RGB", (1, 1), "#c03040")))[1:, 0, 0]
    assert (ab - wish).norm() < 12  # to the width of a bin, and what fits that L
    with Image.open(photo.with_name("photo_color.png")) as picture:
        assert is_colorized(picture.filename)
        assert "with the hints of a person" in picture.text["XML:com.adobe.xmp"]


def test_a_picture_of_strokes_and_standard_output(photo, tmp_path, capfdbinary):
    strokes = tmp_path / "strokes.png"
    draw(RED, SIZE, 6).save(strokes)
    hinted = colored(photo, "--hints", strokes)
    wanted = ByHints.from_pretrained(base="photo")(Image.open(photo), draw(RED, SIZE, 6))
    np.testing.assert_array_equal(hinted, wanted)
    compared = colored(photo, "--hints", strokes, "--compare")
    np.testing.assert_array_equal(compared[:, SIZE[0]:2 * SIZE[0]], hinted)
    assert main(["colorize", str(photo), "--hints", str(strokes), "-o",
                 str(tmp_path / "copy.png")]) == 0
    np.testing.assert_array_equal(Image.open(tmp_path / "copy.png").convert("RGB"), hinted)


WRONG = [
    ("#c03040 30", "line 1, '#c03040 30', is no stroke"),
    ("\nreddish 3,4", "line 2, 'reddish 3,4', is no stroke"),
    ("#c03040 120,20", "the point 120,20 lies outside the photo, which has 120 x 80 pixels"),
    ("#c03040 -1,20", "the point -1,20 lies outside"),
    ("  \n", "no hint in it"),
    ("#c03040 1,1\n" * 9000, "too long for a file of hints"),
    (b"\xff\xfe\x00", "no text in UTF-8"),
]


@pytest.mark.parametrize("content, words", WRONG, ids=[words for _, words in WRONG])
def test_what_is_wrong_with_a_file_of_hints_is_one_line(photo, tmp_path, capsys, content, words):
    hints = tmp_path / "hints.txt"
    hints.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["colorize", str(photo), "--hints", str(hints)]) == 2
    err = capsys.readouterr().err.strip()
    assert words in err and "hints.txt: " in err and "\n" not in err
    assert not photo.with_name("photo_color.png").exists()


def test_hints_are_for_one_photo_of_their_size(photo, tmp_path, capsys):
    hints = tmp_path / "hints.txt"
    hints.write_text(RED)
    (tmp_path / "album").mkdir()
    for name in ("a", "b"):
        sample("cat").resize(SIZE).save(tmp_path / "album" / f"{name}.png")
    pages = tmp_path / "pages.tif"
    sample("cat").resize(SIZE).save(pages, save_all=True,
                                    append_images=[sample("china").resize(SIZE)])
    small = tmp_path / "small.png"
    draw(RED, (60, 40)).save(small)
    for arguments, words in [
            ([tmp_path / "album", "--hints", hints], "--hints are for one photo"),
            ([pages, "--hints", hints], "has 2 pages"),
            ([pages, "--hints", hints, "-o", "-"], "has 2 pages"),
            ([photo, "--hints", small], "the scribbles have 60 x 40 pixels, the photo 120 x 80"),
            ([photo, "--hints", tmp_path / "none.txt"], "none.txt: no such file"),
            ([photo, "--hints", photo.with_suffix("")], "no such file")]:
        capsys.readouterr()
        assert main(["colorize", *map(str, arguments)]) == 2, words
        err = capsys.readouterr().err.strip()
        assert words in err and "\n" not in err and err.startswith("colorlib: "), err
