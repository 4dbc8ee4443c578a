"""Color queries: a palette for each photograph, and which of its colors a pixel has (chapter 14).

After DDColor (Kang et al., ICCV 2023), as small as it goes: learned queries look at the features,
and each answers with a color and a direction; a pixel takes the colors whose directions are near
its own. `BinNet` is the same network with the 313 fixed bins in place of the palette.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..gamut import AbGamut
from ..inference import TEMPERATURE, annealed_mean
from ..io.assets import asset
from ..losses import cross_entropy
from .features import CHANNELS, Seen, load_bytes

QUERIES = 32
WIDTH = 48  # of a query, and of a pixel
SIGMA = 8.0  # ab units, of the Gaussian around a color of the palette
ROUNDS = 2  # how often the queries look at the features


class Pixels(nn.Module):
    """A direction for each pixel: frozen features and lightness to (N, 48, 32, 32)."""

    def __init__(self):
        super().__init__()
        self.hints = nn.ModuleList(nn.Conv2d(channels, 64, 1) for channels in CHANNELS)
        self.at8 = _convolution(64, 64)
        self.narrow = nn.Conv2d(64, 32, 1)
        self.at4 = _convolution(32 + 4, WIDTH)

    def forward(self, seen: Seen) -> Tensor:
        sides = seen.at8.shape[-2:]
        x = sum(F.interpolate(layer(value), sides, mode="bilinear")
                for layer, value in zip(self.hints, seen[1:], strict=True))
        x = self.narrow(self.at8(F.relu(x)))
        light = F.pixel_unshuffle((seen.lightness - 50) / 25, 2)
        x = F.interpolate(x, light.shape[-2:], mode="bilinear")
        return self.at4(torch.cat([x, light], 1))


def _convolution(fan_in: int, fan_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(fan_in, fan_out, 3, padding=1, bias=False),
                         nn.GroupNorm(8, fan_out), nn.ReLU())


class BinNet(nn.Module):
    """The paper's answer on the same pixels: logits of the 313 bins."""

    def __init__(self):
        super().__init__()
        self.gamut = AbGamut()
        self.pixels = Pixels()
        self.head = nn.Conv2d(WIDTH, len(self.gamut), 1)

    def forward(self, seen: Seen) -> Tensor:
        """Logits (N, 313, 32, 32)."""
        return self.head(self.pixels(seen))

    def loss(self, ab: Tensor, seen: Seen, class_weights: Tensor) -> Tensor:
        """Rebalanced cross-entropy: ab (N, 2, 32, 32) to a scalar.

        Of each square of 2 x 2 pixels one is asked, another one each time: 313 numbers a pixel cost
        more than all the rest.
        """
        y, x = torch.randint(2, (2,)).tolist()
        logits = self.head(self.pixels(seen)[..., y::2, x::2])
        return cross_entropy(logits, *self.gamut.soft_encode(ab[..., y::2, x::2]), class_weights)

    def colors(self, seen: Seen, T: float = TEMPERATURE) -> Tensor:
        """The annealed mean, ab (N, 2, 32, 32)."""
        return annealed_mean(self(seen), self.gamut.bins, T)


class Look(nn.Module):
    """One round: the queries look at features, then at one another, then each thinks alone."""

    def __init__(self):
        super().__init__()
        self.out = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.among = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.alone = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.ReLU(),
                                   nn.Linear(2 * WIDTH, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))

    def forward(self, queries: Tensor, memory: Tensor) -> Tensor:
        x = self.norms[0](queries + self.out(queries, memory, memory, need_weights=False)[0])
        x = self.norms[1](x + self.among(x, x, x, need_weights=False)[0])
        return self.norms[2](x + self.alone(x))


class PaletteNet(nn.Module):
    """32 learned queries answer with the palette of a photograph."""

    def __init__(self):
        super().__init__()
        self.gamut = AbGamut()
        self.pixels = Pixels()
        self.queries = nn.Parameter(torch.randn(QUERIES, WIDTH) / WIDTH**0.5)
        self.memory = nn.ModuleList(nn.Linear(channels, WIDTH) for channels in CHANNELS[1:])
        self.places = nn.Parameter(torch.randn(8 * 8 + 4 * 4, WIDTH) / WIDTH**0.5)
        self.rounds = nn.ModuleList(Look() for _ in range(ROUNDS))
        self.color, self.direction = nn.Linear(WIDTH, 2), nn.Linear(WIDTH, WIDTH)
        # Where the palettes begin: spread over the plane, in units of 100.
        self.begin = nn.Parameter(0.3 * torch.randn(QUERIES, 2))

    def forward(self, seen: Seen) -> tuple[Tensor, Tensor]:
        """Logits of the queries (N, 32, 32, 32), and the palette in ab units (N, 32, 2)."""
        memory = [layer(value.flatten(2).mT)
                  for layer, value in zip(self.memory, seen[2:], strict=True)]
        memory = torch.cat(memory, 1) + self.places
        x = self.queries.expand(len(memory), -1, -1)
        for look in self.rounds:
            x = look(x, memory)
        palette = 100 * (self.begin + 0.3 * self.color(x))
        logits = torch.einsum("nqc,nchw->nqhw", self.direction(x), self.pixels(seen))
        return logits / WIDTH**0.5, palette

    def loss(self, ab: Tensor, seen: Seen, class_weights: Tensor) -> Tensor:
        """How unlikely the true colors are, rebalanced: ab (N, 2, 32, 32) to a scalar.

        A pixel's distribution is a mixture: its share of each query, times a Gaussian of 8 ab units
        around that query's color.
        """
        logits, palette = self(seen)
        squared = (ab[:, None] - palette[..., None, None]).square().sum(2)
        likely = (logits.log_softmax(1) - squared / (2 * SIGMA**2)).logsumexp(1)
        return -(likely * class_weights[self.gamut.nearest(ab)]).mean()

    def colors(self, seen: Seen, T: float = TEMPERATURE) -> Tensor:
        """The annealed mean over the palette, ab (N, 2, 32, 32)."""
        logits, palette = self(seen)
        return torch.einsum("nqhw,nqc->nchw", (logits / T).softmax(1), palette)


def shipped(name: str) -> PaletteNet | BinNet:
    """The "queries" or "bins" network that ships with the course."""
    network = {"queries": PaletteNet, "bins": BinNet}[name]()
    return load_bytes(network, asset(f"after/{name}.safetensors"))
