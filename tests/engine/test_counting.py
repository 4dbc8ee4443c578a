"""Counts against sums by hand, and the receptive field against the gradient."""

import pytest
import torch
from torch import nn

from colorlib import AbGamut
from colorlib.engine.counting import costs, layers, parameters, receptive_field
from colorlib.networks import zhang

AbGamut()  # its bins are numbers, and must be made before a device without any is the default


def on_meta(width):
    with torch.device("meta"):
        return zhang(width)


def count(width=1.0, side=256):
    network = on_meta(width).eval()
    return layers(network, torch.empty(1, 1, side, side, device="meta"), forward=network.logits)


def test_paper_network():
    found = count()
    assert parameters(on_meta(1)) == 32_236_011
    assert sum(layer.parameters for layer in found) == 32_236_011 - 2 * 313  # all but model_out
    assert round(sum(layer.multiply_adds for layer in found) / 1e9, 1) == 41.8
    assert found[-1].shape == (1, 313, 64, 64) and found[-1].features == 313 * 64 * 64
    assert [layer.name for layer in found[:3]] == ["model1.0", "model1.1", "model1.2"]
    assert found[1].kind == "ReLU" and found[1].features == 0  # in place


def test_costs_grow_as_they_should():
    small, large = (costs(on_meta(1).eval(), torch.empty(1, 1, side, side, device="meta"))
                   for side in (64, 128))
    assert small.parameters == large.parameters == 32_236_011
    assert large.features == 4 * small.features
    assert large.multiply_adds == 4 * small.multiply_adds


def test_multiply_adds_by_hand():
    kinds = [nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(),
             nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1), nn.Flatten(), nn.Linear(400, 7)]
    found = layers(nn.Sequential(*kinds), torch.zeros(2, 3, 10, 10))
    assert [layer.multiply_adds for layer in found] == [
        2 * 8 * 5 * 5 * 3 * 9, 0, 2 * 8 * 5 * 5 * 4 * 16, 0, 2 * 400 * 7]


def test_hooks_are_gone_after_an_error():
    network = nn.Sequential(nn.Conv2d(1, 1, 3))
    with pytest.raises(RuntimeError):
        layers(network, torch.zeros(1, 2, 8, 8))
    assert not network[0]._forward_hooks


def seen(network, forward, side, at):
    """First and last row of the input that has a gradient, where no weight is zero or negative."""
    for p in network.parameters():
        nn.init.constant_(p, 0.5)
    x = torch.full((1, 1, side, side), 100.0, dtype=torch.float64, requires_grad=True)
    forward(network.double().eval())(x)[0, 0, at, at].backward()
    rows = x.grad[0, 0].abs().sum(1).nonzero()
    return rows.min().item(), rows.max().item()


@pytest.mark.parametrize("at", [64, 65])
def test_receptive_field_is_where_the_gradient_is(at):
    network = zhang(1 / 64)
    first, last = receptive_field(network, at)
    assert last - first + 1 == 349
    assert seen(network, lambda n: n.logits, 512, at) == (first, last)


@pytest.mark.parametrize("at", range(6, 12))
@pytest.mark.parametrize("kernel, stride, padding, dilation", [
    (4, 2, 1, 1), (3, 2, 1, 1), (5, 3, 0, 1), (3, 2, 2, 2), (2, 1, 0, 3)])
def test_receptive_field_of_a_transposed_convolution(kernel, stride, padding, dilation, at):
    up = nn.ConvTranspose2d(1, 1, kernel, stride, padding, dilation=dilation)
    network = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), up, nn.Conv2d(1, 1, 3))
    assert receptive_field(network, at) == seen(network, lambda n: n, 24, at)
