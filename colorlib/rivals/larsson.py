"""Larsson, Maire and Shakhnarovich (2016): hypercolumns, and histograms of hue and chroma.

Their idea: a pixel's color follows from all that a classifier sees there, from edges to objects.
They too predict a distribution, but one of hue and another of chroma (chapter 10).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import ColorNet, check_shape
from .blocks import resize_like
from .vgg import frozen_backbone, layer_channels

BINS = 32  # of hue, and of chroma
CHROMA_STEP = 4.0  # ab units a bin: 32 of them reach to 128, nearly all that sRGB has
HUE_WEIGHT = 5.0  # of hue's divergence, relative to chroma's
FADE = 0.03  # below this length of the mean hue, chroma is scaled down with it


class Larsson(ColorNet):
    """Hypercolumns of VGG-16 under one dense layer and two histograms.

    Attributes
    ----------
    channels : how many a hypercolumn has. At width 1, with fc6 and fc7, the published 12,417.

    Notes
    -----
    Differences from the paper at the course's scale: the backbone is not trained (theirs is),
    the hypercolumn ends with conv5_3, hue and chroma are those of the ab plane, and training looks
    at every fourth pixel. They too train on few hypercolumns, 128 drawn at random in each picture,
    since neighboring pixels have nearly the same.
    """

    losses = ("own",)
    last = ("hue", "chroma")

    def __init__(self, width: float = 1.0):
        super().__init__()
        dense = width == 1  # fc6 sees 224 pixels: more than the course's crops have
        self.backbone, self.frozen = frozen_backbone(width, dense)
        self.channels = 1 + sum(layer_channels(width, dense).values())
        hidden = max(1, round(width * 1024))
        # They rescale the layers of VGG-16 to the same size; BatchNorm does it in training.
        self.norm = nn.BatchNorm2d(self.channels, affine=False)
        self.fc1 = nn.Conv2d(self.channels, hidden, 1)
        self.hue, self.chroma = nn.Conv2d(hidden, BINS, 1), nn.Conv2d(hidden, BINS, 1)
        for layer in (self.hue, self.chroma):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def hypercolumns(self, lightness: Tensor) -> Tensor:
        """All layers side by side at every fourth pixel: (N, channels, H / 4, W / 4), L first."""
        layers = [check_shape(lightness), *self.backbone(lightness).values()]
        return torch.cat([resize_like(layer, lightness, 4) for layer in layers], 1)

    def outputs(self, lightness: Tensor) -> Tensor:
        """Logits of hue, then of chroma: (N, 64, H / 4, W / 4)."""
        x = self.fc1(self.norm(self.hypercolumns(lightness))).relu()
        return torch.cat([self.hue(x), self.chroma(x)], 1)

    def colors(self, outputs: Tensor) -> Tensor:
        """Median chroma in the direction of the mean hue."""
        hue, chroma = (logits.softmax(1) for logits in outputs.split(BINS, 1))
        direction, length = mean_hue(hue)
        size = median_chroma(chroma) * (length / FADE).clamp(max=1)
        return size * direction

    def objective(self, outputs: Tensor, ab: Tensor, loss: str,
                  class_weights: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Kullback-Leibler divergence of chroma, plus that of hue, weighted by the true chroma."""
        hue, chroma = outputs.split(BINS, 1)
        colorful = (ab.norm(dim=1) / (BINS * CHROMA_STEP)).clamp(max=1)
        of_hue = divergence(hue, hue_histogram(ab))
        of_chroma = divergence(chroma, chroma_histogram(ab))
        return (of_chroma + HUE_WEIGHT * colorful * of_hue).mean()


def divergence(logits: Tensor, target: Tensor) -> Tensor:
    """KL(target || softmax(logits)) at each pixel: two (N, bins, H, W) to (N, H, W)."""
    return F.kl_div(logits.log_softmax(1), target, reduction="none").sum(1)


def hue_histogram(ab: Tensor) -> Tensor:
    """Each pixel's hue shared by the two nearest of 32 bins: (N, 2, H, W) to (N, 32, H, W)."""
    turn = torch.atan2(ab[:, 1], ab[:, 0]) / (2 * math.pi) * BINS - 0.5
    return _shared(turn, circular=True)


def chroma_histogram(ab: Tensor) -> Tensor:
    """Each pixel's chroma shared by the two nearest of 32 bins, the same shapes."""
    return _shared((ab.norm(dim=1) / CHROMA_STEP - 0.5).clamp(0, BINS - 1), circular=False)


def _shared(position: Tensor, circular: bool) -> Tensor:
    """One between two bins: (N, H, W), in bins, to (N, 32, H, W)."""
    lower = position.floor()
    share = (position - lower)[:, None]
    low, high = lower.long()[:, None], lower.long()[:, None] + 1
    low, high = (low % BINS, high % BINS) if circular else (low, high.clamp(max=BINS - 1))
    target = position.new_zeros(len(position), BINS, *position.shape[-2:])
    return target.scatter_add_(1, low, 1 - share).scatter_add_(1, high, share)


def mean_hue(hue: Tensor) -> tuple[Tensor, Tensor]:
    """Circular mean of histograms (N, 32, H, W).

    Returns
    -------
    direction : (N, 2, H, W), a unit vector (a, b).
    length : (N, 1, H, W), of the mean of the bins' unit vectors: 1 if all say the same hue, 0 if
        they cancel out.
    """
    angle = (torch.arange(BINS, device=hue.device) + 0.5) * (2 * math.pi / BINS)
    mean = torch.einsum("qc,nqhw->nchw", torch.stack([angle.cos(), angle.sin()], 1).to(hue), hue)
    length = mean.norm(dim=1, keepdim=True)
    return mean / length.clamp(min=1e-12), length


def median_chroma(chroma: Tensor) -> Tensor:
    """Where half of the mass is below: histograms (N, 32, H, W) to (N, 1, H, W), in ab units."""
    total = chroma.cumsum(1)
    i = (total < 0.5).sum(1, keepdim=True).clamp(max=BINS - 1)
    mass = chroma.gather(1, i).clamp(min=1e-12)
    into = (0.5 - (total.gather(1, i) - mass)) / mass
    return CHROMA_STEP * (i + into.clamp(0, 1))
