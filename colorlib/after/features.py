"""ImageNet's features for gray pictures, frozen: computed once, then built upon (chapter 14)."""

import json
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor

from ..io.assets import asset
from ..io.files import save_atomically
from ..pretrained.efficientnet import TAP_CHANNELS, Encoder, scaled
from ..pretrained.network import stored_gray

SIDE = 128  # pixels of the square that the networks of this room are shown
COLORS = 32  # pixels of the ab that they answer
CHANNELS = TAP_CHANNELS[1:]  # of the features at 1/8, 1/16 and 1/32
SPREAD = (8.0, 7.0, 3.3)  # their standard deviation on photographs


class Seen(NamedTuple):
    """What a network of this room is told of pictures.

    Attributes
    ----------
    lightness : L in halves of the picture's side, (N, 1, 64, 64).
    at8, at16, at32 : the frozen features, (N, 40, 16, 16), (N, 112, 8, 8), (N, 320, 4, 4).
    """

    lightness: Tensor
    at8: Tensor
    at16: Tensor
    at32: Tensor

    def pick(self, places) -> "Seen":
        """Some of the pictures, in float32."""
        return Seen(*(value[places].float() for value in self))

    def flip(self) -> "Seen":
        """The pictures mirrored. Of the features that is nearly what the mirrored picture gives."""
        return Seen(*(value.flip(-1) for value in self))


@torch.no_grad()
def look(encoder: Encoder, lightness: Tensor) -> Seen:
    """Features of pictures, their spread near 1: L (N, 1, 128, 128) to `Seen`."""
    features = encoder(scaled(stored_gray(lightness)))[1:]
    features = (value / spread for value, spread in zip(features, SPREAD, strict=True))
    return Seen(F.avg_pool2d(lightness, 2), *features)


def shipped_encoder(path: str | Path | None = None) -> Encoder:
    """EfficientNet-Lite0 for gray pictures, its ImageNet weights rounded to 8 bits."""
    return load_bytes(Encoder(1), path or asset("after/encoder.safetensors"))


def to_bytes(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights as 8-bit integers, each row (an output channel) with a scale of its own.

    Vectors stay as they are, in float16. A quarter of float32's size; an error of at most 1/254 of
    the row's largest weight.
    """
    found = {}
    for name, value in state.items():
        if value.dim() < 2:
            found[name] = value.half().contiguous()
            continue
        scale = value.abs().flatten(1).amax(1).clamp(min=1e-12) / 127
        rows = scale.view(-1, *[1] * (value.dim() - 1))
        found[name] = (value / rows).round().to(torch.int8).contiguous()
        found[f"{name}.scale"] = scale.float().contiguous()
    return found


def from_bytes(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """What `to_bytes` wrote, in float32."""
    found = {}
    for name, value in state.items():
        if value.dtype == torch.int8:
            scale = state[f"{name}.scale"]
            found[name] = value.float() * scale.view(-1, *[1] * (value.dim() - 1))
        elif not name.endswith(".scale"):
            found[name] = value.float()
    return found


def save_bytes(network: torch.nn.Module, recipe: dict, path: str | Path) -> None:
    """Write a network's weights in 8 bits with how they were made, as `load_bytes` reads them."""
    save_atomically(to_bytes(network.state_dict()), {"recipe": json.dumps(recipe)}, path)


def load_bytes(network: torch.nn.Module, path: str | Path) -> torch.nn.Module:
    """The network with weights that `save_bytes` wrote, for inference; its `recipe` says how."""
    with safe_open(path, "pt") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        network.recipe = json.loads((file.metadata() or {}).get("recipe", "{}"))
    network.load_state_dict(from_bytes(state))
    return network.eval().requires_grad_(False)
