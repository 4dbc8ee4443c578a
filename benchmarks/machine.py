"""What this machine can do at best: the bounds that stand beside the ratios.

By the time that this process had a processor, so that others' work does not count.
"""

import time
from collections.abc import Callable
from functools import lru_cache

import torch

from colorlib.engine.counting import layers
from colorlib.fast.winograd import LEAST_CHANNELS


def _best(function: Callable, rounds: int = 7) -> float:
    """Seconds of the fastest of some calls."""
    function()
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        function()
        times.append(time.process_time() - begun)
    return min(times)


@lru_cache
def multiplications() -> float:
    """Multiply-adds a second of a float32 matrix product, 512 x 512 x 512."""
    a, b = torch.rand(2, 512, 512)
    out = torch.empty(512, 512)
    return 512**3 / _best(lambda: torch.mm(a, b, out=out), 15)


@lru_cache
def traffic() -> float:
    """Bytes a second, read and written, of a copy of 64 MB."""
    source = torch.rand(2**24)
    target = torch.empty_like(source)
    return 2 * 4 * 2**24 / _best(lambda: target.copy_(source))


@lru_cache
def powers() -> float:
    """Powers a second, by log2 and exp2 of numbers in the cache."""
    x = torch.rand(2**16) + 0.5
    out = torch.empty_like(x)
    return 2**16 / _best(lambda: torch.exp2(torch.log2(x, out=out), out=out), 15)


def network_ms(network, shape: tuple[int, ...]) -> tuple[float, float]:
    """Milliseconds of a pass at the rate of a matrix product: as convolutions are defined, and with
    a quarter of the products where Winograd's can go."""
    network = type(network)(network.width).to("meta")
    network.eval()
    found = layers(network, torch.zeros(shape, device="meta"), forward=network.outputs)
    modules = dict(network.named_modules())

    def quarter(layer) -> bool:
        module = modules[layer.name]
        return (layer.kind == "Conv2d" and module.kernel_size == (3, 3)
                and module.stride == (1, 1) and module.in_channels >= LEAST_CHANNELS)

    whole = sum(layer.multiply_adds for layer in found)
    fewer = sum(layer.multiply_adds / (4 if quarter(layer) else 1) for layer in found)
    return 1000 * whole / multiplications(), 1000 * fewer / multiplications()
