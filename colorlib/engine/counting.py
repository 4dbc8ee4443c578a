"""What a network costs, and how far it sees (chapter 04)."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


@dataclass(frozen=True)
class Layer:
    """One layer of a network, as it was in one pass.

    Parameters
    ----------
    name, kind : as in ``network.named_modules()``, and the name of its class.
    shape : of what it gave.
    parameters : how many weights and biases it holds.
    features : how many numbers it gave; none if it wrote them over its input.
    multiply_adds : how many products of a weight and a value it added up.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    features: int
    multiply_adds: int


class Costs(NamedTuple):
    """Of a whole network: its parameters, and the features and multiply-adds of one pass."""

    parameters: int
    features: int
    multiply_adds: int


def parameters(network: nn.Module) -> int:
    """How many numbers a network consists of; times 4 for the bytes in float32."""
    return sum(p.numel() for p in network.parameters())


@torch.no_grad()
def layers(network: nn.Module, *inputs, forward=None) -> list[Layer]:
    """Every layer that a pass goes through, in the order of the pass.

    Parameters
    ----------
    network : on the device ``"meta"``, where tensors have shapes and no values, the pass is free.
    inputs : what to call it with.
    forward : what to call instead of the network, such as ``network.logits``.

    Notes
    -----
    Multiply-adds are those of convolutions and dense layers; all else costs next to nothing.

    Examples
    --------
    >>> [layer] = layers(nn.Conv2d(3, 8, 5), torch.zeros(1, 3, 32, 32))
    >>> layer.shape, layer.parameters, layer.multiply_adds
    ((1, 8, 28, 28), 608, 470400)
    """
    names = {module: name for name, module in network.named_modules()}
    found = []

    def note(module, given, output):
        features = 0 if getattr(module, "inplace", False) else output.numel()
        found.append(Layer(names[module], type(module).__name__, tuple(output.shape),
                           parameters(module), features, multiply_adds(module, given[0], output)))

    leaves = [module for module in names if not list(module.children())]
    hooks = [module.register_forward_hook(note) for module in leaves]
    try:
        (forward or network)(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def costs(network: nn.Module, *inputs, forward=None) -> Costs:
    """Parameters, features and multiply-adds; arguments as for `layers`.

    Examples
    --------
    >>> costs(nn.Conv2d(3, 8, 5), torch.zeros(1, 3, 32, 32))
    Costs(parameters=608, features=6272, multiply_adds=470400)
    """
    found = layers(network, *inputs, forward=forward)
    return Costs(parameters(network), sum(layer.features for layer in found),
                 sum(layer.multiply_adds for layer in found))


def multiply_adds(module: nn.Module, given: Tensor, output: Tensor) -> int:
    """Products that a convolution or a dense layer adds up; 0 for any other."""
    if isinstance(module, nn.ConvTranspose2d):  # every input value is spread by one row of weights
        return given.numel() * module.weight[0].numel()
    if isinstance(module, nn.Conv2d | nn.Linear):  # every output value gathers by one
        return output.numel() * module.weight[0].numel()
    return 0


def receptive_field(network: nn.Module, at: int = 0) -> tuple[int, int]:
    """The pixels of the input, along one side, that one pixel of the output depends on.

    Parameters
    ----------
    network : whose convolutions follow one another in the order in which they were made.
    at : where the output's pixel is.

    Returns
    -------
    first, last : where they begin and end; less than 0 or beyond the photo means padding.

    Examples
    --------
    >>> receptive_field(nn.Sequential(nn.Conv2d(1, 8, 3), nn.Conv2d(8, 8, 3)), at=10)
    (10, 14)
    """
    first = last = at
    convolutions = [module for module in network.modules() if isinstance(module, CONVOLUTIONS)]
    for module in reversed(convolutions):
        (stride, _), (padding, _) = module.stride, module.padding
        reach = (module.kernel_size[0] - 1) * module.dilation[0]
        if isinstance(module, nn.ConvTranspose2d):
            # Input i goes to the outputs from i * stride - padding to reach further.
            first = -((reach - first - padding) // stride)  # rounded up
            last = (last + padding) // stride
        else:
            first, last = first * stride - padding, last * stride - padding + reach
    return first, last
