"""Cheng, Yang and Sheng (2015): features made by hand, a small dense network (chapter 10).

Their idea: describe each pixel by features that people know to matter; little is left to learn.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import AB_SCALE, check_shape
from .blocks import Regression, resize_like, to_ab
from .vgg import frozen_backbone

PATCH = 7  # side in pixels
DAISY = {"radius": 7, "rings": 1, "histograms": 3, "orientations": 8}  # 32 numbers, as theirs
# Of the filter: places to each side, and the widths of its two Gaussians, in places and units of L.
REACH, NEAR, ALIKE = 4, 2.0, 8.0


class Cheng(Regression):
    """A 7 x 7 patch, a DAISY descriptor and class scores, under three hidden layers.

    Each hidden layer is half as wide as the input, as in the paper.

    Notes
    -----
    Z. Cheng, Q. Yang, B. Sheng, "Deep colorization", ICCV 2015. Their semantic feature is a scene
    parser's, of 47 classes; the course's is its backbone's, of Imagenette's 10. They first sort
    photographs into clusters, each with a network of its own; here there is one.
    """

    last = ("out",)

    def __init__(self, width: float = 1 / 8):
        super().__init__()
        self.backbone, self.frozen = frozen_backbone(width)
        features = PATCH**2 + 32 + self.backbone.scores.out_channels
        hidden = features // 2
        self.norm = nn.BatchNorm2d(features, affine=False)
        self.layers = nn.Sequential(
            nn.Conv2d(features, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, hidden, 1), nn.ReLU(),
            nn.Conv2d(hidden, hidden, 1), nn.ReLU())
        self.out = to_ab(hidden, 1)

    def features(self, lightness: Tensor) -> Tensor:
        """Of every fourth pixel: L (N, 1, H, W) to (N, 49 + 32 + classes, H / 4, W / 4)."""
        scores = self.backbone.class_scores(check_shape(lightness))
        low = patches(lightness)
        return torch.cat([low, daisy(lightness), resize_like(scores, low)], 1)

    def outputs(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) to ab (N, 2, H / 4, W / 4), except in training filtered along edges."""
        ab = AB_SCALE * self.out(self.layers(self.norm(self.features(lightness))))
        return ab if self.training else joint_bilateral(ab, F.avg_pool2d(lightness, 4))


def patches(lightness: Tensor) -> Tensor:
    """The 7 x 7 pixels around every fourth one: (N, 1, H, W) to (N, 49, H / 4, W / 4)."""
    reach = PATCH // 2
    padded = F.pad(lightness, (reach,) * 4, mode="reflect")[..., 2:, 2:]  # from the square's middle
    columns = F.unfold(padded, PATCH, stride=4)
    return columns.unflatten(-1, [side // 4 for side in lightness.shape[-2:]])


def daisy(lightness: Tensor) -> Tensor:
    """scikit-image's DAISY at the same pixels: (N, 1, H, W) to (N, 32, H / 4, W / 4).

    E. Tola, V. Lepetit, P. Fua, "DAISY", PAMI 2010: histograms of edge directions at the pixel and
    at three places around it.
    """
    from skimage.feature import daisy as describe  # takes a second to import

    reach = DAISY["radius"]
    pictures = lightness[:, 0].cpu().numpy() / 100
    padded = np.pad(pictures, ((0, 0), (reach, reach), (reach, reach)), mode="symmetric")
    found = [describe(picture[2:, 2:], step=4, **DAISY) for picture in padded]
    return torch.from_numpy(np.stack(found)).movedim(-1, 1).to(lightness)


def joint_bilateral(ab: Tensor, guide: Tensor) -> Tensor:
    """Replace each color by the mean of those near it that have about the same lightness.

    Parameters
    ----------
    ab : tensor, shape (N, 2, H, W).
    guide : tensor, shape (N, 1, H, W): L at the same places.

    Notes
    -----
    G. Petschnigg et al., "Digital photography with flash and no-flash image pairs", 2004.
    """
    side = 2 * REACH + 1

    def around(x: Tensor) -> Tensor:  # (N, C, side * side, H, W)
        padded = F.pad(x, (REACH,) * 4, mode="replicate")
        columns = F.unfold(padded, side).unflatten(1, (x.shape[1], side**2))
        return columns.unflatten(-1, x.shape[-2:])

    steps = torch.arange(-REACH, REACH + 1, device=ab.device)
    distance = (steps[:, None] ** 2 + steps**2).flatten()[None, None, :, None, None]
    apart = around(guide) - guide[:, :, None]
    weights = torch.exp(-distance / (2 * NEAR**2) - apart**2 / (2 * ALIKE**2))
    return (weights * around(ab)).sum(2) / weights.sum(2)
