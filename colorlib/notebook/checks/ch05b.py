"""Exercises of chapter 05b: an autoencoder, what limits the speed, and what a checkpoint allows."""

from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from ..checks import Exercise, Mistake

# Sizes to try a network on: not square, so that nothing else has the form of a picture by chance.
SIZES = [(32, 48), (48, 64)]


def _layers(*channels_and_strides, up: bool = True, out: int = 2) -> nn.Sequential:
    layers, before = [], 1
    for channels, stride in channels_and_strides:
        layers += [nn.Conv2d(before, channels, 3, stride, 1), nn.ReLU()]
        before = channels
    if up:
        layers += [nn.Upsample(scale_factor=2), nn.Conv2d(before, before, 3, 1, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(before, out, 3, 1, 1))


def _reference(channels: int) -> nn.Sequential:
    return _layers((channels, 2), (2 * channels, 2), (4 * channels, 2))


class _Watch(TorchFunctionMode):
    """While it is entered, notes the shape of every result, and what each convolution is given.

    Parameters
    ----------
    change : is given the number of a convolution, from 0, and its output; returns the tensor with
        which the network goes on.
    """

    def __init__(self, change: Callable[[int, Tensor], Tensor]):
        super().__init__()
        self.change = change
        self.shapes, self.inputs, self.outputs = [], [], []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.shapes.append(result.shape)
        if getattr(function, "__name__", "") in ("conv2d", "conv_transpose2d"):
            self.inputs.append(args[0].clone())
            self.outputs.append(result.shape)
            result = self.change(len(self.outputs) - 1, result)
        return result


def _run(network: nn.Module, lightness: Tensor, change=None) -> tuple:
    """What the network gives, and what was seen on the way; only without a change may it print."""
    quiet = redirect_stdout(None) if change else nullcontext()
    with quiet, _Watch(change or (lambda _, out: out)) as watch:
        return network(lightness.clone()), watch


def _linear(network: nn.Module, lightness: Tensor, number: int, shape: torch.Size) -> bool:
    """Is everything between a convolution and the next one linear, up to a constant?"""

    def given(x: Tensor) -> Tensor:  # to the next one, if this one gives x
        _, watch = _run(network, lightness, lambda n, out: x.clone() if n == number else out)
        return watch.inputs[number + 1]

    u, v = 3 * torch.randn(2, *shape)
    zero = given(0 * u)
    bend = given(u) + given(v) - given(u + v) - zero
    # If the next one does not depend on this one, both sides are 0.
    return bool(bend.abs().max() < 1e-4 * (given(u) - zero).abs().max())


def _wrong(network: nn.Module, lightness: Tensor, channels: int) -> str | None:
    """What is wrong with a network, found by running it."""
    height, width = lightness.shape[-2:]
    ab, watch = _run(network.train(), lightness)
    if not isinstance(ab, Tensor):
        got = "None: is `return` missing?" if ab is None else f"a {type(ab).__name__}"
        return f"its forward must return one tensor, ab; it gave {got}"
    if ab.shape != (2, 2, height // 4, width // 4):
        return (f"L of {tuple(lightness.shape)} must give ab of {(2, 2, height // 4, width // 4)}"
                f", a quarter of each side; got {tuple(ab.shape)}")
    if not watch.outputs:
        return "there is no convolution in it"
    smallest = min(shape[-2] for shape in watch.shapes
                   if len(shape) == 4 and shape[-2] * width == shape[-1] * height)
    if smallest != height // 8:
        return (f"the bottleneck must have 1/8 of the side, then up to 1/4; the smallest side in "
                f"this network is 1/{height // smallest}")
    network.eval()  # where BatchNorm is linear
    for number, shape in enumerate(watch.outputs[:-1]):
        if _linear(network, lightness, number, shape):
            return (f"without a ReLU between them, convolutions {number + 1} and {number + 2} "
                    "are only one")
    if watch.outputs[0][1] != channels:
        return f"the first convolution must have {channels} output channels (the argument)"
    ab, _ = _run(network.train(), lightness, lambda _, out: 3 * torch.randn_like(out))
    if (ab.amin((0, 2, 3)) >= 0).any():
        return "ab can be negative: the last layer must be able to say so"
    return None


def _judge(network, channels: int) -> str | None:
    if not isinstance(network, nn.Module):
        return "return a network, such as nn.Sequential(...)"
    if any(map(is_lazy, network.parameters())):
        return "say how many channels go into each layer: nn.Conv2d, not nn.LazyConv2d"
    with torch.no_grad(), torch.random.fork_rng(devices=[]):  # the learner's seed stays
        for height, width in SIZES:
            lightness = torch.rand(2, 1, height, width) - 0.5
            try:
                wrong = _wrong(network, lightness, channels)
            except Exception as error:  # any: it is the learner's network
                said = f"{type(error).__name__}: {error}".partition("\n")[0]
                return f"it stopped on L of {tuple(lightness.shape)} with {said}"
            if wrong:
                return wrong
    return None


autoencoder = Exercise(
    reference=_reference,
    cases=[(16,), (8,)],
    judge=_judge,
    right="Down to 1/8, up to 1/4, two numbers a pixel: a network from picture to picture.",
)

THROUGHPUT = [(900.0, 450.0), (260.0, 3000.0), (1100.0, 100.0)]


def _throughput(cut: float, train: float) -> tuple[float, float]:
    return 1 / (1 / cut + 1 / train), min(cut, train)


throughput = Exercise(
    reference=_throughput,
    cases=THROUGHPUT,
    right="Side by side, the slower one sets the speed; the other one waits.",
    mistakes=[
        Mistake("side by side both work at the same time, but each crop still needs both.",
                lambda cut, train: (1 / (1 / cut + 1 / train), cut + train)),
        Mistake("one after the other, the seconds of a crop are added, not its speeds.",
                lambda cut, train: ((cut + train) / 2, min(cut, train))),
        Mistake("the slower one sets the speed, not the faster one.",
                lambda cut, train: (1 / (1 / cut + 1 / train), max(cut, train))),
        Mistake("the two results have changed places.",
                lambda cut, train: _throughput(cut, train)[::-1]),
        Mistake("those are seconds for a crop. Crops a second are asked for.",
                lambda cut, train: (1 / cut + 1 / train, max(1 / cut, 1 / train))),
    ],
)

CHANGES = {"optimizer": False, "finish": True, "batch": False, "precision": True, "lr": False,
           "lam of a later stage": True}


def _judge_changes(got) -> str | None:
    try:
        names = None if isinstance(got, str) else set(got)
    except TypeError:  # no collection, or a list of lists
        names = None
    if names is None:
        return "a set of names is asked for, such as {'optimizer', 'lr'}"
    if unknown := names - set(CHANGES):
        return f"not among the changes: {', '.join(map(str, sorted(unknown, key=str)))}"
    off = [name for name, fine in CHANGES.items() if (name in names) != fine]
    return f"think again about: {', '.join(off[:2])}" if off else None


goes_on = Exercise(
    reference=lambda: {name for name, fine in CHANGES.items() if fine},
    judge=_judge_changes,
    right="What has not been used yet may change; what has shaped the weights may not.",
)
