"""Training: what a batch is, that it learns, and that an interrupted run ends as a whole one."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from colorlib.data import (
    Batches,
    Photos,
    batch_source,
    evenly,
    find_photos,
    is_gray,
    random_crop,
)
from colorlib.engine import checkpoints
from colorlib.engine.checkpoints import TrainingError, drive_folder, thinned
from colorlib.engine.precision import number_format
from colorlib.images import read_rgb, samples
from colorlib.inference import Colorizer
from colorlib.recipes import COURSE, Recipe, Stage, past, scaled
from colorlib.training import Training, train

PHOTOS = [read_rgb(path, 96) for path in samples().values()]
TINY = Recipe(width=0.05, stages=(Stage(6, 4, 32), Stage(4, 2, 48)), warmup=2, precision="float32")


def test_crops_are_windows_of_the_photo():
    rng = torch.Generator().manual_seed(0)
    photo = torch.arange(3 * 40 * 60).reshape(3, 40, 60).to(torch.uint8)
    crop = random_crop(photo, 40, (1, 1), rng)
    windows = photo.unfold(2, 40, 1).permute(2, 0, 1, 3)
    assert any(torch.equal(crop, w) or torch.equal(crop, w.flip(-1)) for w in windows)
    assert random_crop(photo, 16, (1, 4), rng).shape == (3, 16, 16)


def test_batches_depend_on_seed_and_step_alone():
    one, two = Batches(PHOTOS, 3, 32, seed=1), Batches(PHOTOS, 3, 32, seed=1)
    one(0), one(1)
    for a, b in zip(one(7), two(7), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(one(7)[0], Batches(PHOTOS, 3, 32, seed=2)(7)[0])
    lightness, ab = one(0)
    assert lightness.shape == (3, 1, 32, 32) and ab.shape == (3, 2, 8, 8)


def test_an_epoch_shows_every_photo_once():
    batches = Batches(PHOTOS, 1, 8)
    seen = [batches._pick(i) for i in range(2 * len(PHOTOS))]
    assert sorted(seen[: len(PHOTOS)]) == sorted(seen[len(PHOTOS):]) == list(range(len(PHOTOS)))


def test_gray_and_broken_photos_are_passed_over(tmp_path):
    gray = PHOTOS[0].float().mean(0, keepdim=True).expand(3, -1, -1).to(torch.uint8)
    assert is_gray(gray) and not is_gray(PHOTOS[0])
    spot = gray.clone()
    spot[:, 3, 5] = torch.tensor([255, 0, 0])
    assert not is_gray(spot)  # one pixel is enough, wherever it lies
    _, ab = Batches([gray, PHOTOS[0], None], 8, 32)(0)
    assert (ab.abs().amax((1, 2, 3)) > 1).all()
    with pytest.raises(ValueError, match="nothing to learn"):
        Batches([gray], 2, 32)(0)
    (tmp_path / "bad.jpg").write_text("no")
    photos = Photos([tmp_path / "bad.jpg", samples()["cat"]])
    assert photos[0] is None and photos[1] is not None and len(list(photos)) == 1
    assert list(photos.skipped) == [tmp_path / "bad.jpg"]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match="holds no photographs"):
        find_photos(empty)


def test_photos_beyond_the_cache_are_read_again():
    photos = Photos(list(samples().values()), side=64, cache_bytes=30_000)
    assert torch.equal(photos[3], photos[3])
    assert min(photos[3].shape[1:]) == 64


@pytest.mark.parametrize("loss", ["rebalanced", "classification", "l2"])
def test_it_overfits_one_batch(loss):
    recipe = replace(TINY, width=0.15, stages=(Stage(60, 4, 32),), warmup=5, loss=loss)
    training = Training(recipe)
    batch = Batches(PHOTOS, 4, 32)(0)
    losses = [training.step(*batch) for _ in range(60)]
    assert losses[-1] < 0.75 * losses[0]


def same(one, two):
    """Whether two trainings have the same weights and averages, bit for bit."""
    weights, others = one.network.state_dict(), two.network.state_dict()
    return all(torch.equal(others[k], v) for k, v in weights.items()) and all(
        torch.equal(two.average[k], v) for k, v in one.average.items())


@pytest.fixture(scope="module")
def whole():
    return train(TINY, PHOTOS, report_every=5)


class Killed(Exception):
    pass


def test_train_is_steps_on_the_batches(whole):
    by_hand = Training(TINY)
    batch_at = batch_source(TINY, PHOTOS)
    losses = [by_hand.step(*batch_at(i)) for i in range(TINY.steps)]
    assert same(by_hand, whole)
    assert [h["loss"] for h in whole.history] == [sum(losses[:5]) / 5, sum(losses[5:]) / 5]
    assert [h["step"] for h in whole.history] == [5, 10]
    assert all(h["images_per_second"] > 0 for h in whole.history)


def test_resumed_is_bit_for_bit_the_whole_run(whole, tmp_path):
    path = tmp_path / "checkpoint.safetensors"

    def kill(training):
        if training.done == 7:  # in the middle of the second stage
            training.save(path)
            raise Killed

    with pytest.raises(Killed):
        train(TINY, PHOTOS, path, on_report=kill, report_every=1)
    resumed = train(TINY, PHOTOS, path)
    assert resumed.done == whole.done == 10 and same(resumed, whole)
    assert train(TINY, PHOTOS, path).done == 10  # nothing left to do


def test_an_interrupt_finishes_the_step_and_saves(whole, tmp_path):
    path, before = tmp_path / "checkpoint.safetensors", signal.getsignal(signal.SIGINT)

    def interrupt(training):
        if training.done == 4:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="after step 4; all of it is in"):
        train(TINY, PHOTOS, path, on_report=interrupt, report_every=1)
    assert signal.getsignal(signal.SIGINT) is before
    there = Training(TINY)
    there.load(path)
    assert there.done == 4
    assert same(train(TINY, PHOTOS, path), whole)
    with pytest.raises(KeyboardInterrupt, match="without a checkpoint"):
        train(TINY, PHOTOS, on_report=interrupt, report_every=1)


def test_a_second_interrupt_does_not_wait(tmp_path):
    def insist(training):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("still here")

    with pytest.raises(KeyboardInterrupt):
        train(TINY, PHOTOS, tmp_path / "c.safetensors", on_report=insist, report_every=1)
    assert not list(tmp_path.iterdir())


SCRIPT = """
import sys, torch
torch.set_num_threads(1)
from test_training import PHOTOS, TINY, train
train(TINY, PHOTOS, sys.argv[1], save_every=0, report_every=1,
      on_report=lambda t: __import__("time").sleep(0.3))
"""


def test_a_killed_process_loses_no_more_than_an_interval(whole, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    run = subprocess.Popen([sys.executable, "-c", SCRIPT, path], cwd=__file__.rpartition("/")[0],
                           stderr=subprocess.DEVNULL)
    older = tmp_path / "checkpoint.1.safetensors"
    until = time.monotonic() + 120
    while not older.exists() and run.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    run.kill()
    assert run.wait() != 0 and older.exists()
    assert same(train(TINY, PHOTOS, path), whole)


def test_the_last_checkpoints_are_kept_and_a_torn_one_is_named(whole, tmp_path):
    path = tmp_path / "c.safetensors"

    def kill(training):
        if training.done == 8:
            raise Killed

    with pytest.raises(Killed):
        train(TINY, PHOTOS, path, save_every=0, keep=3, on_report=kill, report_every=1)
    names = ["c.1.safetensors", "c.2.safetensors", "c.safetensors"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    done = []
    for name in reversed(names):
        there = Training(TINY)
        there.load(tmp_path / name)
        done.append(there.done)
    assert done == [7, 5, 6]
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(TrainingError, match=r"c\.safetensors is torn.*delete it"):
        train(TINY, PHOTOS, path)
    path.unlink()
    assert same(train(TINY, PHOTOS, path), whole)  # from c.1
    with pytest.raises(ValueError, match="keep must be"):
        train(TINY, PHOTOS, path, keep=0)


def test_google_drive_only_where_it_is_mounted(monkeypatch, tmp_path):
    assert drive_folder() is None
    monkeypatch.setattr(checkpoints, "DRIVE", tmp_path)
    assert drive_folder("x") == tmp_path / "x"


def test_a_checkpoint_of_before_still_loads(whole, tmp_path):
    """Names and metadata of the file, as trainings under way have written them."""
    path = tmp_path / "c.safetensors"
    whole.save(path)
    tensors, state = checkpoints.load(path)
    names = list(tensors)
    assert set(state) == {"recipe", "done", "seconds", "history", "scaler", "data"}
    assert {n.partition(".")[0] for n in names} == {"network", "average", "optimizer"}
    del state["data"]
    for newer in ("finish", "size", "network"):
        del state["recipe"][newer]
    checkpoints.save(tensors, state, tmp_path / "old")
    old = Training(TINY)
    old.load(tmp_path / "old")
    assert same(old, whole)
    assert {n.split(".")[2] for n in names if n.startswith("optimizer")} == {
        "step", "exp_avg", "exp_avg_sq"}


def test_a_training_goes_on_in_another_number_format(tmp_path):
    """What was begun in bfloat16, as the weights that ship were, ends on a machine without it."""
    half = replace(TINY, precision="bfloat16")
    Training(half).save(tmp_path / "c.safetensors")
    there = Training(TINY)
    there.load(tmp_path / "c.safetensors")
    assert same(there, Training(half))
    assert past(replace(COURSE, precision="bfloat16"), 9_000) == past(COURSE, 9_000)


def test_auto_is_what_the_processor_is_fast_in(monkeypatch):
    cpu = torch.device("cpu")
    for flags, kind in (("flags : avx2 avx512f", torch.float32), ("", torch.float32),
                        ("flags : avx512_bf16", torch.bfloat16), ("amx_bf16", torch.bfloat16)):
        monkeypatch.setattr("colorlib.engine.precision.cpu_flags", lambda flags=flags: flags)
        assert number_format(cpu) == kind
        assert number_format(cpu, "float16") == torch.float16


def test_a_loss_that_the_network_has_not_is_refused():
    with pytest.raises(ValueError, match="or l2 for the network zhang, got 'own'"):
        Training(replace(TINY, loss="own"))
    with pytest.raises(ValueError, match="loss must be"):
        replace(TINY, loss="l3")


def test_another_recipes_checkpoint_is_refused(tmp_path):
    train(replace(TINY, stages=(Stage(1, 2, 32),)), PHOTOS, tmp_path / "c.safetensors")
    with pytest.raises(ValueError, match="another recipe"):
        train(TINY, PHOTOS, tmp_path / "c.safetensors")


def test_a_loss_that_is_no_number_stops_with_advice():
    training = Training(TINY)
    with torch.no_grad():
        training.network.model8[-1].bias.fill_(float("nan"))
    with pytest.raises(TrainingError, match="lower learning rate"):
        training.step(*Batches(PHOTOS, 2, 32)(0))


def test_weights_make_a_colorizer(tmp_path):
    training = train(TINY, PHOTOS)
    training.save_weights(tmp_path / "w.safetensors", data="seven photographs")
    colorizer = Colorizer.from_pretrained(tmp_path / "w.safetensors")
    assert colorizer.recipe["data"] == "seven photographs"
    lightness = torch.rand(1, 1, 32, 32) * 100
    with torch.no_grad():
        mine, theirs = colorizer.network(lightness), training.averaged()(lightness)
    assert (mine - theirs).abs().max() < 0.5  # float16 on disk


def test_weights_tell_how_their_training_went(tmp_path):
    training = train(TINY, PHOTOS, report_every=3)
    training.save_weights(tmp_path / "w.safetensors")
    told = Colorizer.from_pretrained(tmp_path / "w.safetensors").recipe["history"]
    assert [point["step"] for point in told] == [3, 6, 9, 10]
    for point, reported in zip(told, training.history, strict=True):
        assert point == pytest.approx(reported, abs=1e-4)


def test_a_long_history_is_thinned_to_means():
    points = [{"step": 10 * i, "loss": float(i), "images_per_second": 2.0 * i}
              for i in range(1, 402)]
    told = thinned(points)
    assert len(told) == 134 and thinned(points, most=401) == points and thinned([]) == []
    assert told[1] == {"step": 60, "loss": 5.0, "images_per_second": 10.0}
    assert told[-1]["step"] == 4010  # the end is never lost


def test_scaled_recipes():
    assert scaled(TINY, 100).steps == 100
    with pytest.raises(ValueError, match="at least 2"):
        scaled(TINY, 1)
    assert TINY.rate(0) == TINY.lr / 2 and TINY.rate(2) == TINY.lr
    assert TINY.rate(9) < 0.1 * TINY.lr


def test_evenly_takes_each_once():
    assert evenly([0, 1, 2, 3, 4, 5], 3) == [0, 2, 4] and evenly([0, 1], 24) == [0, 1]
