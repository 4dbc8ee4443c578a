"""The program that trains the network for any photograph: small, stopped, and resumed."""

import shutil
import signal
from dataclasses import replace

import pytest
import torch
from PIL import Image

from colorlib.data import Photos
from colorlib.engine.checkpoints import TrainingError, load_weights
from colorlib.images import samples
from colorlib.inference import Colorizer
from experiments import photo, photo_mix
from experiments.photo_mix import TINY, Mix, Plan, sources


@pytest.fixture(scope="module")
def paths():
    """Two sources, of the bundled photographs."""
    bundled = list(samples().values())
    return {"some": bundled[:6], "others": bundled[6:]}


@pytest.fixture
def mix(paths):
    return Mix({name: Photos(found, 64) for name, found in paths.items()}, TINY)


def stop_after(monkeypatch, steps):
    """Have Ctrl-C come during that step."""
    real = photo.PhotoTraining.step

    def step(self, *batch):
        if self.done == steps - 1:
            signal.raise_signal(signal.SIGINT)
        return real(self, *batch)

    monkeypatch.setattr(photo.PhotoTraining, "step", step)


def test_stopped_and_resumed_it_gives_the_same_weights(paths, tmp_path, monkeypatch):
    whole = photo.train(TINY, paths, tmp_path / "whole", hidden=True)
    with monkeypatch.context() as patch:
        stop_after(patch, 3)
        with pytest.raises(KeyboardInterrupt, match="stopped after step 3"):
            photo.train(TINY, paths, tmp_path / "parts", hidden=True)
    parts = photo.train(TINY, paths, tmp_path / "parts", hidden=True)
    assert parts.done == whole.done == TINY.steps
    for name, value in whole.average.items():
        assert torch.equal(value, parts.average[name]), name
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, parts.network.state_dict()[name]), name
    with pytest.raises(ValueError, match="another plan"):
        photo.train(replace(TINY, seed=1), paths, tmp_path / "parts", hidden=True)
    checkpoint = tmp_path / "parts" / "checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(TrainingError, match="torn"):
        photo.train(TINY, paths, tmp_path / "parts", hidden=True)


def test_the_command_writes_weights_that_color(tmp_path, capsys):
    weights = tmp_path / "photo.safetensors"
    command = ["--tiny", "--folder", str(tmp_path / "state"), "--finish", "0.8", "-o", str(weights)]
    assert photo.main(command) == 0
    tensors, recipe = load_weights(weights)
    assert (recipe["network"], recipe["width"], recipe["lam"]) == ("photo", 1.0, 0.9)
    assert recipe["sources"] == {"bundled": len(samples())}
    assert recipe["data"] == "bundled"
    assert recipe["steps"] == recipe["done"] == TINY.steps and recipe["torch"] == torch.__version__
    assert tensors["head.2.weight"].dtype == torch.float16
    colorizer = Colorizer.from_pretrained(weights)
    assert colorizer.size == recipe["size"]
    assert colorizer(samples()["cat"], size=64).size
    with pytest.raises(SystemExit):
        photo.main(["--data", str(tmp_path), "--folder", str(tmp_path / "other")])
    assert "holds neither photos/SOURCE/" in capsys.readouterr().err


def test_a_batch_depends_on_the_plan_and_its_number_alone(mix, paths):
    again = Mix({name: Photos(found, 64) for name, found in paths.items()}, TINY)
    for step in (4, 1, 4):
        shape = mix.shapes[step]
        lightness, ab = mix(step)
        assert lightness.shape == (shape.batch, 1, shape.crop, shape.crop)
        assert ab.shape == (shape.batch, 2, shape.crop // 4, shape.crop // 4)
        assert all(map(torch.equal, (lightness, ab), again(step)))
    assert not torch.equal(mix(0)[0][:1, :, :32, :32], mix(1)[0][:1, :, :32, :32])
    prior = mix.prior()
    assert prior.shape == (313,) and prior.min() > 0 and abs(prior.sum() - 1) < 1e-9


class Numbers:
    """A source of so many photographs that are never opened."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count


def test_sources_are_drawn_by_size_and_shapes_by_the_time():
    plan = Plan(steps=2000, counted=100)
    mix = Mix({"many": Numbers(1000), "few": Numbers(10)}, plan)
    share = (mix.drawn == 1).double().mean().item()
    assert share == pytest.approx(1 / (1 + 100**photo_mix.BALANCE), abs=0.01)
    for of, steps in (("early", mix.shapes[:1500]), ("late", mix.shapes[1500:])):
        for shape in plan.shapes:
            assert steps.count(shape) / len(steps) == pytest.approx(getattr(shape, of), abs=0.06)
    few = mix.places[mix.drawn == 1]
    assert few.tolist() == list(range(len(few)))
    epochs = [sorted(mix._pick(1, k) for k in range(10 * n, 10 * n + 10)) for n in (0, 1, 0)]
    assert epochs == [list(range(10))] * 3


def test_gray_and_broken_photographs_are_passed_over(paths, tmp_path):
    Image.new("RGB", (48, 48), (90, 90, 90)).save(tmp_path / "gray.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    shutil.copy(paths["some"][0], tmp_path / "color.jpg")
    mix = Mix({"here": Photos(tmp_path, 64)}, TINY)
    assert all(mix.photo(i).float().std(0).max() > 10 for i in range(9))
    (tmp_path / "color.jpg").unlink()
    with pytest.raises(ValueError, match="no color photograph"):
        Mix({"here": Photos(tmp_path, 64)}, TINY).photo(0)


def test_every_32nd_of_each_source_is_kept_aside(tmp_path, monkeypatch):
    for name, count in (("photos/a", 40), ("photos/b/c", 3), ("imagenette2-160/train/n1", 33)):
        (tmp_path / name).mkdir(parents=True)
        for i in range(count):
            (tmp_path / name / f"{i:02}.jpg").touch()
    found = sources(tmp_path)
    assert {name: len(of) for name, of in found.items()} == {"a": 38, "b": 2, "imagenette": 33}
    assert not {"00.jpg", "32.jpg"} & {path.name for path in found["a"]}
    folder = tmp_path / "imagenette2-160" / "train"
    monkeypatch.setattr(photo_mix, "imagenette", lambda split: folder)
    assert list(sources(None)) == ["imagenette"]


def test_rates_climb_and_then_fall_to_a_fiftieth():
    plan = Plan()
    rates = [plan.rate(step) for step in range(plan.steps)]
    assert rates[0] == pytest.approx(1 / 200, rel=1e-3) and max(rates) > 0.99
    assert rates[200:] == sorted(rates[200:], reverse=True)
    assert rates[-1] == pytest.approx(0.02, abs=1e-4)
    assert sum(shape.early for shape in plan.shapes) == pytest.approx(1)
    assert sum(shape.late for shape in plan.shapes) == pytest.approx(1)
