"""VGG-16 as a source of features for gray photographs: several rivals stand on it (chapter 10)."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn
from tqdm.auto import tqdm

from .checkpoints import save_atomically
from .classifier import CLASSES, VGG16_CHANNELS, torchvision_weights
from .data import Batches, Photos
from .optimizers import Muon

SHIPPED = 1 / 8  # the width of the backbone whose weights come with the course
STAGES = (2, 2, 3, 3, 3)  # convolutions before each of the five poolings
DENSE = 4096  # channels of fc6 and fc7


class Backbone(nn.Module):
    """The convolutions of VGG-16 (Simonyan & Zisserman, 2015) for one channel, L.

    Parameters
    ----------
    width : multiplies the channels.
    dense : whether its dense layers fc6 and fc7 are there too, as convolutions: nine tenths of all
        weights.
    classes : that `scores` tells apart.
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
    return Path(str(files("colorlib") / "assets" / "table" / "backbone.safetensors"))


def frozen_backbone(width: float, dense: bool = False) -> tuple[Backbone, tuple[str, ...]]:
    """A backbone that no training changes, and what goes into its network's `frozen`.

    At the width that ships it has the weights that ship, and weights files leave it out. At any
    other its weights are random; `load_torchvision` fills one of width 1.
    """
    backbone = Backbone(width, dense).requires_grad_(False)
    if width != SHIPPED or dense or not backbone_file().exists():
        return backbone, ()
    backbone.load_state_dict(load_file(backbone_file()))  # float16 in the file becomes float32
    return backbone, ("backbone",)


def load_torchvision(backbone: Backbone, path: str | Path | None = None) -> None:
    """Fill a backbone of width 1 with torchvision's weights, trained on ImageNet in color.

    `path` and what may be raised: see `classifier.torchvision_weights`.

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


def train_backbone(photos: Photos, steps: int = 1_500, batch: int = 32, crop: int = 64,
                   lr: float = 1e-3, seed: int = 0) -> Backbone:
    """Train a backbone of the width that ships to name the class of gray photographs.

    Parameters
    ----------
    photos : with labels.
    """
    torch.manual_seed(seed)
    batches = Batches(photos, batch, crop, (1.0, 2.0), gamma=1.25, seed=seed)
    network = Backbone(SHIPPED).to(memory_format=torch.channels_last)
    optimizer = Muon(network.parameters(), [network.scores.weight], weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps,
                                                   cycle_momentum=False)
    right = 0.0
    for step in (bar := tqdm(range(steps), desc="training the backbone")):
        lightness, _, labels = batches(step)
        logits = network.class_scores(lightness).mean((2, 3))
        loss = F.cross_entropy(logits, labels, label_smoothing=0.1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        right += ((logits.argmax(1) == labels).float().mean().item() - right) / min(step + 1, 100)
        if step % 50 == 0:
            bar.set_postfix(right=f"{right:.2f}")
    return network.eval()


def save_backbone(backbone: Backbone) -> None:
    """Put a backbone's weights where they ship, in float16."""
    tensors = {k: (v.half() if v.dim() > 1 else v).contiguous()
               for k, v in backbone.state_dict().items()}
    save_atomically(tensors, {}, backbone_file())
