"""The fast convolutions against torch's own."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from colorlib.fast.winograd import Winograd, convolve, transform_kernel
from colorlib.images import as_rgb, sample
from colorlib.inference import Colorizer, annealed_mean
from colorlib.networks import zhang


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 3), st.integers(1, 19), st.integers(1, 19), st.integers(1, 5),
       st.integers(1, 5), st.integers(1, 3))
def test_any_shape_gives_what_torch_gives(n, height, width, channels, kernels, dilation):
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(n, channels, height, width, generator=rng, dtype=torch.float64)
    weight = torch.randn(kernels, channels, 3, 3, generator=rng, dtype=torch.float64)
    bias = torch.randn(kernels, generator=rng, dtype=torch.float64)
    ours = convolve(x, transform_kernel(weight), bias, dilation)
    theirs = F.conv2d(x, weight, bias, padding=dilation, dilation=dilation)
    assert torch.allclose(ours, theirs, atol=1e-10)
    assert torch.allclose(convolve(x, transform_kernel(weight), None, dilation),
                          theirs - bias[:, None, None], atol=1e-10)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = zhang(0.25).eval()
    for module in network.modules():  # statistics as after a training, not 0 and 1
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(0, 1)
            module.running_var.uniform_(0.5, 2)
    return network


@pytest.mark.parametrize("shape", [(1, 1, 256, 176), (2, 1, 128, 128), (1, 1, 8, 8)])
def test_a_network_answers_the_same(network, shape):
    lightness = torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 100
    with torch.inference_mode():
        plain = network.logits(lightness)
        with Winograd():
            fast = network.logits(lightness)
    assert fast.shape == plain.shape
    assert (fast - plain).abs().max() < 1e-4 * plain.abs().max()
    if shape[-1] > 8:
        assert not torch.equal(fast, plain)  # it did go the other way


def test_colors_are_the_same_to_a_hundredth_of_an_ab_unit():
    photo = as_rgb(sample("china"))
    fast, plain = Colorizer.from_pretrained("course"), Colorizer.from_pretrained("course")
    plain._convolutions = torch.inference_mode()  # a context that changes nothing
    one, other = fast.logits(photo), plain.logits(photo)
    assert not torch.equal(one, other)
    off = annealed_mean(one, fast.bins) - annealed_mean(other, fast.bins)
    assert off.abs().max() < 0.01
    # The search for the most color that a pixel can have goes by steps, so a bit more here.
    assert (fast(photo) - plain(photo)).abs().max() < 1 / 255


def test_what_it_can_not_do_is_left_to_torch():
    torch.manual_seed(0)
    x = torch.randn(1, 32, 40, 40)
    learner = torch.nn.Conv2d(32, 32, 3, padding=1)
    others = [learner, torch.nn.Conv2d(32, 32, 3, 2, padding=1), torch.nn.Conv2d(32, 32, 3),
              torch.nn.Conv2d(32, 32, 5, padding=2), torch.nn.Conv2d(32, 32, 3, padding="same"),
              torch.nn.Conv2d(32, 32, 3, padding=1, groups=4)]
    for layer in others:
        expected = layer(x)
        with Winograd():
            assert torch.equal(layer(x), expected), layer
    with Winograd():
        learner(x).sum().backward()
        double = copy.deepcopy(learner).double()
        with torch.no_grad():
            assert torch.equal(double(x.double()), F.conv2d(
                x.double(), double.weight, double.bias, padding=1))
    assert learner.weight.grad.abs().sum() > 0


def test_weights_that_change_are_transformed_anew():
    layer, x, quick = torch.nn.Conv2d(32, 8, 3, padding=1), torch.randn(1, 32, 40, 40), Winograd()
    with torch.no_grad():
        for _ in range(2):
            with quick:
                fast = layer(x)
            assert torch.allclose(fast, layer(x), atol=1e-4)
            layer.weight.mul_(-2)
