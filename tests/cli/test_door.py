"""Every number and path of every command, checked before any work: one line, status 2."""

import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from colorlib import __version__
from colorlib.cli.parser import main
from colorlib.images import PhotoWarning, sample, save_photo
from colorlib.io.metadata import colorized_note, is_colorized


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    for i, name in enumerate(("cat", "china", "coffee")):
        sample(name).resize((60 + i, 40)).save(folder / f"{name}.jpg")
    return folder


def said(capsys, words):
    """The one line of error of a command, and its status."""
    capsys.readouterr()
    status = main([str(word) for word in words])
    err = capsys.readouterr().err.strip()
    return status, err


WRONG = [
    ("colorize {photo} -T -1", "--temperature must be 0 or above"),
    ("colorize {photo} -T nan", "--temperature must be"),
    ("colorize {photo} -T hot", "--temperature must be a number"),
    ("colorize {photo} --size 0", "--size must be a whole number of at least 8"),
    ("colorize {photo} --size 1e3", "--size must be a whole number"),
    ("colorize {photo} --size 99999", "--size must be"),
    ("colorize {photo} --weights none.safetensors", "none.safetensors: no such file"),
    ("colorize {photo} --weights ''", "is empty"),
    ("colorize {photo} -o ''", "is empty"),
    ("colorize ''", "is empty: it names no file"),
    ("colorize", "required: PHOTO"),
    ("colorize https://example.org/a.jpg", "that is a web address; download it first"),
    ("colorize {photo} -o {photo}/x.png", "nothing can be written there"),
    ("train --data {album} --steps 0", "--steps must be a whole number of at least 1"),
    ("train --data {album} --steps 1", "steps must be at least"),
    ("train --data {album} --width 0", "--width must be above 0"),
    ("train --data {album} --width -1", "--width must be above 0"),
    ("train --data {album} --width 9", "--width must be above 0 and at most 4"),
    ("train --data {album} --accumulate 0", "--accumulate must be"),
    ("train --data {album} --seed -1", "--seed must be"),
    ("train --data {album} --seed 99999999999999999999", "--seed must be"),
    ("train --data {album} --device tpu", "there is no device 'tpu' here"),
    ("train --data {album} --device cuda:99", "there is no device 'cuda:99' here"),
    ("train --data {album} --out {photo}/out", "nothing can be written there"),
    ("train --data {album} --out {photo}", "nothing can be written there"),
    ("train --data none", "none is not a folder"),
    ("train --data ''", "is empty"),
    ("train --data {album} --loss none", "invalid choice"),
    ("evaluate --data {album} --photos -1", "--photos must be a whole number of at least 1"),
    ("evaluate --data {album} --photos 0", "--photos must be"),
    ("evaluate --data {album} --sheet x.doc", "no known kind of image file"),
    ("evaluate --data {album} --sheet x.psd", "can be read but not written"),
    ("evaluate --data {album} --sheet {photo}/x.png", "nothing can be written there"),
    ("evaluate --data {album} -o {album}", "is a folder; name a file in it"),
    ("evaluate --data {photo}", "is not a folder"),
    ("table --data {album} --photos 0", "--photos must be"),
    ("table --folder {photo}", "nothing can be written there"),
    ("sheet --photos 0", "--photos must be"),
    ("sheet -o x.psd", "can be read but not written"),
    ("prior none", "none is not a folder"),
    ("prior {album} -o {photo}/x.npy", "nothing can be written there"),
    ("shards {album} {photo}", "nothing can be written there"),
    ("shards {album} out --photos 0", "--photos must be"),
    ("shards none out", "none is not a folder"),
    ("export -o {photo}/x.onnx", "nothing can be written there"),
    ("export -o {album}", "is a folder; name a file in it"),
    ("export --weights none.safetensors", "no such file"),
    ("paint x.jpg", "invalid choice"),
    ("colorize {photo} --colour", "unrecognized arguments"),
]


@pytest.mark.parametrize("command, words", WRONG, ids=[command for command, _ in WRONG])
def test_what_is_wrong_is_one_line(album, tmp_path, monkeypatch, capsys, command, words):
    monkeypatch.chdir(tmp_path)
    places = {"photo": album / "cat.jpg", "album": album}
    arguments = ["" if word == "''" else word.format(**places) for word in command.split()]
    before = sorted(p for p in album.rglob("*"))
    status, err = said(capsys, arguments)
    assert status == 2 and words in err and "\n" not in err and err.startswith("colorlib: ")
    assert sorted(p for p in album.rglob("*")) == before


def test_folders_for_outputs_are_made(album, tmp_path):
    out = tmp_path / "deep" / "er"
    assert main(["prior", str(album), "-o", str(out / "p.npy")]) == 0
    assert np.load(out / "p.npy").sum() == pytest.approx(1)


def test_the_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0 and capsys.readouterr().out.strip() == f"colorlib {__version__}"


def test_a_name_that_the_terminal_can_not_show(tmp_path):
    name = os.fsdecode("großmutter".encode() + b"\xff.png")
    try:
        sample("cat").resize((20, 16)).save(tmp_path / "a.png")
        os.rename(tmp_path / "a.png", tmp_path / name)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    (tmp_path / "letter.png").write_text("Dear reader")
    run = subprocess.run([sys.executable, "-m", "colorlib", "colorize", "."], cwd=tmp_path,
                         capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert run.returncode == 2 and b"letter.png" in run.stderr and b"Traceback" not in run.stderr
    assert any("_color" in p.name for p in tmp_path.iterdir())
    again = subprocess.run([sys.executable, "-m", "colorlib", "colorize", name], cwd=tmp_path,
                           capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert again.returncode == 2 and b"--force" in again.stderr and b"Trace" not in again.stderr


# --- standard input and output ---

def piped(monkeypatch, arguments, content=b"", terminal=False):
    """The status of a command and what it sent to standard output."""
    out = SimpleNamespace(buffer=io.BytesIO(), isatty=lambda: terminal, flush=lambda: None,
                          write=lambda text: None)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    monkeypatch.setattr(sys, "stdout", out)
    return main(arguments), out.buffer.getvalue()


@pytest.mark.parametrize("kind, comes", [("JPEG", "JPEG"), ("PNG", "PNG"), ("TIFF", "TIFF"),
                                         ("BMP", "PNG"), ("GIF", "PNG")])
def test_from_standard_input_to_standard_output(monkeypatch, tmp_path, kind, comes):
    file = io.BytesIO()
    sample("cat").resize((60, 40)).convert("L").save(file, kind)
    status, out = piped(monkeypatch, ["colorize", "-"], file.getvalue())
    result = Image.open(io.BytesIO(out))
    assert status == 0 and result.format == comes and result.size == (60, 40)
    assert np.asarray(result.convert("RGB"), int).std(axis=2).max() > 1
    (tmp_path / "a").write_bytes(out)
    assert is_colorized(tmp_path / "a")


def test_a_file_to_standard_output_and_standard_input_to_a_file(monkeypatch, album, tmp_path):
    status, out = piped(monkeypatch, ["colorize", str(album / "cat.jpg"), "-o", "-"])
    assert status == 0 and Image.open(io.BytesIO(out)).size == (60, 40)
    target = str(tmp_path / "x.png")
    assert piped(monkeypatch, ["colorize", "-", "-o", target], out) == (0, b"")
    assert piped(monkeypatch, ["colorize", "-", "-o", target], out) == (2, b"")  # not over it
    assert piped(monkeypatch, ["colorize", "-", "-o", target, "--force"], out) == (0, b"")
    assert Image.open(target).size == (60, 40)


def test_what_does_not_fit_standard_output(monkeypatch, album, capsys):
    assert piped(monkeypatch, ["colorize", "-"], b"no picture")[0] == 2
    assert "standard input: not an image file" in capsys.readouterr().err
    assert piped(monkeypatch, ["colorize", "-", "-"])[0] == 2
    assert "take one" in capsys.readouterr().err
    assert piped(monkeypatch, ["colorize", "-"], b"x", terminal=True)[0] == 2
    assert "is a terminal" in capsys.readouterr().err


# --- evaluate, prior, train ---

def test_evaluate_goes_on_without_what_can_not_be_measured(album, tmp_path, capsys):
    sample("cat").resize((8, 8)).save(album / "tiny.jpg")
    sample("cat").resize((60, 40)).convert("L").save(album / "gray.jpg")
    (album / "letter.jpg").write_text("Dear reader")
    report = tmp_path / "r.json"
    assert main(["evaluate", "--data", str(album), "-o", str(report)]) == 0
    assert json.loads(report.read_text())["photos"] == 3
    lines = [line for line in capsys.readouterr().err.splitlines() if "left out" in line]
    assert len(lines) == 3
    for name, reason in (("tiny", "11 x 11"), ("gray", "no true colors"), ("letter", "not an im")):
        assert any(f"{name}.jpg" in line and reason in line for line in lines)


@pytest.mark.parametrize("content", ["letters", "gray"])
def test_evaluate_with_nothing_to_measure(tmp_path, capsys, content):
    for i in range(2):
        if content == "gray":
            sample("cat").resize((60, 40)).convert("L").save(tmp_path / f"{i}.jpg")
        else:
            (tmp_path / f"{i}.jpg").write_text("Dear reader")
    assert main(["evaluate", "--data", str(tmp_path)]) == 2
    assert "none of the 2 photographs could be measured" in capsys.readouterr().err


def test_results_are_no_data(album, capsys):
    assert main(["colorize", str(album)]) == 0
    assert main(["evaluate", "--data", str(album)]) == 0
    err = capsys.readouterr().err
    assert "left out 3 colored by colorlib" in err and "Warning" not in err
    with pytest.warns(PhotoWarning, match="3 colored by colorlib"):
        from colorlib.data import Photos

        assert len(Photos(album)) == 3


def test_a_prior_of_gray_photographs_is_doubted(tmp_path, capsys):
    sample("cat").resize((60, 40)).convert("L").save(tmp_path / "0.jpg")
    (tmp_path / "torn.jpg").write_text("Dear reader")
    assert main(["prior", str(tmp_path), "-o", str(tmp_path / "p.npy")]) == 0
    err = capsys.readouterr().err
    assert "100.0% of the pixels are gray: are these color photographs?" in err
    assert "left out" in err and err.count("torn.jpg") == 1


def test_a_training_goes_on_with_its_own_data_alone(album, tmp_path, capsys):
    def train(data, *more):
        return said(capsys, ["train", "--data", data, "--out", tmp_path / "out", "--width", "0.05",
                             "--device", "cpu", *more])

    (album / "torn.jpg").write_text("Dear reader")
    status, err = train(album, "--steps", "3")
    assert status == 0 and err.count("torn.jpg") <= 1
    other = tmp_path / "other"
    other.mkdir()
    sample("flower").resize((60, 40)).save(other / "flower.jpg")
    status, err = train(other, "--steps", "3")
    assert status == 2 and "\n" not in err
    assert "other data (4 photographs of" in err and "now 1 photographs of" in err
    status, err = train(album, "--steps", "9")
    assert status == 2 and "another recipe (steps of stage 1 " in err and ", now " in err
    status, err = train(album, "--steps", "3", "--loss", "l2", "--seed", "7")
    assert status == 2 and "loss rebalanced, now l2" in err and "seed 0, now 7" in err
    assert train(album, "--steps", "3")[0] == 0


def test_a_picture_with_alpha_named_jpg_is_said(tmp_path, capsys):
    picture = sample("cat").resize((60, 40)).convert("RGBA")
    picture.putalpha(Image.new("L", (60, 40), 100))
    picture.save(tmp_path / "a.png")
    assert main(["colorize", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.jpg")]) == 0
    assert "b.jpg: JPEG has no transparency: white instead" in capsys.readouterr().err


def test_what_a_folder_leaves_out_is_one_line(album, capsys):
    (album / "a.cr2").write_text("x")
    (album / "b.cr2").write_text("x")
    save_photo(sample("cat").resize((60, 40)), album / "old.png", colorized_note())
    assert main(["colorize", str(album)]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "left out" in line]
    assert len(lines) == 1 and "2 .cr2 (a camera's raw data" in lines[0]
    assert not (album / "old_color.png").exists()
