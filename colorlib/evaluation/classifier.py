"""Classifiers: is a colorized photo still recognized as what it shows? (chapter 07)"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data import Photos, random_crop
from ..engine.checkpoints import half
from ..engine.fit import fit
from ..engine.muon import Muon
from ..engine.precision import number_format
from ..io.assets import asset
from ..io.datasets import CLASSES, label
from ..io.files import load_tensors, save_atomically
from ..rivals.vgg import VGG16, torchvision_weights


@dataclass
class Classifier:
    """A network that names the class of a photo.

    Parameters
    ----------
    network : from (N, 3, side, side), normalized, to logits (N, 10).
    short, side : a photo's short side is resized to `short` pixels; the network is given the
        middle square of `side` pixels.
    name : for the table.
    """

    network: nn.Module
    short: int = 128
    side: int = 128
    name: str = "small"

    @torch.inference_mode()
    def __call__(self, rgb: Tensor) -> int:
        """Class, 0 to 9, of an RGB photo (3, H, W) in [0, 1]."""
        return self.logits(rgb).argmax().item()

    @torch.inference_mode()
    def logits(self, rgb: Tensor) -> Tensor:
        """Unnormalized log-probabilities of the ten classes."""
        scale = self.short / min(rgb.shape[-2:])
        sides = [max(self.short, round(side * scale)) for side in rgb.shape[-2:]]
        x = F.interpolate(rgb[None], sides, mode="bilinear", antialias=True)
        top, left = ((side - self.side) // 2 for side in sides)
        window = x[..., top : top + self.side, left : left + self.side]
        return self.network.eval()(normalized(window))[0]


def normalized(rgb: Tensor) -> Tensor:
    """RGB (N, 3, H, W) in [0, 1], standardized by ImageNet's mean and standard deviation."""
    mean, std = rgb.new_tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]
    return (rgb - mean) / std


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside a short cut; the picture's sides are halved."""

    def __init__(self, fan_in: int, fan_out: int):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(fan_in, fan_out, 3, 2, 1, bias=False), nn.BatchNorm2d(fan_out), nn.ReLU(),
            nn.Conv2d(fan_out, fan_out, 3, 1, 1, bias=False), nn.BatchNorm2d(fan_out))
        self.short = nn.Sequential(nn.AvgPool2d(2, ceil_mode=True),
                                   nn.Conv2d(fan_in, fan_out, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.inner(x) + self.short(x))


def small_network(channels: Sequence[int] = (32, 64, 96, 160, 256)) -> nn.Sequential:
    """A small residual network for ten classes (He et al., 2016): a stem and four blocks."""
    stem = [nn.Conv2d(3, channels[0], 3, 2, 1, bias=False), nn.BatchNorm2d(channels[0]), nn.ReLU()]
    blocks = [Residual(a, b) for a, b in zip(channels, channels[1:], strict=False)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], len(CLASSES))]
    return nn.Sequential(*stem, *blocks, *head)


def train_classifier(photos, labels: Sequence[int], steps: int = 2000, batch: int = 48,
                     crop: int = 96, lr: float = 2e-3, seed: int = 0) -> Classifier:
    """Train the small classifier on color photographs.

    Parameters
    ----------
    photos : a `data.Photos`, or a sequence of uint8 (3, H, W); None is passed over.
    labels : the class of each.

    Returns
    -------
    Classifier. It is trained on crops of 96 pixels and used on photographs of 128: random crops
    enlarge things, and larger photographs make up for that (Touvron et al., 2019).
    """
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    network = small_network().to(memory_format=torch.channels_last)
    optimizer = Muon(network.parameters(), lr=lr, weight_decay=0.1)
    narrow = number_format(torch.device("cpu"))

    def loss(step: int) -> Tensor:
        crops, named = [], []
        for i in torch.randint(len(photos), (batch,), generator=rng).tolist():
            if (photo := photos[i]) is not None:
                crops.append(random_crop(photo, crop, (1.0, 2.0), rng))
                named.append(labels[i])
        with torch.autocast("cpu", narrow, enabled=narrow != torch.float32):
            logits = network(normalized(torch.stack(crops).float() / 255))
        return F.cross_entropy(logits.float(), torch.tensor(named), label_smoothing=0.1)

    return Classifier(fit(network, loss, optimizer, steps, lr, "training the classifier"))


def small_classifier(paths: Sequence[Path] = ()) -> Classifier:
    """The small classifier with the weights that ship with the course.

    Parameters
    ----------
    paths : photographs in folders as Imagenette's, to train it on if its weights are missing.
    """
    shipped = asset("table/classifier.safetensors")
    if shipped.exists() or not paths:
        network = small_network()
        network.load_state_dict(load_tensors(shipped)[0])  # float16 in the file becomes float32
        return Classifier(network.eval())
    trained = train_classifier(Photos(paths, side=160), [label(path) for path in paths])
    save_atomically(half(trained.network.state_dict()), {}, shipped)
    return trained


def vgg16(path: str | Path | None = None) -> Classifier:
    """VGG-16 as it was trained on ImageNet, asked which of Imagenette's ten classes is likeliest.

    Parameters and errors are those of `rivals.vgg.torchvision_weights`.
    """
    weights = torchvision_weights(path)
    with torch.device("meta"):
        network = VGG16()
    network.load_state_dict(weights, assign=True)
    ours = [place for _, place in CLASSES.values()]
    network.classifier[-1] = _only(network.classifier[-1], ours)
    return Classifier(network.eval(), short=256, side=224, name="VGG-16")


def _only(layer: nn.Linear, rows: list[int]) -> nn.Linear:
    """A dense layer with some of its outputs."""
    smaller = nn.Linear(layer.in_features, len(rows))
    smaller.load_state_dict({"weight": layer.weight[rows], "bias": layer.bias[rows]})
    return smaller
