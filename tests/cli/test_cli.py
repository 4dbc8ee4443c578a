"""The command line, as a person uses it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from colorlib.cli.parser import main
from colorlib.images import sample


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    (folder / "trip").mkdir(parents=True)
    sample("cat").resize((90, 60)).convert("L").save(folder / "cat.jpg")
    sample("china").resize((80, 50)).save(folder / "trip" / "china.png")
    return folder


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_one_photo_beside_itself(album):
    assert main(["colorize", str(album / "cat.jpg")]) == 0
    result = Image.open(album / "cat_color.jpg")
    assert result.mode == "RGB" and result.size == (90, 60)
    assert np.asarray(result).std(axis=2).max() > 1  # in color


def test_a_folder_keeps_its_shape(album, tmp_path):
    out = tmp_path / "out"
    assert main(["colorize", str(album), "-o", str(out)]) == 0
    assert names(out) == ["cat_color.jpg", "trip/china_color.png"]


def test_a_second_run_overwrites_nothing_and_colors_no_result(album, capsys):
    assert main(["colorize", str(album)]) == 0
    before = (album / "cat_color.jpg").read_bytes()
    assert main(["colorize", str(album), "-T", "1"]) == 0
    assert (album / "cat_color.jpg").read_bytes() == before
    assert "2 photographs were colored before; --force" in capsys.readouterr().out
    assert main(["colorize", str(album / "cat.jpg"), "-T", "1"]) == 2
    assert (album / "cat_color.jpg").read_bytes() == before
    assert "--force" in capsys.readouterr().err
    assert main(["colorize", str(album), "-T", "1", "--force"]) == 0
    assert names(album) == ["cat.jpg", "cat_color.jpg", "trip/china.png", "trip/china_color.png"]
    assert (album / "cat_color.jpg").read_bytes() != before


def test_bad_files_are_named_and_the_others_go_on(album, tmp_path, capsys):
    (album / "letter.jpg").write_text("Dear reader")
    whole = (album / "cat.jpg").read_bytes()
    (album / "torn.jpg").write_bytes(whole[: len(whole) // 2])
    out = tmp_path / "out"
    photos = [str(album), str(tmp_path / "nowhere.png")]
    assert main(["colorize", *photos, "-o", str(out)]) == 2
    assert names(out) == ["cat_color.jpg", "trip/china_color.png"]
    complaints = [line for line in capsys.readouterr().err.splitlines() if line.startswith("color")]
    assert len(complaints) == 3
    for word in ("letter.jpg", "torn.jpg", "nowhere.png"):
        assert sum(word in line for line in complaints) == 1


def test_an_output_file_and_what_stands_in_its_way(album, tmp_path, capsys):
    target = tmp_path / "deep" / "result.png"
    assert main(["colorize", str(album / "cat.jpg"), "-o", str(target)]) == 0
    assert target.exists()
    assert main(["colorize", str(album), "-o", str(tmp_path / "one.jpg")]) == 2
    assert "give a folder" in capsys.readouterr().err
    assert main(["colorize", str(album / "cat.jpg"), "-o", str(tmp_path / "x.doc")]) == 2
    assert "image file" in capsys.readouterr().err


def test_two_photos_of_one_name_do_not_meet(album, tmp_path, capsys):
    twin = tmp_path / "twin"
    twin.mkdir()
    sample("cat").resize((9, 9)).save(twin / "cat.jpg")
    out = tmp_path / "out"
    assert main(["colorize", str(album / "cat.jpg"), str(twin / "cat.jpg"), "-o", str(out)]) == 2
    assert "another photograph" in capsys.readouterr().err
    assert names(out) == ["cat_color.jpg"]


def test_compare_is_three_wide(album):
    assert main(["colorize", str(album / "trip" / "china.png"), "--compare"]) == 0
    row = np.asarray(Image.open(album / "trip" / "china_color.png"))
    assert row.shape == (50, 240, 3)
    assert (row[:, :80].std(axis=2) == 0).all()
    assert np.array_equal(row[:, 160:], np.asarray(Image.open(album / "trip" / "china.png")))


def test_orientation_is_obeyed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    sample("cat").resize((90, 60)).save(tmp_path / "side.jpg", exif=exif)
    assert main(["colorize", str(tmp_path / "side.jpg")]) == 0
    result = Image.open(tmp_path / "side_color.jpg")
    assert result.size == (60, 90) and not result.getexif().get(0x0112)


@pytest.mark.parametrize("options, word", [
    (["-T", "-1"], "--temperature must be"), (["--weights", "none.safetensors"], "no such file"),
    (["--size", "2"], "size must be"),
])
def test_wrong_options_are_one_line(album, capsys, options, word):
    assert main(["colorize", str(album / "cat.jpg"), *options]) == 2
    error = capsys.readouterr().err.strip()
    assert word in error and "\n" not in error


@pytest.mark.skipif(sys.platform != "linux", reason="the peak in KiB")
def test_twelve_megapixels_within_two_gigabytes(tmp_path):
    import resource

    path = tmp_path / "large.jpg"
    sample("china").resize((4000, 3000)).convert("L").save(path)
    run = [sys.executable, "-m", "colorlib", "colorize", str(path)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run(run, check=True, capture_output=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # KiB, of the largest child
    assert before <= peak < 2 * 1024**2
    assert Image.open(tmp_path / "large_color.jpg").size == (4000, 3000)


def test_train_evaluate_colorize_and_prior(album, tmp_path, capsys):
    out = tmp_path / "training"
    train = ["train", "--data", str(album), "--out", str(out), "--steps", "3", "--width", "0.05",
             "--device", "cpu"]
    assert main(train) == 0
    weights = str(out / "weights.safetensors")
    assert main(train) == 0  # nothing left to do
    report, sheet = tmp_path / "report.json", tmp_path / "sheet.jpg"
    assert main(["evaluate", "--weights", weights, "--data", str(album), "-o", str(report),
                 "--sheet", str(sheet)]) == 0
    assert Image.open(sheet).size == (1440, 120)
    figures = json.loads(report.read_text())
    assert figures["photos"] == 1 and 0 < figures["colorized"]["auc"] < 100
    assert main(["colorize", str(album / "cat.jpg"), "--weights", weights]) == 0
    assert main(["prior", str(album), "-o", str(tmp_path / "prior.npy")]) == 0
    assert np.load(tmp_path / "prior.npy").sum() == pytest.approx(1)
    assert main(["evaluate", "--data", str(tmp_path / "training")]) == 2
    assert "no photographs" in capsys.readouterr().err


def test_help_has_examples(capsys):
    for command in ("colorize", "train", "evaluate", "prior", "shards"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "examples:" in capsys.readouterr().out
