"""From lightness to 313 colors, by ImageNet's features and a decoder that is trained here."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..color import linear_to_srgb
from ..gamut import AbGamut
from ..losses import cross_entropy
from ..networks import ColorNet, check_shape
from .efficientnet import TAP_CHANNELS, Encoder, imagenet_encoder, scaled

CHANNELS = (72, 128, 192)  # of the decoder at 1/4, 1/8 and 1/16
HIDDEN = 160  # under the 313 classes
GLOBAL = 256  # numbers that tell of the whole picture
OWN = 16  # pixels of a 4 x 4 square, which the decoder sees as they are


class PhotoNet(ColorNet):
    """EfficientNet-Lite0's encoder for gray pictures, and a decoder with skips.

    The course's method, soft encoding, class weights and annealed mean, on another network: one
    whose encoder was first trained to name what ImageNet's photographs show.

    Parameters
    ----------
    width : 1; there is no other.
    pretrained : begin with ImageNet's weights, see `efficientnet.imagenet_encoder`.
    """

    losses = ("rebalanced", "classification")
    last = ("head.2",)

    def __init__(self, width: float = 1.0, pretrained: bool = False):
        super().__init__()
        if width != 1:
            raise ValueError(f"this network has one width, 1, got {width}")
        self.gamut = AbGamut()
        fine, middle, coarse = CHANNELS
        self.encoder = imagenet_encoder() if pretrained else Encoder(1)
        at4, at8, at16, at32 = TAP_CHANNELS
        # What the picture shows as a whole moves the decoder's features everywhere.
        self.whole = nn.Sequential(nn.Linear(at32, GLOBAL), nn.ReLU(), nn.Linear(GLOBAL, coarse))
        self.from32 = nn.Conv2d(at32, coarse, 1, bias=False)
        self.at16 = _convolution(coarse + at16, coarse)
        self.from16 = nn.Conv2d(coarse, middle, 1, bias=False)
        self.at8 = _convolution(middle + at8, middle)
        self.from8 = nn.Conv2d(middle, fine, 1, bias=False)
        self.at4 = _convolution(fine + at4 + OWN, fine)
        self.head = nn.Sequential(nn.Conv2d(fine, HIDDEN, 1), nn.ReLU(),
                                  nn.Conv2d(HIDDEN, len(self.gamut), 1))
        nn.init.normal_(self.head[2].weight, std=0.01)  # near "every bin is as likely"

    @property
    def bins(self) -> Tensor:
        """The 313 (a, b), shape (313, 2)."""
        return self.gamut.bins

    def outputs(self, lightness: Tensor) -> Tensor:
        """Logits of the bins: L (N, 1, H, W), sides multiples of 8, to (N, 313, H / 4, W / 4)."""
        gray = scaled(stored_gray(check_shape(lightness)))
        at4, at8, at16, at32 = self.encoder(gray)
        whole = self.whole(at32.mean((2, 3)))[:, :, None, None]
        x = self.at16(torch.cat([_resize(self.from32(at32), at16) + whole, at16], 1))
        x = self.at8(torch.cat([_resize(self.from16(x), at8), at8], 1))
        own = F.pixel_unshuffle(gray, 4)
        x = self.at4(torch.cat([_resize(self.from8(x), at4), at4, own], 1))
        return self.head(x)

    forward = outputs

    def objective(self, outputs: Tensor, ab: Tensor, loss: str,
                  class_weights: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Cross-entropy against the soft-encoded colors, as for the course's own network."""
        return cross_entropy(outputs, *self.gamut.soft_encode(ab), class_weights)


def stored_gray(lightness: Tensor) -> Tensor:
    """The value in [0, 1] that a file stores for a gray of this L: what the encoder knows."""
    f = (lightness + 16) / 116
    light = torch.where(lightness > 8, f**3, lightness / 903.3)
    return linear_to_srgb(light)


def _convolution(fan_in: int, fan_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False),
                         nn.BatchNorm2d(fan_out), nn.ReLU())


def _resize(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=False)
