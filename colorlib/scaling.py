"""What a training costs: measured here, carried over to other machines (chapter 13).

``python -m colorlib.scaling`` measures, and writes results/scaling.json.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from .counting import layers
from .files import write_text
from .networks import zhang
from .recipes import Recipe, Stage
from .training import Training

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


def shipped() -> dict:
    """What was measured, as it ships with the package."""
    path = files("colorlib") / "assets" / "scaling.json"
    return json.loads(path.read_text(encoding="utf-8"))


def fractions(measured: dict) -> list[float]:
    """Share of its roofline that the measured machine reached, for each width and size."""
    here = Machine(**measured["machine"])
    return [row["images_per_second"] * roofline(here, row["width"], row["size"], row["batch"])
            for row in measured["rows"]]


def hours(machine: Machine, fraction: float, images: float, width: float = 1.0,
          size: int = PAPER["size"], batch: int = PAPER["batch"]) -> float:
    """Hours to train on so many images, at a share of the machine's roofline."""
    return images * roofline(machine, width, size, batch) / fraction / 3600


# --- measuring ---


def step_seconds(width: float, size: int, batch: int, rounds: int) -> float:
    """Seconds of the processor for a training step: the least of some, by one thread."""
    recipe = Recipe(width, stages=(Stage(100, batch, size),), precision="float32")
    training = Training(recipe)
    crops = torch.rand(batch, 1, size, size) * 100
    ab = torch.rand(batch, 2, size // 4, size // 4) * 60 - 30
    times = []
    for _ in range(rounds + 1):  # the first one sets things up
        begun = time.process_time()
        training.step(crops, ab)
        times.append(time.process_time() - begun)
    return min(times[1:])


def this_machine(side: int = 1024) -> Machine:
    """What one thread of this machine reaches at its best: a product of matrices, a copy."""

    def best(function):
        times = []
        for _ in range(4):
            begun = time.process_time()
            function()
            times.append(time.process_time() - begun)
        return min(times)

    a, source, target = torch.rand(side, side), torch.rand(2**25), torch.empty(2**25)
    return Machine(f"one thread, {platform.machine()}", 2 * side**3 / best(lambda: a @ a),
                   2 * 4 * 2**25 / best(lambda: target.copy_(source)))


WORK = """
import json, sys, time, torch
torch.set_num_threads(1)
from colorlib.data import Photos
from colorlib.distributed import place, processes
from colorlib.images import samples
from colorlib.recipes import Recipe, Stage
from colorlib.training import Training, batch_source
width, batch, size, steps = float(sys.argv[1]), *map(int, sys.argv[2:5])
with processes("cpu"):
    recipe = Recipe(width, stages=(Stage(1000, batch, size),), precision="float32")
    training, batch_at = Training(recipe), batch_source(recipe, Photos(samples().values()))
    times = []
    for step in range(steps + 1):
        begun = time.perf_counter()
        training.step(*batch_at(step))
        times.append(time.perf_counter() - begun)
    if place()[0] == 0:
        print(json.dumps(times[1:]))
"""


def images_per_second(count: int, width=0.25, batch=32, size=64, steps=16) -> float:
    """What so many processes of one thread make of the same batches; the median step, by the wall.

    Cutting the crops is part of a step.
    """
    with TemporaryDirectory() as folder:
        script = Path(folder) / "work.py"
        script.write_text(WORK)
        words = [sys.executable, "-m", "torch.distributed.run", "--standalone",
                 f"--nproc_per_node={count}", script, width, batch, size, steps]
        run = subprocess.run([*map(str, words)], capture_output=True, text=True, check=True)
    return batch / statistics.median(json.loads(run.stdout))


def measure(tiny: bool = False) -> dict:
    """Everything; `tiny` to see that it runs, no more."""
    torch.set_num_threads(1)
    widths, sizes, rounds = ((0.05,), (16,), 1) if tiny else (WIDTHS, SIZES, 8)
    machine = this_machine(64 if tiny else 1024)
    rows = []
    for width in widths:
        for size in sizes:
            batch = 2 if width == 1 else 4
            took = step_seconds(width, size, batch, rounds)
            rows.append({"width": width, "size": size, "batch": batch,
                         "images_per_second": round(batch / took, 3)})
            print(rows[-1], file=sys.stderr, flush=True)
    turns = {1: [], 2: []}
    for _ in range(1 if tiny else 3):
        for count, found in turns.items():  # in turns, so that a busy minute slows both
            found.append(images_per_second(count, 0.05, 4, 16, 1) if tiny else
                         images_per_second(count))
    return {"machine": vars(machine), "rows": rows,
            "processes": {str(count): [round(x, 2) for x in found]
                          for count, found in turns.items()}}


def main(argv=None) -> int:
    """Measure and write; see the module."""
    parser = argparse.ArgumentParser(prog="python -m colorlib.scaling", description=main.__doc__)
    parser.add_argument("--tiny", action="store_true", help="to see that it runs, no more")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/scaling.json"))
    arguments = parser.parse_args(argv)
    before = os.getloadavg()[0]
    found = measure(arguments.tiny)
    load = [round(before, 1), round(os.getloadavg()[0], 1)]
    provenance = {"command": " ".join(["python -m colorlib.scaling", *(argv or sys.argv[1:])]),
                  "torch": torch.__version__, "python": platform.python_version(),
                  "processors": os.cpu_count(), "load before and after": load}
    write_text(json.dumps(provenance | found, indent=1) + "\n", arguments.output)
    one, two = (statistics.median(found["processes"][n]) for n in "12")
    print(f"wrote {arguments.output}; two processes: {two / one:.2f} times one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
