"""Folders of photographs, colored together, interrupted, resumed."""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.images import sample
from colorlib.inference import Colorizer
from colorlib.networks import zhang
from colorlib.scale import albums

SIDES = [(60, 40), (40, 60), (60, 40), (64, 64), (60, 40), (60, 40), (61, 40), (90, 30)]


@pytest.fixture(scope="module")
def colorizer():
    torch.manual_seed(0)
    return Colorizer(zhang(0.05), size=32)


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    (folder / "trip").mkdir(parents=True)
    for i, size in enumerate(SIDES):
        where = folder / "trip" if i % 2 else folder
        sample("cat").resize(size).save(where / f"{i}.png")
    return folder


def written(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()}


@pytest.mark.parametrize("batch", [1, 3])
def test_together_is_one_by_one(album, tmp_path, colorizer, batch):
    plan = albums.plan([album], tmp_path / "out")
    told = list(albums.colorize(plan.jobs, colorizer, batch=batch))
    assert sorted(job for job, _ in told) == sorted(plan.jobs)
    assert {problem for _, problem in told} == {None}
    for job in plan.jobs:
        alone = np.asarray(colorizer(Image.open(job.source))).astype(int)
        assert np.abs(np.asarray(Image.open(job.target)) - alone).max() <= 1


def test_photos_of_one_shape_go_together(album, tmp_path, colorizer, monkeypatch):
    seen = []
    monkeypatch.setattr(colorizer, "ab", lambda shown, T: seen.append(tuple(shown.shape)) or
                        torch.zeros(len(shown), 2, 1, 1))
    list(albums.colorize(albums.plan([album], tmp_path / "out").jobs, colorizer, batch=2))
    assert seen.count((2, 1, 24, 32)) == 2 and sum(shape[0] for shape in seen) == len(SIDES)


def test_no_more_are_held_than_there_is_room_for(album, tmp_path, colorizer, monkeypatch):
    monkeypatch.setattr(albums, "ROOM", 1)
    seen = []
    paint = colorizer.ab
    monkeypatch.setattr(colorizer, "ab", lambda shown, T: seen.append(len(shown)) or paint(shown))
    told = list(albums.colorize(albums.plan([album], tmp_path / "out").jobs, colorizer))
    assert seen == [1] * len(SIDES) and len(told) == len(SIDES)


def test_a_bad_photo_is_named_and_passed_over(album, tmp_path, colorizer):
    (album / "3.jpg").write_text("Dear reader")
    told = dict(albums.colorize(albums.plan([album], tmp_path / "out").jobs, colorizer))
    problems = [problem for problem in told.values() if problem]
    assert len(told) == len(SIDES) + 1 and len(problems) == 1 and "3.jpg" in problems[0]


def test_what_can_not_be_written_is_named(album, tmp_path, colorizer):
    jobs = albums.plan([album], tmp_path / "out").jobs
    jobs[2].target.mkdir(parents=True)
    told = dict(albums.colorize(jobs, colorizer))
    assert [job for job, problem in told.items() if problem] == [jobs[2]]


def test_a_wrong_temperature_stops_it(album, tmp_path, colorizer):
    jobs = albums.plan([album], tmp_path / "out").jobs
    with pytest.raises(ValueError, match="T must"):
        list(albums.colorize(jobs, colorizer, T=-1))
    with pytest.raises(ValueError, match="size must"):
        list(albums.colorize(jobs, colorizer, size=2))


def test_stopped_and_resumed(album, tmp_path, colorizer):
    out, whole = tmp_path / "out", tmp_path / "whole"
    list(albums.colorize(albums.plan([album], whole).jobs, colorizer, batch=1))
    running = albums.colorize(albums.plan([album], out).jobs, colorizer, batch=1)
    next(running)
    running.close()
    first = written(out)
    assert first and first.items() <= written(whole).items()
    rest = albums.plan([album], out)
    assert rest.done == len(first) and len(rest.jobs) == len(SIDES) - len(first)
    list(albums.colorize(rest.jobs, colorizer, batch=1))
    assert written(out) == written(whole)
    again = albums.plan([album], out)
    assert not again.jobs and again.done == len(SIDES)
    assert len(albums.plan([album], out, force=True).jobs) == len(SIDES)


def test_killed_in_the_middle(album, tmp_path):
    for i in range(60):
        sample("china").resize((150, 100)).save(album / f"more{i}.jpg")
    out = tmp_path / "out"
    words = [sys.executable, "-m", "colorlib", "colorize", str(album), "-o", str(out)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list(out.rglob("*_color.*"))) < 5:
        time.sleep(0.01)
    process.kill()
    process.wait()
    found = list(out.rglob("*_color.*"))
    assert len(found) >= 5
    for path in found:
        Image.open(path).load()
    half = list(out.rglob(".colorlib-*"))
    assert len(half) <= 1  # what was being written has no name that anyone takes for a photo's
    done = {path: path.stat().st_mtime_ns for path in found}
    subprocess.run(words, check=True, capture_output=True)
    assert len(list(out.rglob("*_color.*"))) == len(SIDES) + 60
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())


def test_what_a_killed_run_left_is_swept_up(album, tmp_path, colorizer, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (out / ".colorlib-0123").write_text("half")
    jobs = albums.plan([album], out).jobs
    list(albums.colorize(jobs[:1], colorizer))
    assert (out / ".colorlib-0123").exists()  # it may be another run's
    monkeypatch.setattr(albums, "FORGOTTEN", -1)
    list(albums.colorize(jobs[:1], colorizer))
    assert not (out / ".colorlib-0123").exists()
