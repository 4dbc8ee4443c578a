"""VGG-16 as a source of features for gray photographs: several rivals stand on it (chapter 10)."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from ..io.assets import asset
from ..io.datasets import CLASSES
from ..io.downloads import download, sha256
from ..io.files import load_tensors

VGG16_URL = "https://download.pytorch.org/models/vgg16-397923af.pth"
VGG16_SHA256 = "397923af"  # the first eight hex digits; the file's name carries them
# Output channels of the convolutions; 0 is a pooling.
VGG16_CHANNELS = [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]
STAGES = (2, 2, 3, 3, 3)  # convolutions before each of the five poolings
DENSE = 4096  # channels of fc6 and fc7
SHIPPED = 1 / 8  # the width of the backbone whose weights come with the course


class Backbone(nn.Module):
    """The convolutions of VGG-16 (Simonyan & Zisserman, 2015) for one channel, L.

    Parameters
    ----------
    width : multiplies the channels.
    dense : whether to have its dense layers fc6 and fc7 too, as convolutions: nine tenths of all
        weights.
    classes : how many `scores` tells apart.
    """

    def __init__(self, width: float = 1.0, dense: bool = False, classes: int = len(CLASSES)):
        super().__init__()
        layers, fan_in = [], 1
        for channels in VGG16_CHANNELS:
            if channels:
                fan_out = max(1, round(width * channels))
                layers += [nn.Conv2d(fan_in, fan_out, 3, padding=1), nn.ReLU()]
                fan_in = fan_out
            else:  # in ceil mode, so that the smallest pictures keep a pixel
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.features = nn.Sequential(*layers)
        self.dense = nn.Sequential()
        if dense:
            hidden = round(width * DENSE)
            self.dense = nn.Sequential(nn.Conv2d(fan_in, hidden, 7, padding=3), nn.ReLU(),
                                       nn.Conv2d(hidden, hidden, 1), nn.ReLU())
            fan_in = hidden
        self.scores = nn.Conv2d(fan_in, classes, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """L (N, 1, H, W) to the activations of every layer by name, conv1_1 to the last."""
        x = (lightness / 100 - 0.449) / 0.226  # mean and deviation of ImageNet's gray
        names, found = layer_names(), {}
        for layer in (*self.features, *self.dense):
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                found[next(names)] = x
        return found

    def class_scores(self, lightness: Tensor) -> Tensor:
        """Logits of the classes at each place of the last layer: (N, classes, H / 16, W / 16)."""
        *_, last = self(lightness).values()
        return self.scores(last)


def layer_names() -> Iterator[str]:
    """conv1_1, conv1_2, conv2_1, ..., conv5_3, fc6, fc7."""
    for stage, count in enumerate(STAGES, 1):
        yield from (f"conv{stage}_{i}" for i in range(1, count + 1))
    yield from ("fc6", "fc7")


def layer_channels(width: float = 1.0, dense: bool = False) -> dict[str, int]:
    """How many channels each layer of a backbone has, by name."""
    channels = [*(c for c in VGG16_CHANNELS if c), *[DENSE, DENSE] * dense]
    return {name: max(1, round(width * c))
            for name, c in zip(layer_names(), channels, strict=False)}


def backbone_file() -> Path:
    """Where the weights of the backbone that comes with the course lie."""
    return asset("table/backbone.safetensors")


def frozen_backbone(width: float, dense: bool = False) -> tuple[Backbone, tuple[str, ...]]:
    """A backbone that no training changes, and the value of its network's `frozen`.

    At the width that ships it has the weights that ship, and the files of the network's weights
    leave them out. At any other width its weights are random; `load_torchvision` fills one of
    width 1.
    """
    backbone = Backbone(width, dense).requires_grad_(False)
    if width != SHIPPED or dense or not backbone_file().exists():
        return backbone, ()
    weights, _ = load_tensors(backbone_file())
    backbone.load_state_dict(weights)  # float16 in the file becomes float32
    return backbone, ("backbone",)


def load_torchvision(backbone: Backbone, path: str | Path | None = None) -> None:
    """Fill a backbone of width 1 with torchvision's weights, trained on ImageNet in color.

    Parameters and errors are those of `torchvision_weights`.

    Notes
    -----
    A gray picture has three equal channels, so the first kernel's three planes are added up.
    """
    fill(backbone, torchvision_weights(path))


def fill(backbone: Backbone, weights: dict[str, Tensor]) -> None:
    """Put the weights of a VGG-16 for RGB, named as torchvision's, into a backbone of width 1."""
    ours = {k: v for k, v in weights.items() if k.startswith("features.")}
    ours["features.0.weight"] = ours["features.0.weight"].sum(1, keepdim=True)
    for layer, theirs, side in (("dense.0", "classifier.0", 7), ("dense.2", "classifier.3", 1)):
        if backbone.dense:
            ours[f"{layer}.weight"] = weights[f"{theirs}.weight"].unflatten(1, (-1, side, side))
            ours[f"{layer}.bias"] = weights[f"{theirs}.bias"]
    scores = {f"scores.{k}": v for k, v in backbone.scores.state_dict().items()}
    backbone.load_state_dict(ours | scores)


def torchvision_weights(path: str | Path | None = None) -> dict[str, Tensor]:
    """The weights of VGG-16 as torchvision publishes them, trained on ImageNet in color.

    Parameters
    ----------
    path : torchvision's ``vgg16-397923af.pth``; without it the file is downloaded (528 MB), once.

    Raises
    ------
    OSError
        If it can't be downloaded.
    ValueError
        If it is another file: its sha256 must begin with 397923af. Only then is it opened, by
        ``torch.load(weights_only=True)``, which runs no code from it.
    """
    path = Path(path) if path else download(VGG16_URL)
    if not (found := sha256(path)).startswith(VGG16_SHA256):
        raise ValueError(f"{path} is not torchvision's checkpoint: its sha256 begins with "
                         f"{found[:8]}, not {VGG16_SHA256}; get the file again")
    return torch.load(path, map_location="cpu", weights_only=True)


class VGG16(nn.Module):
    """VGG-16 (Simonyan & Zisserman, 2015), its layers named as in torchvision's checkpoint."""

    def __init__(self):
        super().__init__()
        layers, fan_in = [], 3
        for channels in VGG16_CHANNELS:
            if channels:
                layers += [nn.Conv2d(fan_in, channels, 3, padding=1), nn.ReLU(inplace=True)]
                fan_in = channels
            else:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(inplace=True), nn.Dropout(),
            nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(4096, 1000))

    def forward(self, x: Tensor) -> Tensor:
        """Normalized RGB (N, 3, 224, 224) to logits of ImageNet's 1,000 classes."""
        return self.classifier(self.features(x).flatten(1))
