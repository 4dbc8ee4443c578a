"""Three rivals that regress to ab: an autoencoder, VGG-16 transfer, Dahl's decoder (chapter 10)."""


import torch.nn.functional as F
from torch import Tensor, nn

from ..losses import l2
from ..networks import ColorNet


def block(fan_in: int, fan_out: int, stride: int = 1) -> nn.Sequential:
    """A 3 x 3 convolution, BatchNorm, ReLU."""
    return nn.Sequential(nn.Conv2d(fan_in, fan_out, 3, stride, 1), nn.BatchNorm2d(fan_out),
                         nn.ReLU())


def to_ab(fan_in: int) -> nn.Conv2d:
    """A 3 x 3 convolution to ab / 110 that says gray to begin with."""
    layer = nn.Conv2d(fan_in, 2, 3, padding=1)
    nn.init.zeros_(layer.bias)
    nn.init.normal_(layer.weight, std=0.01)
    return layer


def resize_like(x: Tensor, to: Tensor, by: int = 1) -> Tensor:
    """Bilinear, to the sides of another picture, or to these divided by `by`."""
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
