"""Shards read as streams, from front to back, each photo once (chapter 13)."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor
from tqdm.auto import tqdm

from ..engine.distributed import place
from ..gamut import AbGamut
from ..images import PhotoError, read_rgb
from ..io.files import NamedFile
from ..rebalancing import color_counts, shares
from .shards import Sound, manifest


def stream(
    folder: str | Path, epoch: int | None = None, seed: int = 0, buffer: int = 1000,
    side: int | None = None, bad: str = "stop", only: int | None = None,
):
    """The photographs as a stream of webdataset: each shard is read once, from front to back.

    Processes of torch.distributed and workers of a DataLoader share the shards: over all of them
    each photo comes once.

    Parameters
    ----------
    epoch : the number of the pass, for an order of its own; None keeps the order of the files.
    buffer : photographs that are shuffled at a time, as files in memory.
    side, bad : see `shards.Shards`.
    only : number of the one shard to read; every process and worker then reads it.

    Returns
    -------
    ``webdataset.DataPipeline``, an IterableDataset of uint8 tensors (3, H, W).
    """
    import webdataset as wds

    folder, sound = Path(folder), Sound(Path(folder), bad)
    shards = manifest(folder, whole=True)["shards"]
    shards = shards if only is None else [shards[only]]

    def paths() -> Iterator[dict]:
        rng = torch.Generator().manual_seed(seed * 1_000_003 + (epoch or 0))
        order = torch.randperm(len(shards), generator=rng).tolist()
        for n in range(len(shards)) if epoch is None else order:
            yield shards[n]

    def sound_ones(source) -> Iterator[dict]:
        return ({"url": str(folder / shard["file"])} for shard in source if sound(shard))

    def decode(source) -> Iterator[Tensor]:
        for sample in source:
            [content] = (v for k, v in sample.items() if k[0] != "_" and k != "name")
            try:
                yield read_rgb(NamedFile(content, os.fsdecode(sample["name"])), side)
            except PhotoError as error:
                warnings.warn(f"left out {error}", stacklevel=2)

    split = [wds.split_by_node, wds.split_by_worker] if only is None else []
    stages = [paths, *split, sound_ones, wds.tarfile_to_samples()]
    if epoch is not None:
        stages.append(wds.detshuffle(buffer, initial=buffer, seed=seed, epoch=epoch - 1))
    return wds.DataPipeline(*stages, decode)


def prior(folder: str | Path, bad: str = "stop") -> Tensor:
    """`rebalancing.empirical_prior` of shards: counts of each shard, then their sum.

    Each process of torch.distributed, if there are several, counts the colors of its own shards;
    the counts are added up. The result is the same, bit for bit, for any number of processes.

    Returns
    -------
    tensor, shape (313,), float64, sum 1.
    """
    rank, world = place()
    shards = manifest(folder, whole=True)["shards"]
    # One row for each shard, not one sum for each process: so the order of adding, and with it
    # the rounding, is the same for any number of processes.
    counts = torch.zeros(len(shards), len(AbGamut()), dtype=torch.float64)
    mine = range(rank, len(shards), world)
    total = sum(shards[n]["photos"] for n in mine)
    with tqdm(total=total, unit=" photos", disable=rank > 0) as bar:
        for n in mine:
            counts[n] = color_counts(stream(folder, bad=bad, only=n))
            bar.update(shards[n]["photos"])
    if world > 1:
        dist.all_reduce(counts)
    return shares(counts.sum(0))
