"""What a training costs, by the roofline model, on this and on other machines (chapter 13).

``python -m experiments.scaling`` measures, and writes results/scaling.json.
"""

import math
from dataclasses import dataclass

import torch

from ..engine.counting import layers
from ..networks import zhang

BACKWARD = 2  # a backward pass costs twice the forward one: gradients of weights and of inputs
WIDTHS, SIZES = (0.125, 0.25, 0.5, 1.0), (64, 128)
PAPER = {"iterations": 450_000, "batch": 40, "size": 176}  # Zhang et al. 2016, and their code


@dataclass(frozen=True)
class Machine:
    """A processor, by the numbers of its data sheet.

    Parameters
    ----------
    name : for tables.
    flops : operations a second at most, an addition or a multiplication each, in the number format
        that one would train in.
    bandwidth : bytes a second at most, to and from its memory.
    number : bytes that one number takes in that format.
    """

    name: str
    flops: float
    bandwidth: float
    number: int = 4


# From NVIDIA's data sheets, without sparsity. Nothing in this course was run on any of them.
TITAN_X = Machine("Titan X (Pascal), float32", 11e12, 480e9)
GPUS = [
    Machine("T4, float16", 65e12, 320e9, 2),
    Machine("A100 40 GB, bfloat16", 312e12, 1555e9, 2),
    Machine("H100 SXM, bfloat16", 989e12, 3350e9, 2),
]


def roofline(machine: Machine, width: float, size: int, batch: int = 1) -> float:
    """Least seconds for one training image: the sum over layers of arithmetic or memory traffic.

    A layer takes at least the time of its operations at `flops`, and at least the time to move its
    inputs, weights and outputs at `bandwidth`. The larger of the two counts.

    Parameters
    ----------
    width : of the network, 1 for the paper's. size : side of the images in pixels.
    batch : images that share one reading of the weights.

    Notes
    -----
    S. Williams, A. Waterman, D. Patterson, "Roofline" (2009).
    """
    return sum(max(*times) for times in layer_times(machine, width, size, batch))


def layer_times(machine: Machine, width: float, size: int,
                batch: int = 1) -> list[tuple[float, float]]:
    """For each layer and one image: seconds of arithmetic, and seconds of memory traffic."""
    network = zhang(width).to("meta")
    found = layers(network, torch.empty(1, 1, size, size, device="meta"),
                   forward=network.logits)
    times, given = [], size * size
    for layer in found:
        count = math.prod(layer.shape)
        moved = given + count + layer.parameters / batch  # weights are read once a batch
        times.append((2 * (1 + BACKWARD) * layer.multiply_adds / machine.flops,
                      (1 + BACKWARD) * machine.number * moved / machine.bandwidth))
        given = count
    return times


def fractions(measured: dict) -> list[float]:
    """Share of its roofline that the measured machine reached, for each width and size."""
    here = Machine(**measured["machine"])
    return [row["images_per_second"] * roofline(here, row["width"], row["size"], row["batch"])
            for row in measured["rows"]]


def hours(machine: Machine, fraction: float, images: float, width: float = 1.0,
          size: int = PAPER["size"], batch: int = PAPER["batch"]) -> float:
    """Hours to train on so many images, at a share of the machine's roofline."""
    return images * roofline(machine, width, size, batch) / fraction / 3600
