"""Two ways of doing the same, timed in turns."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch


@dataclass
class Row:
    """A line of the table.

    Attributes
    ----------
    ours, reference : medians by the clock on the wall, in `unit`.
    ratio : how many times better ours is, by these.
    cpu_ratio : the same by the least time that this process had a processor; None where that was
        not measured. On a machine that others use, this is the one to trust; it can't see that
        two threads work at once.
    target : what `ratio` should be at least; None where nothing was promised.
    ours_cpu, reference_cpu : those least times, in `unit`.
    bound : what ours would take at best on this machine, in `unit`, by `bound_by` alone.
    """

    task: str
    against: str
    ours: float
    reference: float
    unit: str
    ratio: float
    cpu_ratio: float | None = None
    target: float | None = None
    ours_cpu: float | None = None
    reference_cpu: float | None = None
    bound: float | None = None
    bound_by: str | None = None


def race(
    task: str, ours: Callable, against: str, reference: Callable, rounds: int,
    target: float | None = None, bound: tuple[float, str] = (None, None),
) -> Row:
    """Call both in turns, so that a busy minute slows both, and compare the medians.

    As `timeit` does, a turn repeats what is fast: at least for 50 ms. `bound` is in milliseconds,
    and says by what.
    """
    # glibc hands freed blocks of 128 KB and more back to the system, and pays to have them again,
    # until it has seen a larger one freed. A training's first step does that; so does this.
    torch.empty(31 * 2**18)  # 31 MB
    ways, repeats = (ours, reference), []
    for function in ways:
        function()  # the first call sets things up
        begun = time.perf_counter()
        function()
        repeats.append(math.ceil(0.05 / (time.perf_counter() - begun)))
    walls, processors = ([], []), ([], [])
    for _ in range(rounds):
        for way, function in enumerate(ways):
            wall, processor = time.perf_counter(), time.process_time()
            for _ in range(repeats[way]):
                function()
            walls[way].append((time.perf_counter() - wall) / repeats[way])
            processors[way].append((time.process_time() - processor) / repeats[way])
    fast, slow = map(median, walls)
    least, its_least = (1000 * min(times) for times in processors)
    return Row(task, against, 1000 * fast, 1000 * slow, "ms", slow / fast, its_least / least,
               target, least, its_least, *bound)
