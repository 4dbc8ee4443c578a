"""The world of chapter 04: two colors, equally light, equally frequent."""

import torch

from colorlib import AbGamut, losses
from colorlib.notebook import balloons


def test_both_colors_look_the_same_in_gray():
    torch.manual_seed(0)
    lightness, ab = balloons.balloons(5)
    assert lightness.shape == (10, 1, 16, 16) and ab.shape == (10, 2, 16, 16)
    assert torch.equal(lightness[:5], lightness[5:])
    assert torch.equal(ab[:5], -ab[5:])  # pink and green are opposite
    inside = lightness[0, 0] == balloons.INSIDE
    assert 0 < inside.sum() < inside.numel()
    assert (ab[0][:, inside] == balloons.PINK[:, None]).all()
    assert (ab[0][:, ~inside] == 0).all()


def test_l2_answers_gray_and_classification_keeps_both_colors():
    torch.manual_seed(0)
    gamut = AbGamut()
    lightness, _ = balloons.balloons(1)
    inside = lightness[0, 0] == balloons.INSIDE
    regressor = balloons.train(balloons.Small(2), lambda out, ab: losses.l2(100 * out, ab))
    classifier = balloons.train(balloons.Small(313), lambda logits, ab: losses.cross_entropy(
        logits, *gamut.soft_encode(ab)))
    with torch.no_grad():
        guess, p = 100 * regressor(lightness[:1]), classifier(lightness[:1]).softmax(1)
    assert guess[0][:, inside].norm(dim=0).mean() < 15
    known = p[0][:, inside].mean(1)
    for color in (balloons.PINK, balloons.GREEN):
        assert known[(gamut.bins - color).norm(dim=1) < 15].sum() > 0.3
