"""A convolutional autoencoder that regresses to ab (chapter 10)."""

from torch import Tensor, nn

from ..networks import AB_SCALE, check_shape
from .blocks import Regression, block, resize_like, to_ab


class Autoencoder(Regression):
    """Down to 1/16 and up again, without connections past the bottleneck.

    It is from no paper: the simplest network from picture to picture, as many tutorials have it.
    What the bottleneck can't hold is lost. Here that is color and not sharpness, since the colored
    photo keeps its own L.
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
        return self.encoder((check_shape(lightness) - 50) / 100)

    def outputs(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) to ab (N, 2, H / 4, W / 4)."""
        x = self.encode(lightness)
        for scale, layer in zip((8, 4), self.decoder, strict=True):
            x = layer(resize_like(x, lightness, scale))
        return AB_SCALE * self.out(x)
