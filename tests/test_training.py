"""Training: what a batch is, that it learns, and that an interrupted run ends as a whole one."""

from dataclasses import replace

import pytest
import torch

from colorlib.data import Batches, Photos, find_photos, is_gray, random_crop
from colorlib.images import read_rgb, samples
from colorlib.inference import Colorizer
from colorlib.training import Recipe, Stage, Training, TrainingError, save_weights, scaled, train

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
    seen = [batches._pick(i, 0, None) for i in range(2 * len(PHOTOS))]
    assert sorted(seen[: len(PHOTOS)]) == sorted(seen[len(PHOTOS):]) == list(range(len(PHOTOS)))


def test_gray_and_broken_photos_are_passed_over(tmp_path):
    gray = PHOTOS[0].float().mean(0, keepdim=True).expand(3, -1, -1).to(torch.uint8)
    assert is_gray(gray) and not is_gray(PHOTOS[0])
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


def test_resumed_is_bit_for_bit_the_whole_run(tmp_path):
    whole = train(TINY, PHOTOS)
    path = tmp_path / "checkpoint.safetensors"

    class Killed(Exception):
        pass

    def kill(training):
        if training.done == 7:  # in the middle of the second stage
            training.save(path)
            raise Killed

    with pytest.raises(Killed):
        train(TINY, PHOTOS, path, on_report=kill, report_every=1)
    resumed = train(TINY, PHOTOS, path)
    assert resumed.done == whole.done == 10
    for name, value in whole.network.state_dict().items():
        assert torch.equal(resumed.network.state_dict()[name], value), name
    for name, value in whole.average.items():
        assert torch.equal(resumed.average[name], value), name
    assert train(TINY, PHOTOS, path).done == 10  # nothing left to do


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
    save_weights(training, tmp_path / "w.safetensors", data="seven photographs")
    colorizer = Colorizer.from_pretrained(tmp_path / "w.safetensors")
    assert colorizer.recipe["data"] == "seven photographs"
    lightness = torch.rand(1, 1, 32, 32) * 100
    with torch.no_grad():
        mine, theirs = colorizer.network(lightness), training.averaged()(lightness)
    assert (mine - theirs).abs().max() < 0.5  # float16 on disk


def test_scaled_recipes():
    assert scaled(TINY, 100).steps == 100
    with pytest.raises(ValueError, match="at least 2"):
        scaled(TINY, 1)
    assert TINY.rate(0) == TINY.lr / 2 and TINY.rate(2) == TINY.lr
    assert TINY.rate(9) < 0.1 * TINY.lr
