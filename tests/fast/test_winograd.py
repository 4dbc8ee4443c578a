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
    network = zhang(1.0).eval()  # the paper's width
    for module in network.modules():  # statistics as after a training, not 0 and 1
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(0, 1)
            module.running_var.uniform_(0.5, 2)
    return network


@pytest.mark.parametrize("shape", [(1, 1, 192, 128), (2, 1, 96, 96), (1, 1, 8, 8)])
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


def test_colors_are_the_same_to_a_hundredth_of_an_ab_unit(network):
    photo = as_rgb(sample("china"))
    fast, plain = Colorizer(network, 176), Colorizer(network, 176)
    plain._convolutions = torch.inference_mode()  # a context that changes nothing
    one, other = fast.logits(photo), plain.logits(photo)
    assert not torch.equal(one, other)
    off = annealed_mean(one, fast.bins) - annealed_mean(other, fast.bins)
    assert off.abs().max() < 0.01
    # The search for the most color that a pixel can have goes by steps, so a bit more here.
    assert (fast(photo) - plain(photo)).abs().max() < 1 / 255


def test_what_it_can_not_do_is_left_to_torch():
    torch.manual_seed(0)
    x, n = torch.randn(1, 256, 24, 24), 256
    learner = torch.nn.Conv2d(n, 8, 3, padding=1)
    others = [learner, torch.nn.Conv2d(n, 8, 3, 2, padding=1), torch.nn.Conv2d(n, 8, 3),
              torch.nn.Conv2d(n, 8, 5, padding=2), torch.nn.Conv2d(n, 8, 3, padding="same"),
              torch.nn.Conv2d(n, 8, 3, padding=1, groups=4), torch.nn.Conv2d(n, 8, 1)]
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


def test_the_course_network_is_left_to_torch():
    network, x = zhang(0.25).eval(), 100 * torch.rand(1, 1, 176, 176)
    with torch.inference_mode():
        with Winograd():
            answer = network.logits(x)
        assert torch.equal(answer, network.logits(x))


def test_weights_that_change_are_transformed_anew():
    layer, x, quick = torch.nn.Conv2d(256, 8, 3, padding=1), torch.randn(1, 256, 24, 24), Winograd()
    with torch.no_grad():
        for _ in range(2):
            with quick:
                fast = layer(x)
            assert torch.allclose(fast, layer(x), atol=1e-4)
            layer.weight.mul_(-2)
