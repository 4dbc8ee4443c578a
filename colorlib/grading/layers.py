"""Networks as an answer: their layers are told by name and numbers, and built anew for the checker.

No weights and no code go along. What is not made of these layers alone can't be told.
"""

import torch
from torch import nn

# Each layer and what makes one like it: arguments that are attributes of the same name.
CONVOLUTION = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation",
               "groups")
LAYERS = {
    nn.Conv2d: CONVOLUTION, nn.ConvTranspose2d: (*CONVOLUTION[:5], "output_padding"),
    nn.Upsample: ("size", "scale_factor", "mode"), nn.BatchNorm2d: ("num_features",),
    nn.MaxPool2d: ("kernel_size", "stride", "padding"), nn.PixelShuffle: ("upscale_factor",),
    nn.AvgPool2d: ("kernel_size", "stride", "padding"), nn.LeakyReLU: ("negative_slope",),
    nn.ReLU: (), nn.ELU: (), nn.GELU: (), nn.SiLU: (), nn.Tanh: (), nn.Sigmoid: (),
    nn.Identity: (), nn.Dropout: ("p",), nn.Dropout2d: ("p",),
}
NAMES = {layer.__name__: layer for layer in LAYERS}
MOST_LAYERS, MOST_WEIGHTS, MOST_NUMBERS = 200, 10**7, 10**8


def describe(network: nn.Module) -> list | None:
    """Its layers in their order, as lists that JSON has; None if it is made of others, too."""
    if type(network) is nn.Sequential:
        parts = [describe(part) for part in network]
        return None if None in parts else ["Sequential", parts]
    names = LAYERS.get(type(network))
    if names is None:
        return None
    return [type(network).__name__, {name: getattr(network, name) for name in names}]


def build(told: list, side: int = 32) -> nn.Module:
    """The network of such a list. ValueError for any other list, or one that is too large.

    How many numbers it makes is found out without making them, for an input of shape
    ``(2, 1, side, side)``.
    """
    try:
        with torch.device("meta"):
            small = _build(told)
            if sum(p.numel() for p in small.parameters()) > MOST_WEIGHTS:
                raise ValueError("a network with too many weights")
            _measure(small, torch.zeros(2, 1, side, side))
        return _build(told)
    except (TypeError, RuntimeError, KeyError, IndexError, AttributeError,
            RecursionError, OverflowError, AssertionError) as error:
        raise ValueError(f"no network ({type(error).__name__})") from error


def _build(told: list) -> nn.Module:
    name, given = told
    if name == "Sequential":
        if len(given) > MOST_LAYERS:
            raise ValueError("a network of too many layers")
        return nn.Sequential(*map(_build, given))
    kind = NAMES[name]
    if given.keys() != set(LAYERS[kind]):
        raise ValueError(f"not a {name}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value
                   for key, value in given.items()})


def _measure(network: nn.Module, numbers: torch.Tensor) -> None:
    """ValueError if a layer would make too many numbers. What does not fit, the checker says."""
    def look(_, __, out):
        if out.numel() > MOST_NUMBERS:
            raise ValueError("a network with too large an output")

    hooks = [layer.register_forward_hook(look) for layer in network.modules()]
    try:
        network(numbers)
    except RuntimeError:
        pass
    finally:
        for hook in hooks:
            hook.remove()
