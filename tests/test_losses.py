"""Losses against their dense definitions."""

import pytest
import torch

from colorlib import AbGamut
from colorlib.losses import cross_entropy, l2
from colorlib.rebalancing import class_weights, course_prior


def dense_loss(logits, indices, shares, weights):
    """Zhang et al., equation 2, with every zero of the target written down."""
    target = AbGamut().dense(indices, shares)
    pixel = -(target * logits.log_softmax(1)).sum(1)
    return (weights[target.argmax(1)] * pixel).mean()


@pytest.fixture
def batch():
    torch.manual_seed(0)
    ab = torch.randn(3, 2, 6, 5) * 30
    return torch.randn(3, 313, 6, 5, requires_grad=True), *AbGamut().soft_encode(ab)


def test_equals_the_dense_definition_with_its_gradient(batch):
    logits, indices, shares = batch
    weights = class_weights(course_prior()).float()
    sparse, dense = cross_entropy(*batch, weights), dense_loss(*batch, weights)
    assert sparse.item() == pytest.approx(dense.item(), abs=1e-5)
    one, = torch.autograd.grad(sparse, logits)
    two, = torch.autograd.grad(dense, logits)
    assert (one - two).abs().max() < 1e-5
    assert one.abs().max() > 1e-4


def test_without_weights_every_pixel_counts_once(batch):
    ones = torch.ones(313)
    assert cross_entropy(*batch).item() == pytest.approx(dense_loss(*batch, ones).item(), abs=1e-5)


def test_mask_leaves_pictures_out(batch):
    logits, indices, shares = batch
    one = cross_entropy(logits[:1], indices[:1], shares[:1])
    masked = cross_entropy(logits, indices, shares, mask=torch.tensor([1, 0, 0]))
    assert masked.item() == pytest.approx(one.item(), abs=1e-5)
    nothing = cross_entropy(logits, indices, shares, mask=torch.zeros(3))
    nothing.backward()
    assert nothing.item() == 0 and torch.isfinite(logits.grad).all()


def test_uniform_logits_cost_ln_313(batch):
    _, indices, shares = batch
    loss = cross_entropy(torch.zeros(3, 313, 6, 5), indices, shares)
    assert loss.item() == pytest.approx(torch.tensor(313.0).log().item(), abs=1e-4)


def test_l2_is_half_the_squared_distance():
    one, two = torch.randn(2, 2, 3, 4), torch.randn(2, 2, 3, 4)
    expected = 0.5 * ((one - two) ** 2).sum(1).mean()
    assert l2(one, two).item() == pytest.approx(expected.item(), rel=1e-5)
