"""colorlib.color against scikit-image."""

import numpy as np
import pytest
import skimage.color
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from colorlib import color

EDGES = torch.cartesian_prod(*[torch.tensor([0.0, 1e-6, 0.0404, 0.04045, 0.0405, 0.5, 1.0])] * 3)


def pixels():
    torch.manual_seed(0)
    return torch.cat([torch.rand(10_000, 3), EDGES]).T[:, None].contiguous()


def test_rgb_to_lab_agrees_with_scikit_image():
    rgb = pixels()
    expected = skimage.color.rgb2lab(rgb.double().numpy(), channel_axis=0)
    assert np.abs(color.rgb_to_lab(rgb).numpy() - expected).max() < 1e-3
    assert np.abs(color.rgb_to_lab(rgb.double()).numpy() - expected).max() < 1e-9


def test_lab_to_rgb_agrees_with_scikit_image_also_out_of_gamut():
    torch.manual_seed(1)
    lab = torch.rand(3, 100, 100, dtype=torch.float64) * 240 - 120
    lab[0] = torch.rand(100, 100) * 100
    with pytest.warns(UserWarning, match="negative Z"):
        expected = skimage.color.lab2rgb(lab.numpy(), channel_axis=0)
    assert np.abs(color.lab_to_rgb(lab).numpy() - expected).max() < 1e-6


def test_there_and_back():
    rgb = pixels()
    assert (color.lab_to_rgb(color.rgb_to_lab(rgb)) - rgb).abs().max() < 1e-4
    assert (color.linear_to_srgb(color.srgb_to_linear(rgb)) - rgb).abs().max() < 1e-5


def test_batches_of_any_depth():
    rgb = torch.rand(2, 5, 3, 4, 6)
    lab = color.rgb_to_lab(rgb)
    assert lab.shape == rgb.shape
    assert torch.allclose(lab[1, 3], color.rgb_to_lab(rgb[1, 3]), atol=1e-4)


def test_gradients_are_right_and_finite_at_black():
    rgb = torch.rand(3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(color.rgb_to_lab, rgb)
    lab = color.rgb_to_lab(0.1 + 0.8 * torch.rand(3, 2, 2, dtype=torch.float64))
    assert torch.autograd.gradcheck(color.lab_to_rgb, lab.requires_grad_())
    black = torch.zeros(3, 1, 1, requires_grad=True)
    color.lab_to_rgb(color.rgb_to_lab(black)).sum().backward()
    assert torch.isfinite(black.grad).all()


@pytest.mark.parametrize("bad, error", [
    (torch.zeros(3, 4, 4, dtype=torch.uint8), TypeError),
    (np.zeros((3, 4, 4)), TypeError),
    (torch.zeros(4, 4, 3), ValueError),
    (torch.zeros(3, 4), ValueError),
])
def test_wrong_input_is_named(bad, error):
    with pytest.raises(error, match="rgb must"):
        color.rgb_to_lab(bad)


def test_into_gamut_keeps_lightness_and_hue():
    torch.manual_seed(2)
    lab = torch.cat([torch.rand(1, 50, 50) * 100, torch.randn(2, 50, 50) * 60])
    shown = color.into_gamut(lab)
    assert torch.equal(shown[0], lab[0])
    back = color.rgb_to_lab(color.lab_to_rgb(shown))
    assert (back[0] - lab[0]).abs().max() < 0.5
    cross = shown[1] * lab[2] - shown[2] * lab[1]
    assert cross.abs().max() < 1e-2
    inside = color.rgb_to_lab(torch.rand(3, 50, 50))
    assert torch.equal(color.into_gamut(inside), inside)


def test_delta_e_is_cie76():
    one, two = color.rgb_to_lab(pixels()), color.rgb_to_lab(pixels().flip(1))
    expected = skimage.color.deltaE_cie76(one.numpy(), two.numpy(), channel_axis=0)
    assert np.abs(color.delta_e(one, two).numpy() - expected).max() < 1e-3


def slow_lab(rgb):
    """The formulas as they are taught, at double precision."""
    return color.xyz_to_lab(color.rgb_to_xyz(rgb.double()))


def slow_rgb(lab):
    return color.lab_to_rgb(lab.double(), clip=False)


SHAPES = [(3, 1, 1), (3, 300, 300), (2, 5, 3, 7, 9), (40, 3, 64, 64), (2, 3, 260, 270)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_fast_way_gives_what_the_formulas_give(shape):
    torch.manual_seed(0)
    rgb = torch.rand(shape)
    before, lab = rgb.clone(), color.rgb_to_lab(rgb)
    assert (lab - slow_lab(rgb)).abs().max() < 5e-4
    assert (color.lab_to_rgb(lab) - rgb).abs().max() < 5e-5
    assert torch.equal(rgb, before) and lab.dtype == torch.float32  # the input is left alone
    again = lab.clone()
    color.lab_to_rgb(lab), color.into_gamut(lab)
    assert torch.equal(lab, again)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1, 4, width=32), min_size=3, max_size=3))
def test_the_fast_way_agrees_beyond_the_screen_too(rgb):
    rgb = torch.tensor(rgb)[:, None, None]
    lab = slow_lab(rgb)
    assert (color.rgb_to_lab(rgb) - lab).abs().max() < 2e-3
    back = slow_rgb(lab.float())
    # A channel near 0 is a difference of lights: it is as exact as the brightest of them allows.
    light = color.lab_to_xyz(lab).abs().max().item()
    assert torch.allclose(color.lab_to_rgb(lab.float(), clip=False), back.float(),
                          atol=1e-4 * max(1, light))


def test_every_byte():
    rgb = torch.arange(256, dtype=torch.uint8).expand(3, 2, 256)
    lab = color.rgb8_to_lab(torch.stack([rgb, rgb.flip(0, 2)]))
    assert (lab[0] - slow_lab(rgb / 255)).abs().max() < 5e-4
    corners = torch.cartesian_prod(*[torch.tensor([0, 10, 11, 128, 255], dtype=torch.uint8)] * 3)
    corners = corners.T[:, None]  # not contiguous
    assert (color.rgb8_to_lab(corners) - slow_lab(corners / 255)).abs().max() < 5e-4
    assert color.rgb8_to_lab(corners[..., :0]).shape == (3, 1, 0)
    with pytest.raises(TypeError, match="bytes"):
        color.rgb8_to_lab(corners.float())


def test_two_threads_and_odd_strides():
    rgb = torch.rand(300, 301, 3).movedim(-1, 0)[:, ::2, 1:]
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert (color.rgb_to_lab(rgb) - slow_lab(rgb)).abs().max() < 5e-4
    finally:
        torch.set_num_threads(threads)


def test_a_gradient_is_that_of_the_formulas():
    rgb = torch.rand(3, 4, 4, requires_grad=True)
    lab = color.rgb_to_lab(rgb)
    assert lab.requires_grad and not color.rgb_to_lab(rgb.detach()).requires_grad
    again = lab.detach().requires_grad_()
    color.lab_to_rgb(color.into_gamut(again)).sum().backward()
    assert again.grad.isfinite().all() and again.grad.abs().sum() > 0
    with torch.no_grad():
        assert torch.allclose(color.rgb_to_lab(rgb), lab, atol=5e-4)


def test_into_gamut_takes_no_more_than_it_must():
    torch.manual_seed(3)
    lab = torch.cat([torch.rand(1, 40, 40) * 100, torch.randn(2, 40, 40) * 60])
    shown = color.into_gamut(lab)
    rgb = slow_rgb(shown)
    assert rgb.min() > -0.003 and rgb.max() < 1.003
    kept = shown[1:].norm(dim=0) / lab[1:].norm(dim=0)
    more = torch.cat([lab[:1], lab[1:] * (kept + 1 / 128)])
    outside = ((slow_rgb(more) < -0.0019) | (slow_rgb(more) > 1.0019)).any(0)
    assert outside[kept < 0.99].all()
    assert torch.allclose(color.into_gamut(lab.double()).float(), shown, atol=1)
