"""A critic: train a colorizer to please the machine rater, and see what that is worth (14)."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..images import center
from ..turing.rater import VIEW, Rater
from .features import Seen
from .queries import BinNet


def paint_softly(lightness: Tensor, ab: Tensor) -> Tensor:
    """Lab (N, 3, H, W) of L (N, 1, H, W) and coarse ab; gradients pass, no color is clipped."""
    ab = F.interpolate(ab, lightness.shape[-2:], mode="bilinear")
    return torch.cat([lightness, ab], 1)


def relativistic_loss(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Loss of the critic, loss of the painter, from scores (N,) of pairs.

    The critic wants the real picture of each pair to have the higher score, the painter the
    other (Jolicoeur-Martineau 2019). Chapter 8's rater learned by the first.
    """
    return -F.logsigmoid(real - fake).mean(), -F.logsigmoid(fake - real).mean()


def please(network: BinNet, critic: Rater, lightness: Tensor, seen: Seen, truth: Tensor,
           steps: int = 40, rate: float = 3e-3,
           told: Callable[[int, Tensor], None] = lambda step, ab: None) -> BinNet:
    """Change the network's last layer until a critic, which does not change, likes its colors.

    Parameters
    ----------
    lightness : L (N, 1, 128, 128) of the pictures. `truth` has their true Lab.
    told : called before each step with its number and the colors.
    """
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    network.head.requires_grad_(True)
    with torch.no_grad():  # what comes before the last layer stays as it is
        pixels = network.pixels(seen)
        real = critic.judge(center(truth, VIEW))
    optimizer = torch.optim.Adam(network.head.parameters(), rate)
    for step in range(steps):
        shares = (network.head(pixels) / 0.38).softmax(1)
        ab = network.gamut.mean(shares)
        told(step, ab.detach())
        fake = critic.judge(center(paint_softly(lightness, ab), VIEW))
        loss = relativistic_loss(real, fake)[1]
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.head.parameters(), 1.0)
        optimizer.step()
    return network
