"""How long training steps take here: ``python -m experiments.scaling`` (chapter 13)."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from colorlib.io.files import write_text
from colorlib.recipes import Recipe, Stage
from colorlib.scale.roofline import SIZES, WIDTHS, Machine
from colorlib.training import Training


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
from colorlib.engine.distributed import place, processes
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
    parser = argparse.ArgumentParser(prog="python -m experiments.scaling", description=main.__doc__)
    parser.add_argument("--tiny", action="store_true", help="to see that it runs, no more")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/scaling.json"))
    arguments = parser.parse_args(argv)
    before = os.getloadavg()[0]
    found = measure(arguments.tiny)
    load = [round(before, 1), round(os.getloadavg()[0], 1)]
    provenance = {"command": " ".join(["python -m experiments.scaling", *(argv or sys.argv[1:])]),
                  "torch": torch.__version__, "python": platform.python_version(),
                  "processors": os.cpu_count(), "load before and after": load}
    write_text(json.dumps(provenance | found, indent=1) + "\n", arguments.output)
    one, two = (statistics.median(found["processes"][n]) for n in "12")
    print(f"wrote {arguments.output}; two processes: {two / one:.2f} times one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
