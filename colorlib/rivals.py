"""Three rivals that regress to ab: an autoencoder, VGG-16 transfer, Dahl's decoder (chapter 10)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .backbone import frozen_backbone, layer_channels
from .networks import AB_SCALE, Regression, checked


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


def enlarged(x: Tensor, to: Tensor, by: int = 1) -> Tensor:
    """Bilinear, to the sides of another picture, or to these divided by `by`."""
    sides = [side // by for side in to.shape[-2:]]
    return F.interpolate(x, sides, mode="bilinear", align_corners=False)


class Autoencoder(Regression):
    """Down to 1/16 and up again, with nothing that leads past the bottleneck.

    No paper's own: the simplest network from picture to picture, as it stands in many tutorials.
    What the bottleneck has no room for is lost; here that is color, not sharpness, since L is kept.
    """

    last = ("out",)

    def __init__(self, width: float = 1.0):
        super().__init__()
        c = [max(1, round(width * channels)) for channels in (64, 128, 256, 512)]
        self.encoder = nn.Sequential(*[block(a, b, 2) for a, b in zip([1, *c], c, strict=False)])
        self.decoder = nn.ModuleList([block(c[3], c[2]), block(c[2], c[1])])
        self.out = to_ab(c[1])

    def encode(self, lightness: Tensor) -> Tensor:
        """The bottleneck: L (N, 1, H, W) to (N, 512 width, H / 16, W / 16)."""
        return self.encoder((checked(lightness) - 50) / 100)

    def outputs(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) to ab (N, 2, H / 4, W / 4)."""
        x = self.encode(lightness)
        for scale, layer in zip((8, 4), self.decoder, strict=True):
            x = layer(enlarged(x, lightness, scale))
        return AB_SCALE * self.out(x)


class Transfer(Regression):
    """Colors read off a frozen VGG-16: what is known of a photo's content, and nothing learned new.

    The baseline of the literature's reviews: features of conv3_3 and conv4_3, at 1/4 and 1/8,
    under three convolutions, which alone are trained.
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
        found = self.backbone(checked(lightness))
        low = self.norm(found["conv3_3"])
        x = enlarged(self.middle(found["conv4_3"]), low)
        return AB_SCALE * self.out(self.head(torch.cat([low, x], 1)))


class Dahl(Regression):
    """Dahl's residual decoder: from the deepest features up, each stage's added on the way.

    Attributes
    ----------
    STAGES : the layers of VGG-16 whose features are added, deepest first.

    Notes
    -----
    R. Dahl, "Automatic colorization" (2016), tinyclouds.org/colorize. His network works at the
    photo's own resolution and in UV, with the loss also taken after two blurs. Here it predicts
    ab, and the loss is taken on squares of 4 x 4 pixels, as that of every network of the course.
    """

    STAGES = ("conv4_3", "conv3_3", "conv2_2", "conv1_2")
    last = ("out",)

    def __init__(self, width: float = 1.0):
        super().__init__()
        self.backbone, self.frozen = frozen_backbone(width)
        c = [layer_channels(width)[name] for name in self.STAGES]
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels) for channels in c])
        # The deepest features by a 1 x 1 convolution, the sums after it by 3 x 3 ones.
        deepest = nn.Sequential(nn.Conv2d(c[0], c[1], 1), nn.BatchNorm2d(c[1]), nn.ReLU())
        self.decoder = nn.ModuleList([deepest, block(c[1], c[2]), block(c[2], c[3])])
        self.last_block = block(c[3], c[3])
        self.out = to_ab(c[3])

    def outputs(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) to ab of the same sides."""
        found = self.backbone(checked(lightness))
        features = [norm(found[name]) for name, norm in zip(self.STAGES, self.norms, strict=True)]
        x = features[0]
        for layer, shallower in zip(self.decoder, features[1:], strict=True):
            x = enlarged(layer(x), shallower) + shallower
        return AB_SCALE * self.out(self.last_block(x))
