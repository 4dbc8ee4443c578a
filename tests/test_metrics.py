"""Metrics on cases with known answers."""

import pytest
import torch

from colorlib.color import lab_to_rgb, rgb_to_lab
from colorlib.metrics import Evaluation, ab_error, auc
from colorlib.rebalancing import course_prior


def test_auc_is_the_area_under_the_curve():
    torch.manual_seed(0)
    error = torch.rand(5000) * 200
    thresholds = torch.linspace(0, 150, 15001)
    curve = (error[:, None] <= thresholds).float().mean(0)
    assert auc(error) == pytest.approx(torch.trapezoid(curve, thresholds).item() / 150, abs=1e-4)


def test_auc_by_hand():
    assert auc(torch.zeros(4)) == 1
    assert auc(torch.full((4,), 150.0)) == 0
    assert auc(torch.tensor([0.0, 150.0]), torch.tensor([3.0, 1.0])) == 0.75


def test_evaluation_streams_the_same_as_all_at_once():
    torch.manual_seed(0)
    prior = course_prior()
    pairs = [(torch.rand(3, 6, 8), torch.rand(3, 5 + i, 8)[:, :6]) for i in range(3)]
    pairs = [(a[:, : b.shape[1]], b) for a, b in pairs]
    evaluation = Evaluation(prior)
    for colorized, truth in pairs:
        evaluation.add(colorized, truth)
    errors = torch.cat([ab_error(rgb_to_lab(a), rgb_to_lab(b)).flatten() for a, b in pairs])
    bins = torch.cat([evaluation.gamut.nearest(rgb_to_lab(b)[1:]).flatten() for _, b in pairs])
    floor = prior[prior > 0].min()
    summary = evaluation.summary(draws=200)
    assert summary["auc"] == pytest.approx(100 * auc(errors), abs=1e-3)
    weights = 1 / prior.clamp(min=floor)[bins]
    assert summary["auc_rebalanced"] == pytest.approx(100 * auc(errors, weights), abs=1e-3)
    low, high = summary["auc_interval"]
    assert low < summary["auc"] < high


def test_gray_has_no_chroma_and_truth_has_all():
    photo = torch.rand(3, 8, 8)
    gray = rgb_to_lab(photo)
    gray[1:] = 0
    evaluation = Evaluation(course_prior())
    evaluation.add(lab_to_rgb(gray), photo)
    assert evaluation.summary()["chroma_share"] < 0.01
    evaluation = Evaluation(course_prior())
    evaluation.add(photo, photo)
    assert evaluation.summary()["chroma_share"] == pytest.approx(1)
