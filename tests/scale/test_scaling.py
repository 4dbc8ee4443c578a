"""The cost model: roofs, shares of them, and what is measured for it."""

import json

import pytest
import torch
from conftest import ROOT

from colorlib.engine.counting import costs
from colorlib.io.assets import results
from colorlib.networks import zhang
from colorlib.scale.roofline import GPUS, TITAN_X, Machine, fractions, hours, layer_times, roofline
from experiments.scaling import main


def test_the_roof_is_the_larger_of_two_times():
    plenty = Machine("of memory", 1e12, 1e30)
    network = zhang(0.25).to("meta")
    found = costs(network, torch.empty(1, 1, 64, 64, device="meta"), forward=network.logits)
    assert roofline(plenty, 0.25, 64) == pytest.approx(6 * found.multiply_adds / 1e12)
    slow = Machine("of nothing else", 1e30, 1e9)
    moved = sum(m for _, m in layer_times(slow, 0.25, 64))
    assert roofline(slow, 0.25, 64) == pytest.approx(moved)
    assert moved > 3 * 4 * found.features / 1e9
    work, move = roofline(plenty, 0.25, 64), moved / 50  # each decides for some of the layers
    assert max(work, move) < roofline(Machine("both", 1e12, 5e10), 0.25, 64) < work + move
    assert roofline(TITAN_X, 1, 176, 40) < roofline(TITAN_X, 1, 176, 1)  # weights read once


def test_what_ships_is_what_was_measured():
    told = results("scaling")
    path = ROOT / "results" / "scaling.json"
    assert told == json.loads(path.read_text())
    assert "scaling" in told["command"] and told["torch"]
    assert all(0.05 < share < 1 for share in fractions(told))
    assert len(told["rows"]) >= 6


def test_hours_go_by_images_and_share():
    gpu = GPUS[0]
    assert hours(gpu, 0.2, 1000) == pytest.approx(2 * hours(gpu, 0.4, 1000))
    assert hours(gpu, 1.0, 3600 / roofline(gpu, 1.0, 176, 40)) == pytest.approx(1)


def test_a_tiny_measurement(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("experiments.scaling.images_per_second", lambda count, *rest: 10.0 * count)
    assert main(["--tiny", "-o", str(tmp_path / "s.json")]) == 0
    told = json.loads((tmp_path / "s.json").read_text())
    assert told["rows"][0]["images_per_second"] > 0 and "--tiny" in told["command"]
    assert "two processes: 2.00 times one" in capsys.readouterr().out
