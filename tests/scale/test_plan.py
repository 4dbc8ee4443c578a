"""Which photographs of a folder are colored, and where the results go; pages; what goes wrong."""

import os
import subprocess
import sys
from pathlib import PureWindowsPath

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.images import open_pages, sample, save_photo
from colorlib.inference import Colorizer
from colorlib.io.metadata import colorized_note
from colorlib.networks import zhang
from colorlib.scale import albums
from colorlib.scale.plan import _beside, _Source, plan

CAT = sample("cat").resize((60, 40))


@pytest.fixture(scope="module")
def colorizer():
    torch.manual_seed(0)
    return Colorizer(zhang(0.05), size=32)


def colored(jobs, colorizer, **options):
    return {job.source.name: problem for job, problem in albums.colorize(
        jobs, colorizer, **options)}


@pytest.mark.parametrize("suffix, result", [
    (".jpg", ".jpg"), (".JPG", ".JPG"), (".jfif", ".jfif"), (".png", ".png"), (".webp", ".webp"),
    (".avif", ".avif"), (".tif", ".tif"), (".jp2", ".jp2"), (".gif", ".png"), (".bmp", ".png"),
    (".ppm", ".png"), (".tga", ".png"), (".ico", ".png"), (".psd", ".png"), (".mpo", ".jpg"),
    (".heic", ".jpg"), ("", ".png")])
def test_results_are_of_a_kind_that_holds_them(tmp_path, suffix, result):
    [job] = plan([tmp_path / f"a{suffix}"]).jobs
    assert job.target == tmp_path / f"a_color{result}"


@pytest.mark.parametrize("output, target", [
    (None, r"C:\Photos\trip\IMG 1.v2_color.JPG"), (r"D:\out", r"D:\out\trip\IMG 1.v2_color.JPG"),
    (r"\\server\share", r"\\server\share\trip\IMG 1.v2_color.JPG")])
def test_where_a_result_goes_on_windows(output, target):
    photo = PureWindowsPath(r"C:\Photos\trip\IMG 1.v2.JPG")
    source = _Source(photo, PureWindowsPath(r"c:\photos"), True)  # case is all the same there
    made = _beside(source, output and PureWindowsPath(output))
    assert str(made) == target


def test_an_original_named_color_is_colored_and_a_result_is_not(tmp_path):
    CAT.save(tmp_path / "autumn_color.jpg")
    CAT.save(tmp_path / "cat.jpg")
    save_photo(CAT, tmp_path / "cat_color.jpg", colorized_note())
    made = plan([tmp_path])
    assert [job.source.name for job in made.jobs] == ["autumn_color.jpg"] and made.done == 1
    save_photo(CAT, tmp_path / "cat_color.jpg")  # its note is gone: whose it is can't be known
    made = plan([tmp_path])
    assert [job.source.name for job in made.jobs] == ["autumn_color.jpg"] and made.done == 1
    [line] = made.left_out
    assert "cat_color.jpg: left out, it stands where the result of" in line


@pytest.mark.parametrize("output", ["colored.v2/", "colored.jpg/"])
def test_a_new_folder_with_a_dot(tmp_path, output):
    CAT.save(tmp_path / "cat.png")
    [job] = plan([tmp_path / "cat.png"], f"{tmp_path}/{output}").jobs
    assert job.target == tmp_path / output / "cat_color.png"


def test_an_output_that_can_not_be_written_is_said_before_any_work(tmp_path):
    CAT.save(tmp_path / "cat.png")
    for name, words in (("x.psd", "can be read but not written"), ("x.v2", "end it with a slash"),
                        ("x.doc", "no known kind")):
        made = plan([tmp_path / "cat.png"], tmp_path / name)
        assert not made.jobs and words in made.problems[0]


def test_one_photo_does_not_stop_the_rest(tmp_path, colorizer, monkeypatch):
    for name in ("a.png", "b.png", "c.png"):
        CAT.save(tmp_path / name)
    Image.new("L", (16_500, 8), 128).save(tmp_path / "wide.png")
    jobs = plan([tmp_path], tmp_path / "out").jobs
    jobs = [job._replace(target=job.target.with_suffix(".webp")) for job in jobs]
    told = colored(jobs, colorizer, note=colorized_note())
    assert sorted(name for name, problem in told.items() if problem) == ["wide.png"]
    assert "16500 x 8 pixels, but a .webp holds at most 16,383" in told["wide.png"]
    save = albums.save_photo

    def broken(picture, target, *rest):
        if "b_color" in target.name:
            raise KeyError("a fault that nobody thought of")
        save(picture, target, *rest)

    monkeypatch.setattr(albums, "save_photo", broken)
    told = colored(plan([tmp_path], tmp_path / "again").jobs, colorizer)
    assert sorted(name for name, problem in told.items() if problem) == ["b.png"]
    assert "b.png" in told["b.png"] and "nobody thought of" in told["b.png"]


def test_a_network_that_fails_is_told_for_each_photo(tmp_path, colorizer, monkeypatch):
    for name in ("a.png", "b.png"):
        CAT.save(tmp_path / name)
    monkeypatch.setattr(colorizer, "ab", lambda shown, T: (_ for _ in ()).throw(
        RuntimeError("out of\nmemory")))
    told = colored(plan([tmp_path], tmp_path / "out").jobs, colorizer)
    assert all(problem.endswith("png: out of memory") for problem in told.values())


@pytest.mark.parametrize("suffix, result", [
    (".tif", ".tif"), (".gif", ".png"), (".png", ".png"), (".webp", ".webp")])
def test_all_pages_are_colored(tmp_path, colorizer, suffix, result):
    frames = [Image.fromarray(np.roll(np.asarray(CAT.convert("L")), 7 * i, 1)) for i in range(3)]
    timing = {} if suffix == ".tif" else {"duration": [100, 200, 300], "loop": 0}
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:], **timing)
    CAT.save(tmp_path / "b.png")
    told = colored(plan([tmp_path]).jobs, colorizer, note=colorized_note())
    assert told == {f"a{suffix}": None, "b.png": None}
    found = list(open_pages(tmp_path / f"a_color{result}"))
    assert len(found) == 3
    for page, frame in zip(found, frames, strict=True):
        gray = np.asarray(page.convert("L"), int)
        assert np.abs(gray - np.asarray(frame)).mean() < 6
        assert np.asarray(page.convert("RGB"), int).std(axis=2).max() > 1
    if timing:
        assert [round(page.info["duration"]) for page in found] == [100, 200, 300]


MEASURED = """
import sys
from pathlib import Path
from colorlib.cli.parser import main
assert main(["colorize", sys.argv[1]]) == 0
[peak] = (line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(1024 * int(peak.split()[1]))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux tells a peak there")
@pytest.mark.parametrize("mode, suffix", [("RGB", ".jpg"), ("RGBA", ".png"), ("I;16", ".tif")])
def test_memory_a_pixel(tmp_path, mode, suffix):
    """At most 20 bytes a pixel beyond the decoded file: a photo is worked on in strips."""
    def peak(name, size):
        ramp = np.linspace(0, 255, size[0] * size[1]).reshape(size[::-1])
        picture = Image.fromarray(ramp.astype(np.uint16) * 257 if mode == "I;16" else
                                  ramp.astype(np.uint8))
        picture = picture if mode == "I;16" else picture.convert(mode)
        options = {"compress_level": 1} if suffix == ".png" else {}
        picture.save(tmp_path / name, **options)
        del picture
        run = subprocess.run([sys.executable, "-c", MEASURED, tmp_path / name],
                             capture_output=True, text=True, check=True)
        return int(run.stdout.split()[-1])

    pixels, decoded = 20_000_000, {"RGB": 3, "RGBA": 4, "I;16": 2}[mode]
    taken = peak(f"large{suffix}", (5000, 4000)) - peak(f"small{suffix}", (50, 40))
    assert 0 < taken / pixels - decoded <= 20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_nothing_hangs_on_a_pipe(tmp_path, colorizer):
    os.mkfifo(tmp_path / "x.jpg")
    CAT.save(tmp_path / "a.png")
    made = plan([tmp_path, tmp_path / "x.jpg"])
    told = colored(made.jobs, colorizer)
    assert told["a.png"] is None and "a pipe or a device" in told["x.jpg"]
