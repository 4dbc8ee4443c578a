"""Parts that several of the networks share, above all what regresses to ab (chapter 10)."""

import torch.nn.functional as F
from torch import Tensor, nn

from ..losses import l2
from ..networks import ColorNet


def block(fan_in: int, fan_out: int, stride: int = 1) -> nn.Sequential:
    """A 3 x 3 convolution, BatchNorm, ReLU."""
    return nn.Sequential(nn.Conv2d(fan_in, fan_out, 3, stride, 1), nn.BatchNorm2d(fan_out),
                         nn.ReLU())


def to_ab(fan_in: int, side: int = 3) -> nn.Conv2d:
    """A convolution to two channels, scaled ab; its first answers are near 0, gray."""
    layer = nn.Conv2d(fan_in, 2, side, padding=side // 2)
    nn.init.zeros_(layer.bias)
    nn.init.normal_(layer.weight, std=0.01)
    return layer


def resize_like(x: Tensor, to: Tensor, by: int = 1) -> Tensor:
    """Resize x bilinearly to the height and width of `to`, each divided by `by`."""
    sides = [side // by for side in to.shape[-2:]]
    return F.interpolate(x, sides, mode="bilinear", align_corners=False)


class Regression(ColorNet):
    """A network whose outputs are the colors themselves: (N, 2, h, w), h and w at least H / 4."""

    def colors(self, outputs: Tensor) -> Tensor:
        """The outputs, as they are."""
        return outputs

    def objective(self, outputs: Tensor, ab: Tensor, loss: str,
                  class_weights: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """The squared error of the outputs' mean over each square of 4 x 4 pixels."""
        return l2(F.adaptive_avg_pool2d(outputs, ab.shape[-2:]), ab)
