"""Exercises of chapter 13: from one GPU to ImageNet."""

import torch
from torch import Tensor

from ..checks import Exercise, Mistake

_FOUR = torch.arange(16.0).reshape(4, 4).square()
_THREE = torch.tensor([[1.0, 20, 300], [4, 50, 600], [7, 80, 900]])


def _reduce_step(have: Tensor, step: int, to: int = 1, keep: bool = True, turn: int = -1) -> Tensor:
    n, new = len(have), have.clone()
    for process in range(n):
        chunk, other = (process + turn * step) % n, (process + to) % n
        new[other, chunk] = have[process, chunk] + (have[other, chunk] if keep else 0)
    return new


reduce_step = Exercise(
    reference=_reduce_step,
    cases=[(_THREE, 0), (_THREE, 1), (_FOUR, 2), (_FOUR, 0)],
    right="All send at once, each one chunk: no link of the ring is ever idle.",
    mistakes=[
        Mistake("the chunk that arrives takes the place of the one that is there: add it.",
                lambda have, step: _reduce_step(have, step, keep=False)),
        Mistake("you send to the left neighbor; the ring turns to the right, to process + 1.",
                lambda have, step: _reduce_step(have, step, to=-1)),
        Mistake("each process sends its own chunk at every step. At step s it passes on what it "
                "got the step before: chunk process - s.",
                lambda have, step: _reduce_step(have, 0)),
        Mistake("chunk process + s is not the one that arrived the step before: that is "
                "process - s.",
                lambda have, step: _reduce_step(have, step, turn=1)),
    ],
)


def _shards_of(shards: int, rank: int, world: int, worker: int, workers: int) -> list[int]:
    return list(range(shards))[rank::world][worker::workers]


shards_of = Exercise(
    reference=_shards_of,
    cases=[(12, 0, 2, 0, 2), (12, 1, 2, 1, 2), (10, 2, 4, 0, 2), (10, 1, 4, 1, 3), (7, 0, 1, 2, 3)],
    right="Each shard is read once, and none is left over.",
    mistakes=[
        Mistake("the workers of a process all read the same shards: each photo comes several "
                "times.",
                lambda shards, rank, world, worker, workers: list(range(shards))[rank::world]),
        Mistake("the processes all read the same shards: they would all compute the same "
                "gradient.",
                lambda shards, rank, world, worker, workers: list(range(shards))[worker::workers]),
        Mistake("equal blocks leave out the last shards if their number can't be divided.",
                lambda shards, rank, world, worker, workers: list(range(shards))[
                    rank * (shards // world): (rank + 1) * (shards // world)][worker::workers]),
        Mistake("each shard is read once, but the order of dealing is another. First deal to the "
                "processes, [rank::world]; then a process deals its own to its workers, "
                "[worker::workers].",
                lambda shards, rank, world, worker, workers: list(range(shards))[
                    worker::workers][rank::world]),
    ],
)


def _speedup(serial: float, processes: int) -> float:
    return 1 / (serial + (1 - serial) / processes)


speedup = Exercise(
    reference=_speedup,
    cases=[(0.5, 2), (0.1, 8), (0.0, 64), (0.02, 1000), (1.0, 8)],
    right="With 1000 processes and a serial share of 2 %, it is not even 50 times as fast.",
    mistakes=[
        Mistake("this is the time that is left, not how many times as fast: 1 / it.",
                lambda serial, processes: serial + (1 - serial) / processes),
        Mistake("the serial part was divided among the processes; it is the other one that can be.",
                lambda serial, processes: 1 / (1 - serial + serial / processes)),
        Mistake("the serial part is done while the others wait: it adds to the time, and does not "
                "just take its share off the speedup.",
                lambda serial, processes: processes * (1 - serial)),
        Mistake("the serial part was not taken off what the processes share: 1 - serial is.",
                lambda serial, processes: 1 / (serial + 1 / processes)),
        Mistake("that is the limit for endlessly many processes.",
                lambda serial, processes: 1 / serial if serial else float(processes) + 1),
    ],
)


def _cost(images: float, speed: float, gpus: int, efficiency: float, price: float):
    hours = images / (speed * gpus * efficiency) / 3600
    return [hours, hours * gpus * price]


cost = Exercise(
    reference=_cost,
    cases=[(3600.0, 1.0, 1, 1.0, 2.0), (18e6, 500.0, 1, 1.0, 0.4), (18e6, 3000.0, 8, 0.9, 3.0),
           (18e6, 3000.0, 1, 1.0, 3.0)],
    right="More GPUs buy time, not money: only the lost efficiency shows on the bill.",
    mistakes=[
        Mistake("the price is for one GPU and one hour; all of them have to be paid.",
                lambda images, speed, gpus, efficiency, price: [
                    _cost(images, speed, gpus, efficiency, price)[0],
                    _cost(images, speed, gpus, efficiency, price)[0] * price]),
        Mistake("these are seconds, not hours.",
                lambda images, speed, gpus, efficiency, price: [
                    3600 * x for x in _cost(images, speed, gpus, efficiency, price)]),
        Mistake("the efficiency was left out: eight GPUs are not eight times as fast.",
                lambda images, speed, gpus, efficiency, price: _cost(
                    images, speed, gpus, 1.0, price)),
        Mistake("a lower efficiency makes it longer, not shorter: divide by it.",
                lambda images, speed, gpus, efficiency, price: _cost(
                    images, speed, gpus, 1 / efficiency, price)),
    ],
)
