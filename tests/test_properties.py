"""Properties of color, gamut and losses over odd inputs: a documented error, or a right answer."""

import numpy as np
import pytest
import torch
from conftest import LONG
from hypothesis import given, settings
from hypothesis import strategies as st

from colorlib.color import into_gamut, lab_to_rgb, rgb_to_lab
from colorlib.gamut import AbGamut
from colorlib.images import as_rgb
from colorlib.losses import cross_entropy, l2

GAMUT = AbGamut()
often = settings(max_examples=1000 if LONG else 25, deadline=None)
sides = st.tuples(st.integers(0, 5), st.integers(0, 5))  # also empty, and of one pixel
seeds = st.integers(0, 2**32 - 1)


def random(seed, *shape, low=0.0, high=1.0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.uniform(low, high, shape)).double()


def strided(x):
    """The same values, with holes between them in memory."""
    return torch.stack([x, torch.full_like(x, torch.nan)], dim=-1)[..., 0]


@often
@given(sides, seeds)
def test_there_and_back_is_the_same_color_whatever_its_memory(side, seed):
    rgb = random(seed, 3, *side)
    lab = rgb_to_lab(strided(rgb))
    assert lab.shape == rgb.shape and torch.equal(lab, rgb_to_lab(rgb))
    assert torch.allclose(lab_to_rgb(lab), rgb, atol=1e-4)


@often
@given(sides, seeds)
def test_into_gamut_keeps_lightness_and_takes_color_only(side, seed):
    lab = random(seed, 3, *side, low=-150, high=150)
    lab[0] = lab[0].abs().clamp(max=100)
    shown = into_gamut(strided(lab))
    assert torch.equal(shown[0], lab[0])
    assert (shown[1:].norm(dim=0) <= lab[1:].norm(dim=0) + 1e-6).all()


@often
@given(sides, seeds, st.sampled_from([1.0, 100.0, 1e6]))
def test_soft_encoding_sums_to_one_and_begins_with_the_nearest(side, seed, reach):
    ab = random(seed, 2, *side, low=-reach, high=reach)
    indices, weights = GAMUT.soft_encode(strided(ab))
    assert indices.shape == weights.shape == (5, *side)
    assert torch.allclose(weights.sum(0), torch.ones(side).double())
    true = (ab.movedim(0, -1)[..., None, :] - GAMUT.bins.double()).square().sum(-1)
    chosen = true.gather(-1, GAMUT.nearest(ab)[..., None])
    assert torch.allclose(chosen[..., 0], true.amin(-1))


@pytest.mark.parametrize("odd", [torch.nan, torch.inf, -torch.inf])
def test_no_number_is_refused(odd):
    photo = torch.full((3, 2, 2), 0.5)
    photo[1, 0, 1] = odd
    with pytest.raises(ValueError, match="finite"):
        GAMUT.soft_encode(photo[:2])
    with pytest.raises(ValueError, match="lie in"):
        as_rgb(photo)


@often
@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_the_sparse_loss_is_the_dense_one(seed, height, width):
    logits = random(seed, 2, 313, height, width, low=-1e3, high=1e3)
    ab = random(seed, 2, 2, height, width, low=-100, high=100)
    indices, weights = GAMUT.soft_encode(ab)
    dense = -(GAMUT.dense(indices, weights) * logits.log_softmax(1)).sum(1).mean()
    assert torch.allclose(cross_entropy(strided(logits), indices, weights), dense)
    assert l2(ab, ab) == 0 and l2(ab, ab + 1) == pytest.approx(1)
