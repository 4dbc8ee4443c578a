"""Probes, k-means filters, what units answer: chapter 11."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from colorlib.metrics import bootstrap, interval
from colorlib.networks import zhang
from colorlib.representation.features import BLOCKS, features, pooled
from colorlib.representation.kmeans import initialize, kmeans, standardize, whitened
from colorlib.representation.probes import best_probe, probe_path
from colorlib.representation.units import exciting_patches, selectivity


def problem(photos=300, size=20, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=photos)
    x = rng.normal(size=(photos, size)) @ rng.normal(size=(size, size))
    x[:, :classes] += 3 * np.eye(classes)[y]
    return 5 * x + 2, y


@pytest.mark.parametrize("penalty", [10.0, 0.1, 1e-3])
def test_probe_is_what_scikit_learn_finds(penalty):
    x, y = problem()
    *_, probe = probe_path(x, y, [1.0, penalty])
    z = (x - x.mean(0)) / x.std(0)
    theirs = LogisticRegression(C=1 / (penalty * len(x)), tol=1e-10, max_iter=10_000).fit(z, y)
    assert np.allclose(np.exp(probe.log_probabilities(x)), theirs.predict_proba(z), atol=2e-3)
    assert probe.slope < 1e-3 and probe.penalty == penalty


def test_a_feature_that_never_changes_does_no_harm():
    x, y = problem()
    x[:, 7] = 3
    (probe,) = probe_path(x, y, [0.1])
    assert np.isfinite(probe.weight).all() and probe.right(x, y).mean() > 0.6


def test_the_penalty_is_chosen_on_what_is_held_out():
    x, y = problem(photos=60, size=40)
    held, truth = problem(photos=400, size=40, seed=0)
    losses = [probe.loss(held, truth) for probe in probe_path(x, y)]
    assert best_probe(x, y, held, truth).loss(held, truth) == pytest.approx(min(losses))


def test_bootstrap_has_the_spread_of_a_mean():
    right = np.random.default_rng(0).random(400) < 0.7
    drawn = bootstrap(right)
    assert drawn.std() == pytest.approx((0.7 * 0.3 / 400) ** 0.5, rel=0.15)
    low, high = interval(right)
    assert low < right.mean() < high


def test_pooled_keeps_the_mean():
    x = torch.rand(2, 32, 24, 24)
    assert pooled(x).shape == (2, 1152)
    assert torch.allclose(pooled(x).view(2, 32, -1).mean(-1), x.mean((-2, -1)), atol=1e-5)


def test_features_are_those_of_the_network():
    network, x = zhang(1 / 16).eval(), torch.rand(2, 1, 32, 32) * 100
    with torch.no_grad():
        found = features(network, x)
        assert list(found) == list(BLOCKS)
        assert torch.allclose(network.model8(found["model7"]), network.logits(x), atol=1e-5)


def test_kmeans_finds_directions():
    torch.manual_seed(0)
    centers = torch.eye(6)[:3]
    points = torch.cat([5 * c + 0.1 * torch.randn(50, 6) for c in centers])
    found = kmeans(points, 3)
    assert torch.allclose((found @ centers.T).max(0).values, torch.ones(3), atol=0.05)


def test_whitened_points_have_no_correlations():
    torch.manual_seed(0)
    points = torch.randn(2000, 5) @ torch.randn(5, 5) + 3
    white, matrix = whitened(points, floor=0)
    assert torch.allclose(white.T @ white / len(white), torch.eye(5), atol=0.05)
    assert torch.allclose(matrix, matrix.T, atol=1e-4)


@torch.no_grad()
def test_standardized_filters_answer_evenly():
    torch.manual_seed(0)
    conv, x = nn.Conv2d(3, 8, 3, 2, 1), 4 * torch.rand(10, 3, 16, 16) + 1
    standardize(conv, x)
    y = conv(x)
    assert torch.allclose(y.mean((0, 2, 3)), torch.zeros(8), atol=1e-4)
    assert torch.allclose(y.std((0, 2, 3)), torch.ones(8), atol=1e-4)


@pytest.mark.parametrize("filters", ["kmeans", "random"])
def test_a_start_from_data_keeps_signals_even_through_the_trunk(filters):
    torch.manual_seed(0)
    pictures = torch.rand(12, 1, 8, 8).repeat_interleave(8, -1).repeat_interleave(8, -2) * 100
    network = zhang(1 / 32)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    initialize(network, pictures, filters)
    with torch.no_grad():
        for feature in features(network, pictures).values():
            assert feature.mean().abs() < 0.05 and feature.std() == pytest.approx(1, abs=0.1)
    same = torch.equal(before["model4.0.weight"], network.model4[0].weight)
    assert same == (filters == "random")
    assert torch.equal(before["model8.2.weight"], network.model8[2].weight)  # not of the trunk


def test_selectivity_counts_ties_as_half_and_units_apart():
    inside = np.array([True, True, False, False])
    answers = np.array([[2.0, 0, 0, 1], [1, 0, 1, 1], [0, 0, 2, 1], [-1, 0, 1, 1]])
    assert selectivity(answers, inside).tolist() == [1.0, 0.5, 0.125, 0.5]


def test_exciting_patches_are_where_the_unit_answers():
    """A unit that answers to light finds the light squares, the brightest first."""
    network = zhang(1 / 32).eval()
    with torch.no_grad():
        for layer in (network.model1[0], network.model1[2]):
            layer.weight.fill_(0.1)
            layer.bias.fill_(5.0)
    photos = [torch.zeros(1, 64, 64), torch.zeros(1, 64, 64)]
    photos[0][:, 40:48, 8:16] = 60
    photos[1][:, 8:16, 40:48] = 100
    found = exciting_patches(network, "model1", 0, photos, count=8)
    assert [patch.answer for patch in found] == sorted((p.answer for p in found), reverse=True)
    assert found[0].photo == 1
    dark = next(patch for patch in found if patch.photo == 0)
    for patch, (top, left) in ((found[0], (8, 40)), (dark, (40, 8))):
        assert top - 2 <= patch.top <= top + 5 and left - 2 <= patch.left <= left + 5
        assert patch.side == 5
    for one, other in itertools.combinations([p for p in found if p.photo == 1], 2):
        assert max(abs(one.top - other.top), abs(one.left - other.left)) > patch.side / 2
