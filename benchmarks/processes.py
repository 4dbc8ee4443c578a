"""Two processes that train, against one: what two processors can give at best (chapter 13).

Each has one thread and batches of its own, and they exchange nothing.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median

from .measure import Row

TRAIN = """
import sys, time, torch
from colorlib.recipes import Recipe, Stage
from colorlib.training import Training

width, batch, crop, steps = float(sys.argv[1]), *map(int, sys.argv[2:])
torch.set_num_threads(1)
training = Training(Recipe(width=width, stages=(Stage(1, batch, crop),), precision="float32"))
L, ab = torch.rand(batch, 1, crop, crop) * 100, torch.rand(batch, 2, crop // 4, crop // 4) * 60
training.step(L, ab)
print("ready", flush=True)
input()
begun = time.perf_counter()
for _ in range(steps):
    training.step(L, ab)
print(batch * steps / (time.perf_counter() - begun), flush=True)
"""


def throughput(processes: int, size: tuple) -> float:
    """Images a second of so many processes together."""
    words = [sys.executable, "-c", TRAIN, *map(str, size)]
    root, pipe = Path(__file__).parents[1], subprocess.PIPE
    running = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, cwd=root)
               for _ in range(processes)]
    for process in running:
        process.stdout.readline()
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    rates = [float(process.communicate()[0]) for process in running]
    return sum(rates)


def run(tiny: bool = False) -> list[Row]:
    size, rounds = ((0.05, 1, 16, 1), 1) if tiny else ((0.25, 16, 64, 8), 3)
    rates = {1: [], 2: []}
    for _ in range(rounds):
        for processes, found in rates.items():
            found.append(throughput(processes, size))
    one, two = median(rates[1]), median(rates[2])
    return [Row(f"train in two processes, width {size[0]:g}, {size[1]} crops of {size[2]}",
                "one process", two, one, "images/s", two / one, target=1.6)]
