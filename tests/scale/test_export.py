"""The exported network gives what torch gives, in a runtime that knows nothing of torch."""

import copy
import json
import sys

import onnxruntime
import pytest
import torch
from conftest import ROOT

from colorlib import Colorizer, annealed_mean
from colorlib.cli.parser import main
from colorlib.color import lightness_of
from colorlib.data import find_photos
from colorlib.images import as_rgb, sample
from colorlib.scale.export import export_onnx


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer.from_pretrained("course")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    assert main(["export", "-o", str(folder / "course.onnx")]) == 0
    assert [path.name for path in folder.iterdir()] == ["course.onnx"]
    return folder / "course.onnx"


@pytest.fixture(scope="module")
def session(exported):
    return onnxruntime.InferenceSession(exported)


def run(session, lightness):
    return torch.from_numpy(session.run(["logits"], {"lightness": lightness.numpy()})[0])


@pytest.mark.parametrize("height, width", [(104, 160), (256, 8), (8, 8)])
@torch.inference_mode()
def test_logits_are_those_of_torch_at_any_size(session, colorizer, height, width):
    lightness = lightness_of(as_rgb(sample("china").resize((width, height))))[None]
    ours, theirs = run(session, lightness), colorizer.network.logits(lightness)
    assert ours.shape == theirs.shape == (1, 313, height // 4, width // 4)
    torch.testing.assert_close(ours, theirs, atol=2e-3, rtol=1e-3)


def test_the_file_is_small_and_says_what_a_page_must_know(exported, session, colorizer):
    assert exported.stat().st_size < 4.3e6
    assert str(ROOT).encode() not in exported.read_bytes(), "paths of the machine that made it"
    notes = session.get_modelmeta().custom_metadata_map
    notes = {key: json.loads(value) for key, value in notes.items()}
    assert notes == {"bins": colorizer.bins.tolist(), "size": colorizer.size, "T": 0.38,
                     "recipe": colorizer.recipe}


@torch.inference_mode()
def test_colors_stay_the_same_on_photographs_it_never_saw(session, colorizer, imagenette):
    """Kernels that were float16 anyway lose nothing: mean distance in ab from float32 near 0."""
    paths, distances = find_photos(imagenette)[::160], []
    for path in paths:
        logits = colorizer.logits(path)
        height, width = (4 * side for side in logits.shape[-2:])
        lightness = torch.nn.functional.interpolate(
            lightness_of(as_rgb(path))[None], (height, width), mode="bilinear", antialias=True)
        pair = [annealed_mean(z, colorizer.bins) for z in (logits, run(session, lightness)[0])]
        distances.append((pair[0] - pair[1]).square().sum(0).sqrt().mean())
    assert len(distances) > 20
    assert torch.stack(distances).mean() < 0.1


def test_kernels_of_float32_lose_little(tmp_path, colorizer):
    """A network trained on and not yet rounded: its kernels lie between those of float16."""
    torch.manual_seed(0)
    network = copy.deepcopy(colorizer.network)
    for value in network.parameters():
        value.data *= 1 + 1e-3 * torch.rand_like(value)
    export_onnx(Colorizer(network), tmp_path / "mine.onnx")
    lightness = lightness_of(as_rgb(sample("china").resize((160, 104))))[None]
    with torch.inference_mode():
        theirs = annealed_mean(network.logits(lightness), colorizer.bins)
    logits = run(onnxruntime.InferenceSession(tmp_path / "mine.onnx"), lightness)
    distance = (annealed_mean(logits, colorizer.bins) - theirs).square().sum(1).sqrt().mean()
    assert 0 < distance < 1


def test_what_is_missing_is_named_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    assert main(["export", "-o", str(tmp_path / "x.onnx")]) == 2
    assert "pip install onnx onnxscript" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
