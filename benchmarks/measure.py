"""Two ways of doing the same, timed in turns."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


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
    """

    task: str
    against: str
    ours: float
    reference: float
    unit: str
    ratio: float
    cpu_ratio: float | None = None
    target: float | None = None


def race(
    task: str, ours: Callable, against: str, reference: Callable, rounds: int,
    target: float | None = None,
) -> Row:
    """Call both in turns, so that a busy minute slows both, and compare the medians."""
    ours(), reference()  # the first call sets things up
    walls, processors = ([], []), ([], [])
    for _ in range(rounds):
        for way, function in enumerate((ours, reference)):
            wall, processor = time.perf_counter(), time.process_time()
            function()
            walls[way].append(time.perf_counter() - wall)
            processors[way].append(time.process_time() - processor)
    fast, slow = map(median, walls)
    cpu_ratio = min(processors[1]) / min(processors[0])
    return Row(task, against, 1000 * fast, 1000 * slow, "ms", slow / fast, cpu_ratio, target)
