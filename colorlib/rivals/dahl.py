"""The residual decoder of Dahl (2016) on VGG-16 features (chapter 10)."""

from torch import Tensor, nn

from ..networks import AB_SCALE, check_shape
from .blocks import Regression, block, resize_like, to_ab
from .vgg import frozen_backbone, layer_channels


class Dahl(Regression):
    """Dahl's residual decoder: from the deepest features up, adding those of each stage.

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
        found = self.backbone(check_shape(lightness))
        features = [norm(found[name]) for name, norm in zip(self.STAGES, self.norms, strict=True)]
        x = features[0]
        for layer, shallower in zip(self.decoder, features[1:], strict=True):
            x = resize_like(layer(x), shallower) + shallower
        return AB_SCALE * self.out(self.last_block(x))
