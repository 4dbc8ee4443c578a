"""The most memory that a process takes for a training step, sparse and dense (chapter 02)."""

import subprocess
import sys
from pathlib import Path

from .measure import Row

STEP = """
import sys, torch
from pathlib import Path
from benchmarks.plain import encode_batch
from benchmarks.training import Plain
from colorlib.recipes import Recipe, Stage
from colorlib.training import Training

way, width, batch, crop = sys.argv[1], *map(float, sys.argv[2:])
batch, crop = int(batch), int(crop)
recipe = Recipe(width=width, stages=(Stage(1, batch, crop),), precision="float32")
training = (Plain if way == "dense" else Training)(recipe)
L, ab = torch.rand(batch, 1, crop, crop) * 100, torch.rand(batch, 2, crop // 4, crop // 4) * 60
if way != "nothing":
    training.step(L, encode_batch(ab) if way == "dense" else ab)
# Not getrusage: a process's peak by it is at least that of the one that started it.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].removesuffix("kB")) / 1024)
"""


def peak(way: str, width: float, batch: int, crop: int) -> float:
    """MiB of a process that did one step: "sparse", "dense" or "nothing" (on Linux)."""
    words = [sys.executable, "-c", STEP, way, *map(str, (width, batch, crop))]
    root = Path(__file__).parents[1]
    return float(subprocess.run(words, check=True, capture_output=True, text=True, cwd=root).stdout)


def run(tiny: bool = False) -> list[Row]:
    size = (0.05, 1, 16) if tiny else (0.25, 32, 128)
    # What python and its libraries take before the step is no part of it.
    before = peak("nothing", *size)
    ours, dense = (max(1.0, peak(way, *size) - before) for way in ("sparse", "dense"))
    width, batch, crop = size
    return [Row(f"memory of a step at width {width:g}, {batch} crops of {crop}",
                "dense target and loss", ours, dense, "MiB", dense / ours)]
