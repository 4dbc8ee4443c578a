"""Wrong answers of chapter 13 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "reduce_step": [lambda have, step: have,
                    lambda have, step: have + have.roll(1, 0),
                    lambda have, step: have.sum(0).expand_as(have)],
    "shards_of": [lambda shards, rank, world, worker, workers: [],
                  lambda shards, rank, world, worker, workers: list(range(rank, shards, workers)),
                  # one worker too many skips every third shard
                  lambda shards, rank, world, worker, workers: list(range(
                      rank * workers + worker, shards, world * workers))[:1]],
    "speedup": [lambda serial, processes: float(processes),
                lambda serial, processes: 1 / (serial + 1 / processes)],
    "cost": [lambda images, speed, gpus, efficiency, price: [images / speed / 3600, price],
             lambda images, speed, gpus, efficiency, price: [
                 torch.nan, torch.nan]],
}
