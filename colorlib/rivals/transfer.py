"""Frozen VGG-16 features under a small decoder that regresses to ab (chapter 10)."""

import torch
from torch import Tensor, nn

from ..networks import AB_SCALE, check_shape
from .blocks import Regression, block, resize_like, to_ab
from .vgg import frozen_backbone, layer_channels


class Transfer(Regression):
    """Colors from the features of a frozen VGG-16, by a small decoder.

    The baseline of reviews of the literature: features of conv3_3 and conv4_3, at 1/4 and 1/8 of
    the sides. Only the three convolutions on top of them are trained.
    """

    last = ("out",)

    def __init__(self, width: float = 1.0):
        super().__init__()
        self.backbone, self.frozen = frozen_backbone(width)
        c = layer_channels(width)
        self.middle = block(c["conv4_3"], c["conv3_3"])
        self.head = block(2 * c["conv3_3"], c["conv2_2"])
        self.norm = nn.BatchNorm2d(c["conv3_3"], affine=False)
        self.out = to_ab(c["conv2_2"])

    def outputs(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) to ab (N, 2, H / 4, W / 4)."""
        found = self.backbone(check_shape(lightness))
        low = self.norm(found["conv3_3"])
        x = resize_like(self.middle(found["conv4_3"]), low)
        return AB_SCALE * self.out(self.head(torch.cat([low, x], 1)))
