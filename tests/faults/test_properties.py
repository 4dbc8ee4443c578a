"""Color, gamut, losses and metrics over odd inputs: a documented error, or a right answer."""

import numpy as np
import pytest
import torch
from conftest import LONG
from hypothesis import given, settings
from hypothesis import strategies as st

from colorlib.color import into_gamut, lab_to_rgb, rgb_to_lab
from colorlib.evaluation.sums import Evaluation
from colorlib.gamut import AbGamut
from colorlib.images import as_rgb
from colorlib.losses import cross_entropy, l2
from colorlib.metrics import ab_error, auc, colorfulness, psnr, ssim

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


@often
@given(sides, seeds, st.sampled_from([1.0, 200.0, 1e30]))
def test_auc_is_right_or_refuses(side, seed, reach):
    """Empty, of one pixel, with holes in memory, huge; an infinite error is beyond all."""
    error, weights = random(seed, *side, high=reach), random(seed + 1, *side, low=0.1)
    if not error.numel():
        with pytest.raises(ValueError, match="at least one"):
            auc(error)
        return
    share = np.clip(error.numpy(), 0, 150) / 150
    assert auc(strided(error)) == pytest.approx(1 - share.mean(), abs=1e-9)
    expected = 1 - np.average(share, weights=weights.numpy())
    assert auc(strided(error), strided(weights)) == pytest.approx(expected, abs=1e-9)
    error.view(-1)[0] = torch.inf
    assert auc(error) <= 1 - share.mean() + 1e-9
    error.view(-1)[0] = torch.nan
    with pytest.raises(ValueError, match="numbers"):
        auc(error)


@often
@given(sides, seeds)
def test_metrics_of_photos_are_right_or_refuse(side, seed):
    one, other = random(seed, 3, *side), random(seed + 1, 3, *side)
    if not one.numel():
        for metric in (lambda: psnr(one, other), lambda: colorfulness(one), lambda: ssim(one, one)):
            with pytest.raises(ValueError, match="have pixels"):
                metric()
        return
    assert psnr(strided(one), other) == psnr(one, other) == pytest.approx(
        -10 * np.log10(np.square((one - other).numpy()).mean()))
    assert psnr(one, one) == np.inf
    assert colorfulness(strided(one)) == colorfulness(one) >= 0
    assert colorfulness(one[:1].expand_as(one)) == pytest.approx(0, abs=1e-9)
    lab = rgb_to_lab(one), rgb_to_lab(other)
    assert torch.equal(ab_error(*map(strided, lab)), ab_error(*lab))
    with pytest.raises(ValueError, match="11 x 11"):
        ssim(one, other)
    big = one.repeat(1, 16, 16)[:, :16, :16]
    assert ssim(strided(big), big) == pytest.approx(1)
    with pytest.raises(ValueError, match="same shape"):
        psnr(one, big)


@pytest.mark.parametrize("odd", [torch.nan, torch.inf, -torch.inf])
def test_a_metric_of_no_number_is_refused_and_counts_nothing(odd):
    photo = torch.full((3, 12, 12), 0.5)
    broken = photo.clone()
    broken[1, 0, 1] = odd
    evaluation = Evaluation(torch.ones(313) / 313)
    for measure in (lambda: psnr(photo, broken), lambda: ssim(broken, photo),
                    lambda: colorfulness(broken), lambda: evaluation.add(broken, photo),
                    lambda: evaluation.add(photo, broken),
                    lambda: auc(torch.ones(2), torch.tensor([1.0, odd])),
                    lambda: auc(torch.ones(2), torch.zeros(2))):
        with pytest.raises(ValueError, match="finite|numbers"):
            measure()
    assert evaluation.photos == 0
