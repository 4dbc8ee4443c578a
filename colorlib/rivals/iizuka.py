"""Iizuka, Simo-Serra and Ishikawa (2016): what place is this, and what is here? (chapter 10)

Their idea: the kind of scene (indoors, dusk, snow) decides colors as much as what a pixel shows.
One vector that describes the whole picture is joined to the features of every place in it. The
vector learns by naming the picture's class.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..io.datasets import CLASSES
from ..networks import AB_SCALE, check_shape
from .blocks import Regression, block, to_ab

PUBLISHED_SIDE = 224  # pixels, of the square that their global network sees
COURSE_SIDE = 64  # the same of the course's, which is trained on small crops
PUBLISHED_CLASSES = 205  # of the Places data set, on which theirs was trained
CLASS_WEIGHT = 1 / 300  # of the class's cross-entropy, relative to the error of ab in [0, 1]


def dense(fan_in: int, fan_out: int) -> nn.Sequential:
    """A dense layer, BatchNorm, ReLU."""
    return nn.Sequential(nn.Linear(fan_in, fan_out), nn.BatchNorm1d(fan_out), nn.ReLU())


class Iizuka(Regression):
    """Low-, mid- and global-level features, the fusion layer, colors and a class.

    Parameters
    ----------
    width : multiplies the channels. Make one with `iizuka`.
    classes : how many it tells apart.
    side : in pixels, of the square that the global network sees.
    """

    losses = ("own",)
    last = ("out", "name.1")

    def __init__(self, width: float, classes: int, side: int):
        super().__init__()
        c = {n: max(1, round(width * n)) for n in (32, 64, 128, 256, 512, 1024)}
        self.side, self.classes = side, classes
        low = [(1, c[64], 2), (c[64], c[128], 1), (c[128], c[128], 2), (c[128], c[256], 1),
               (c[256], c[256], 2), (c[256], c[512], 1)]
        self.low = nn.Sequential(*[block(*layer) for layer in low])
        self.mid = nn.Sequential(block(c[512], c[512]), block(c[512], c[256]))
        self.overall = nn.Sequential(*[block(c[512], c[512], stride) for stride in (2, 1, 2, 1)])
        self.summary = nn.Sequential(dense(c[512] * (side // 32) ** 2, c[1024]),
                                     dense(c[1024], c[512]))
        self.vector = dense(c[512], c[256])
        self.fusion = nn.Conv2d(2 * c[256], c[256], 1)
        up = nn.Upsample(scale_factor=2)
        self.paint = nn.Sequential(block(c[256], c[128]), up, block(c[128], c[64]),
                                   block(c[64], c[64]), up, block(c[64], c[32]))
        self.out = to_ab(c[32])
        self.name = nn.Sequential(dense(c[512], c[256]), nn.Linear(c[256], classes))

    def _summary(self, lightness: Tensor) -> Tensor:
        """What the vector and the class are computed from: (N, 512 width)."""
        square = F.interpolate(check_shape(lightness), (self.side, self.side), mode="bilinear",
                               antialias=True)
        return self.summary(self.overall(self.low((square - 50) / 100)).flatten(1))

    def global_features(self, lightness: Tensor) -> Tensor:
        """The vector of a whole picture: L (N, 1, H, W) to (N, 256 width)."""
        return self.vector(self._summary(lightness))

    def class_scores(self, lightness: Tensor) -> Tensor:
        """Logits of the picture's class: L (N, 1, H, W) to (N, classes)."""
        return self.name(self._summary(lightness))

    def forward(self, lightness: Tensor, vector: Tensor | None = None) -> Tensor:
        """Colors: L (N, 1, H, W) to ab (N, 2, H / 2, W / 2).

        Parameters
        ----------
        vector : global features to use instead of the picture's own, as those of another picture.
        """
        vector = self.global_features(lightness) if vector is None else vector
        x = self.mid(self.low((check_shape(lightness) - 50) / 100))
        beside = vector[..., None, None].expand(-1, -1, *x.shape[-2:])
        x = self.fusion(torch.cat([x, beside], 1)).relu()
        return 2 * AB_SCALE * (self.out(self.paint(x)).sigmoid() - 0.5)

    def outputs(self, lightness: Tensor) -> Tensor:
        """ab, and in training the class's logits behind it, the same at each pixel."""
        ab = self(lightness)
        if not self.training:
            return ab
        scores = self.class_scores(lightness)[..., None, None].expand(-1, -1, *ab.shape[-2:])
        return torch.cat([ab, scores], 1)

    def objective(self, outputs: Tensor, ab: Tensor, loss: str,
                  class_weights: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Squared error of ab in [0, 1], plus `CLASS_WEIGHT` times the class's cross-entropy.

        ValueError without labels: the global features are learned from them.
        """
        if labels is None:
            raise ValueError("iizuka learns classes too: the photographs need labels")
        colored = super().objective(outputs[:, :2], ab, loss) / (2 * AB_SCALE) ** 2
        return colored + CLASS_WEIGHT * F.cross_entropy(outputs[:, 2:, 0, 0], labels)


def iizuka(width: float = 1.0) -> Iizuka:
    """The network of the paper at width 1; at any other with the course's classes and side."""
    published = width == 1
    return Iizuka(width, PUBLISHED_CLASSES if published else len(CLASSES),
                  PUBLISHED_SIDE if published else COURSE_SIDE)
