"""Exercises of chapter 05b: an autoencoder, what limits the speed, and what a checkpoint allows."""

import torch
from torch import nn

from ..checks import Exercise, Mistake


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


def _judge(network, channels: int) -> str | None:
    if not isinstance(network, nn.Module):
        return "return a network, such as nn.Sequential(...)"
    sides = []
    hooks = [layer.register_forward_hook(lambda _, __, out: sides.append(out.shape[-1]))
             for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    try:
        answer = network(torch.rand(2, 1, 32, 32))
    except RuntimeError as error:
        return f"it stopped on L of shape (2, 1, 32, 32): {str(error).splitlines()[0]}"
    finally:
        for hook in hooks:
            hook.remove()
    if tuple(answer.shape) != (2, 2, 8, 8):
        return (f"L of (2, 1, 32, 32) must give ab of (2, 2, 8, 8), a quarter of the side; got "
                f"{tuple(answer.shape)}")
    if not sides or min(sides) > 4:
        return "no bottleneck: somewhere the side must go down to 1/8, then up to 1/4 again"
    if not any(isinstance(layer, nn.ReLU | nn.LeakyReLU | nn.ELU | nn.GELU | nn.SiLU | nn.Tanh
                          | nn.Sigmoid) for layer in network.modules()):
        return "without a ReLU between them, several convolutions are only one"
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    if first.out_channels != channels:
        return f"the first convolution must have {channels} output channels (the argument)"
    if isinstance(list(network.modules())[-1], nn.ReLU | nn.Sigmoid):
        return "ab can be negative: the last layer must be able to say so"
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
    if isinstance(got, str) or not hasattr(got, "__iter__"):
        return "a set of names is asked for, such as {'optimizer', 'lr'}"
    got = set(got)
    if unknown := got - set(CHANGES):
        return f"not among the changes: {', '.join(map(str, sorted(unknown, key=str)))}"
    off = [name for name, fine in CHANGES.items() if (name in got) != fine]
    return f"think again about: {', '.join(off[:2])}" if off else None


goes_on = Exercise(
    reference=lambda: {name for name, fine in CHANGES.items() if fine},
    judge=_judge_changes,
    right="What has not been used yet may change; what has shaped the weights may not.",
)
