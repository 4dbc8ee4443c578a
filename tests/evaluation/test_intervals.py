"""Effective numbers and intervals, against their definitions written plainly."""

import json
import tracemalloc

import numpy as np
import pytest
import torch
from conftest import ROOT

from colorlib.evaluation.intervals import effective, percentile, resampled, studentized
from colorlib.evaluation.sums import SUMS, Evaluation
from colorlib.metrics import psnr
from colorlib.rebalancing import course_prior


def test_effective_number_goes_from_one_to_n():
    assert effective([2.0] * 7) == pytest.approx(7)
    assert effective([5.0, 0, 0]) == 1
    assert effective([1.0, 2.0, 3.0]) == pytest.approx(36 / 14)
    assert np.isnan(effective([]))


def test_studentized_interval_is_the_one_of_the_book():
    rng = np.random.default_rng(3)
    whole = rng.pareto(2, 40) + 0.1
    part = whole * rng.random(40)
    drawn = np.random.default_rng(0).multinomial(40, np.full(40, 1 / 40), size=200)

    def of(picks):
        x, w = part[picks], whole[picks]
        ratio = x.sum() / w.sum()
        return ratio, np.sqrt(((x - ratio * w) ** 2).sum()) / w.sum()

    ratio, error = of(np.arange(40))
    t = [(r - ratio) / e for r, e in (of(np.repeat(np.arange(40), times)) for times in drawn)]
    low, high = np.quantile(t, [0.025, 0.975])
    assert studentized(part, whole, 200) == pytest.approx(
        [ratio - high * error, ratio - low * error])
    assert studentized(2 * whole, whole, 200) == pytest.approx([2, 2])


def test_where_few_weigh_most_it_is_wider_and_covers_more_often():
    rng = np.random.default_rng(0)
    whole = rng.pareto(1.2, 4000) + 0.1
    part = whole / (1 + whole)
    truth, held = part.sum() / whole.sum(), {percentile: 0, studentized: 0}
    for _ in range(60):
        picks = rng.integers(4000, size=50)
        for kind in held:
            low, high = kind(part[picks], whole[picks], 200)
            held[kind] += low <= truth <= high
    assert held[studentized] > held[percentile] + 3


def test_an_evaluation_has_effective_numbers_clipped_weights_and_pooled_psnr():
    rng = torch.Generator().manual_seed(0)
    pairs = [torch.rand(2, 3, 12, 16, generator=rng) for _ in range(3)]
    pairs[1][1] = pairs[1][0]  # colored without error: 99 dB by itself
    evaluation = Evaluation(course_prior())
    for made, true in pairs:
        evaluation.add(made, true)
    found = evaluation.figures()
    squares = torch.stack([(made.double() - true.double()).square() for made, true in pairs])
    assert found["psnr_pooled"] == pytest.approx(-10 * squares.mean().log10().item())
    assert found["psnr"] == pytest.approx(
        sum(min(psnr(*pair), 99.0) for pair in pairs) / 3)
    for name, weight in (("auc_rebalanced", "weight"),
                         ("auc_rebalanced_clipped", "clipped_weight")):
        w = [row[SUMS.index(weight)].item() for row in evaluation.rows]
        assert found[f"{name}_effective"] == pytest.approx(sum(w) ** 2 / sum(x * x for x in w))
        assert w[0] <= 12 * 16 / (1e-4 if "clipped" in name else 1e-12)
    assert found["auc_rebalanced_clipped"] != found["auc_rebalanced"]


def test_the_committed_coverage_is_what_the_text_says():
    """Chapter 07's table; 24 photographs are too few for any kind, plain AuC needs none."""
    figures = json.loads((ROOT / "results" / "coverage.json").read_text())["figures"]
    chapter = (ROOT / "notebooks" / "07_evaluation.ipynb").read_text()
    for n in ("24", "300", "1500", "3925"):
        gray, plain = figures["gray"][n], figures["gray, plain"][n]["covers"]["percentile"]
        covers = gray["covers"]
        assert (f"| {int(n):,} | {gray['effective']:.1f} | {covers['percentile']:.0f} | "
                f"{covers['studentized at 99%']:.0f} | {plain:.0f} |") in chapter
        assert covers["percentile"] < covers["studentized at 99%"] <= 95
        clipped = figures["gray, clipped"][n]["covers"]
        assert clipped["percentile"] > covers["percentile"] < plain


def test_the_bootstrap_of_many_photographs_takes_little_memory():
    """Two bytes a photograph and draw: 20 MB for these, where float64 would take 80."""
    rows = np.ones((10_000, 2))
    tracemalloc.start()
    summed = resampled(rows, 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40e6
    np.testing.assert_allclose(summed, 10_000)
