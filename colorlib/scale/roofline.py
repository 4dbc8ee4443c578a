"""What a training costs: measured here, carried over to other machines (chapter 13).

``python -m experiments.scaling`` measures, and writes results/scaling.json.
"""

from dataclasses import dataclass

import torch

from ..engine.counting import layers
from ..networks import zhang

BACKWARD = 2  # a backward pass costs twice the forward one: gradients of weights and of inputs
WIDTHS, SIZES = (0.125, 0.25, 0.5, 1.0), (64, 128)
PAPER = {"iterations": 450_000, "batch": 40, "size": 176}  # Zhang et al. 2016, and their code


@dataclass(frozen=True)
class Machine:
    """A processor as its data sheet has it.

    Parameters
    ----------
    flops : operations a second at most, an addition or a multiplication each, in the number format
        that one would train in.
    bandwidth : bytes a second at most, from and to its memory.
    number : bytes of a number in that format.
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
    """Seconds that one training image takes at least: layer by layer, arithmetic or memory.

    A layer can be done no sooner than its operations at `flops`, nor than its inputs, weights and
    outputs at `bandwidth`; the larger of the two is the roof above it. S. Williams, A. Waterman,
    D. Patterson, "Roofline" (2009).
    """
    return sum(max(*times) for times in layer_times(machine, width, size, batch))


def layer_times(machine: Machine, width: float, size: int, batch: int = 1):
    """Of each layer, for one image: seconds of arithmetic, and seconds of memory traffic."""
    network = zhang(width).to("meta")
    found = layers(network, torch.empty(1, 1, size, size, device="meta"),
                   forward=network.logits)
    times, given = [], size * size
    for layer in found:
        count = 1
        for side in layer.shape:
            count *= side
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
