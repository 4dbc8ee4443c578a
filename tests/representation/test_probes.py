"""The study of chapter 11 from photographs to results, small; what was stopped goes on."""

import copy
import json

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.engine import fit
from colorlib.io.datasets import CLASSES
from colorlib.networks import zhang
from colorlib.representation import concepts, finetuning, units
from colorlib.representation.features import BLOCKS, features
from colorlib.representation.finetuning import Lesson, few, train_on_labels
from experiments import cache, probes, study


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ten classes of stripes, each with an angle of its own, under a sky and on grass."""
    folder = tmp_path_factory.mktemp("stripes")
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:128, :128]
    for part, count in (("train", 24), ("val", 12)):
        for k, wnid in enumerate(CLASSES):
            (folder / part / wnid).mkdir(parents=True)
            for i in range(count):
                angle, shift = np.pi * k / 10, rng.uniform(0, 6)
                wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) / 3 + shift)
                picture = np.repeat(110 + 60 * wave[..., None], 3, axis=2)
                picture[:40] = (120, 170, 230)
                picture[100:] = (70, 140, 50)
                Image.fromarray(picture.astype(np.uint8)).save(
                    folder / part / wnid / f"{part}{k}_{i}.png")
    return folder


@pytest.fixture(scope="module")
def small(module_patch):
    module_patch.setattr(study, "WIDTH", 1 / 16)
    module_patch.setattr(study, "SHOWN", 16)
    module_patch.setattr(study, "SIZE", 64)
    module_patch.setattr(study, "SUPERVISED", (Lesson(4, 32), Lesson(2, 48)))
    module_patch.setattr(concepts, "MOST", 200)
    for share in finetuning.FEW:
        module_patch.setitem(finetuning.FEW, share, (Lesson(2, 32),))


@pytest.fixture(scope="module")
def module_patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def figures(small, data, tmp_path_factory):
    output = tmp_path_factory.mktemp("results") / "representation.json"
    command = ["--data", str(data), "--folder", str(output.parent / "parts"), "-o", str(output),
               "--networks", "random", "kmeans", "supervised"]
    assert probes.main(command) == 0
    return json.loads(output.read_text()), command, output


def test_a_study_from_photographs_to_results(figures):
    found, _, _ = figures
    assert found["photos"] == {"fit": 76, "choose": 12, "test": 60, "supervised": 228}
    assert set(found["probes"]) == {"random", "kmeans", "supervised"}
    for of in found["probes"].values():
        assert list(of) == list(BLOCKS)
        for probe in of.values():
            low, high = probe["interval"]
            assert 0 <= low <= probe["accuracy"] <= high <= 1
            assert probe["slope"] < 1e-3 and probe["labels"] == 76
    # Stripes of ten angles: even filters that nobody taught tell them apart.
    assert found["probes"]["random"]["model3"]["accuracy"] > 0.5
    assert set(found["finetuning"]) == {"random"}
    assert found["finetuning"]["random"]["0.01"]["labels"] == 10
    for name in ("sky", "grass"):
        of = found["concepts"][name]
        assert of["photos_inside"] == 30 and of["networks"]["random"]["model4"]["auc"] > 0.6
    assert found["provenance"]["photos_sha256"] and found["command"].startswith("python -m")


def test_a_network_is_added_and_the_others_stay(figures):
    found, _, _ = figures
    before, again = copy.deepcopy(found), copy.deepcopy(found)
    for part in ("networks", "probes", "last_less_best"):
        del before[part]["kmeans"]
    for of in before["concepts"].values():
        del of["networks"]["kmeans"]
    again["probes"]["random"]["model1"]["accuracy"] = 0.123  # measured anew on another machine
    both = probes.added(again, before)
    assert both["added"]["networks"] == ["kmeans"]
    for part in ("networks", "probes", "last_less_best", "concepts", "finetuning", "provenance"):
        assert both[part] == found[part], part
    assert list(both["probes"]) == ["random", "kmeans", "supervised"]


def test_what_is_done_is_not_done_again(figures, monkeypatch):
    found, command, output = figures
    for name in ("pictures", "initialize", "train_on_labels", "features", "places", "logits_of"):
        monkeypatch.setattr(study, name, None)  # whoever calls one of these now, fails
    assert probes.main(command) == 0
    again = json.loads(output.read_text())
    for part in ("provenance", "command"):
        del again[part], found[part]
    assert again == found


def test_parts_of_another_study_are_made_anew(tmp_path):
    path, calls = tmp_path / "part.safetensors", []

    def make():
        calls.append(1)
        return {"x": torch.ones(2)}

    for key in ("a", "a", "b"):
        assert cache.cache_tensors(path, key, make)["x"].sum() == 2
    assert len(calls) == 2
    path.write_bytes(path.read_bytes()[:20])  # torn
    cache.cache_tensors(path, "b", make)
    assert len(calls) == 3


def test_training_on_labels_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    torch.manual_seed(0)
    pictures = torch.randint(256, (20, 1, 64, 64), dtype=torch.uint8)
    labels = np.arange(20) % 10
    start = zhang(1 / 32).state_dict()

    def trained(steps, checkpoint=None):
        network = zhang(1 / 32)
        network.load_state_dict(start)
        return train_on_labels(network, pictures, labels, (Lesson(steps, 32),), batch=4,
                               checkpoint=checkpoint)

    whole = trained(60)
    path, save = tmp_path / "state.safetensors", fit._save

    def stop(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(fit, "_save", stop)  # after step 50, the first that is saved
    with pytest.raises(KeyboardInterrupt):
        trained(60, path)
    monkeypatch.undo()
    parts = trained(60, path)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, parts.state_dict()[name]), name


def test_labels_can_be_learned():
    """Bright or dark: a trunk that was never trained learns it in some steps."""
    torch.manual_seed(0)
    pictures = torch.cat([torch.full((8, 1, 48, 48), level, dtype=torch.uint8)
                          for level in (60, 200)])
    pictures += torch.randint(20, pictures.shape, dtype=torch.uint8)
    labels = np.repeat([0, 1], 8)
    model = train_on_labels(zhang(1 / 32), pictures, labels, (Lesson(150, 32),), lr=3e-3, batch=8)
    logits = finetuning.logits_of(model, pictures * (100 / 255))
    assert (logits.argmax(1).numpy() == labels).mean() > 0.9


def test_few_labels_are_drawn_class_by_class():
    labels = np.repeat(np.arange(10), 50)
    for share, each in ((0.01, 1), (0.1, 5), (1.0, 50)):
        assert np.bincount(labels[few(labels, share)]).tolist() == [each] * 10


def test_sky_and_grass_are_where_they_are_drawn():
    lab = torch.zeros(3, 128, 128)
    lab[:, :64] = torch.tensor([70.0, -5, -30])[:, None, None]
    lab[:, 64:] = torch.tensor([50.0, -30, 40])[:, None, None]
    found = concepts.sky_and_grass(lab)
    assert found["sky"][0][:8].all() and not found["sky"][0][8:].any()
    assert found["grass"][0][8:].all() and not found["grass"][1].any()
    noisy = lab.clone()
    noisy[0] += 10 * torch.randn(128, 128, generator=torch.Generator().manual_seed(0))
    assert not concepts.sky_and_grass(noisy)["sky"][0].any()  # blue, but rough: no sky


def test_responses_are_those_of_the_place():
    torch.manual_seed(0)
    network = zhang(1 / 32).eval()
    shown = torch.rand(3, 1, 64, 64) * 100
    where = torch.tensor([[2, 1, 5, 1, 0, 0], [0, 7, 0, 0, 0, 0], [2, 3, 3, 0, 0, 0]]).float()
    got = concepts.responses(network, lambda numbers: shown[numbers], where)
    with torch.no_grad():
        expected = features(network, shown)["model5"]
    for row, (photo, y, x) in zip(got["model5"], where[:, :3].int().tolist(), strict=True):
        assert np.allclose(row, expected[photo, :, y, x].numpy(), atol=1e-5)


def test_weighted_roc_area_is_the_plain_one_with_repeats():
    rng = np.random.default_rng(0)
    answers, inside = rng.integers(0, 5, 40).astype(float), rng.random(40) < 0.4
    times = rng.integers(0, 4, 40)
    plain = units.selectivity(np.repeat(answers, times), np.repeat(inside, times))
    assert concepts.roc_auc(answers, inside, times.astype(float)) == pytest.approx(float(plain))
