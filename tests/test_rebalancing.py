"""The prior and the weights."""

import pytest
import torch

from colorlib import AbGamut
from colorlib.color import rgb_to_lab
from colorlib.rebalancing import class_weights, course_prior, empirical_prior


def test_prior_is_the_mean_of_dense_soft_targets():
    torch.manual_seed(0)
    photos = [torch.rand(3, 7, 9), torch.rand(3, 16, 4)]
    gamut = AbGamut()
    dense = [gamut.dense(*gamut.soft_encode(rgb_to_lab(p)[1:])).flatten(1) for p in photos]
    expected = torch.cat(dense, 1).double().mean(1)
    # A generator: one photo at a time is all that is ever held.
    assert torch.allclose(empirical_prior(iter(photos)), expected, atol=1e-7)
    assert torch.allclose(empirical_prior([torch.stack([photos[0]] * 2)]),
                          empirical_prior(photos[:1]))


def test_bytes_count_like_floats():
    photo = torch.randint(0, 256, (3, 8, 8), dtype=torch.uint8)
    assert torch.allclose(empirical_prior([photo]), empirical_prior([photo.float() / 255]))


def test_no_photos_is_an_error():
    with pytest.raises(ValueError, match="empty"):
        empirical_prior([])


def test_course_prior_peaks_at_gray():
    prior = course_prior()
    assert prior.shape == (313,) and prior.dtype == torch.float64
    assert prior.sum().item() == pytest.approx(1)
    assert AbGamut().bins[prior.argmax()].tolist() == [0, 0]


@pytest.mark.parametrize("lam", [0.1, 0.5, 1.0])
def test_weights_have_mean_one_and_the_papers_shape(lam):
    prior = course_prior()
    weights = class_weights(prior, lam)
    assert (prior * weights).sum().item() == pytest.approx(1)
    plain = 1 / ((1 - lam) * prior + lam / 313)
    assert torch.allclose(weights / weights[0], plain / plain[0])


def test_weights_at_the_ends():
    prior = torch.tensor([0.5, 0.25, 0.25, 0.0])
    assert torch.equal(class_weights(prior, 1.0), torch.ones(4))
    weights = class_weights(prior, 0.0)
    assert torch.isfinite(weights).all() and weights[3] == 0
    assert weights[1] == 2 * weights[0]


@pytest.mark.parametrize("prior, lam", [
    (torch.ones(3), 1.5), (torch.zeros(3), 0.5), (torch.tensor([1.0, -1.0]), 0.5),
    (torch.tensor([1.0, float("nan")]), 0.5), (torch.ones(3, 3), 0.5),
])
def test_wrong_input_is_named(prior, lam):
    with pytest.raises(ValueError, match="must be"):
        class_weights(prior, lam)
