"""What ImageNet's features are worth: the networks, their figures, and a whole small study."""

import json

import pytest
import torch
from conftest import ROOT

from colorlib.after.features import CHANNELS, Seen
from colorlib.color import rgb8_to_lab
from colorlib.gamut import AbGamut
from colorlib.io.assets import results
from colorlib.rebalancing import course_prior
from experiments import head_start
from experiments.after_data import Looked


def looked(count: int, spread: float = 1.0) -> Looked:
    """Random pictures, and features as if they had been looked at."""
    random = torch.Generator().manual_seed(count)
    rgb = torch.randint(256, (count, 3, 128, 128), generator=random, dtype=torch.uint8)
    lab = rgb8_to_lab(rgb)
    features = [spread * torch.randn(count, channels, side, side, generator=random)
                for channels, side in zip(CHANNELS, (16, 8, 4), strict=True)]
    seen = Seen(torch.nn.functional.avg_pool2d(lab[:, :1], 2), *features)
    return Looked(rgb, torch.nn.functional.avg_pool2d(lab[:, 1:], 4),
                  torch.zeros(count, dtype=torch.long), seen)


def test_scores_are_those_of_the_definition():
    truth = 30 * torch.randn(3, 2, 32, 32, generator=torch.Generator().manual_seed(0))
    rows = head_start.scored(0.5 * truth, truth)
    one, prior, gamut = truth[1], course_prior(), AbGamut()
    error = (0.5 * one).square().sum(0).sqrt()
    weight = 1 / prior[gamut.nearest(one[None])][0]
    score = 1 - error.clamp(max=150) / 150  # the share of all thresholds that the error is below
    assert rows[1, 0] == pytest.approx(score.mean().item(), rel=1e-5)
    assert rows[1, 1] == pytest.approx((weight.double() * score).sum().item(), rel=1e-5)
    assert rows[1, 2] == pytest.approx(weight.sum().item(), rel=1e-5)
    told = head_start.figures(rows)
    assert told["auc_rebalanced"][0] == pytest.approx(
        100 * (rows[:, 1].sum() / rows[:, 2].sum()).item())
    assert told["chroma_share"][0] == pytest.approx(0.5, abs=1e-5)
    nothing = head_start.figures(rows, rows)
    assert nothing["auc"] == nothing["auc_rebalanced"] == [0, 0, 0]
    worse = head_start.figures(rows, head_start.scored(truth, truth))
    assert worse["auc"][2] < 0 and worse["auc_rebalanced"][0] < 0


def test_the_regression_learns_colors_that_the_features_tell():
    data = looked(16)
    ab = 20 * data.seen.at8[:, :2].repeat_interleave(2, -1).repeat_interleave(2, -2)
    torch.manual_seed(0)
    network = head_start.Regression()
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    losses = []
    for _ in range(80):
        losses.append(network.loss(ab, data.seen, None))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    torch.manual_seed(0)
    first = head_start.Regression().colors(data.seen)
    assert losses[0].item() == pytest.approx(
        ((first - ab) / head_start.CHROMA).square().mean().item(), rel=1e-4)
    assert losses[-1] < 0.8 * losses[0]


def test_a_small_study_has_every_run_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(head_start, "looked", lambda split, encoder, cache, count=None: looked(
        {"val": 6, "train": 8}[split], {"imagenet": 1.0, "random": 0.5}[encoder]))
    monkeypatch.setattr(head_start, "SHARES", (25, 100))
    monkeypatch.setattr(head_start, "RUNS", [("bins", 25), ("bins", 100), ("l2", 100)])
    found = head_start.study(2, tmp_path)
    assert found["photos"] == 6 and found["imagenet"]["bins 25"]["photos"] == 2
    assert set(found["random"]) == {"bins 25", "bins 100", "l2 100"}
    more = found["imagenet"]["l2 100"]["auc"][0] - found["random"]["l2 100"]["auc"][0]
    assert found["imagenet less random"]["l2 100"]["auc"][0] == pytest.approx(more, abs=1e-4)
    assert found["gray"]["chroma_share"][0] == 0
    capsys.readouterr()
    again = head_start.study(2, tmp_path)
    assert "step" not in capsys.readouterr().out.replace("steps", "")  # nothing is trained again
    assert again["imagenet"] == found["imagenet"]


def test_the_notebook_reads_what_was_measured():
    kept = (ROOT / "results" / "head_start.json").read_text(encoding="utf-8")
    assert results("after/head_start") == json.loads(kept)
