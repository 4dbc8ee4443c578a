"""colorlib.color against scikit-image."""

import numpy as np
import pytest
import skimage.color
import torch

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
