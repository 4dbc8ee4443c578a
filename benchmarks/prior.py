"""How often each class occurs in decoded photographs, against the plain way (chapter 03)."""

from itertools import cycle

import torch

from colorlib.data import random_crop
from colorlib.images import read_rgb, samples
from colorlib.rebalancing import empirical_prior

from . import plain
from .machine import powers
from .measure import Row, race


def run(tiny: bool = False) -> list[Row]:
    # Each turn takes the next part of the photographs, so that the turns see all 1,000 of them.
    count, side, rounds = (2, 16, 1) if tiny else (200, 160, 5)
    rng, photos = torch.Generator().manual_seed(0), []
    files = [read_rgb(path, 256) for path in samples().values()]
    for i in range(count * rounds):
        photos.append(random_crop(files[i % len(files)], side, (1, 1.5), rng))
    parts = [photos[i : i + count] for i in range(0, len(photos), count)]

    def plain_prior(part):
        total = sum(plain.encode(plain.lab(photo.float() / 255)[1:].flatten(1)).sum(1)
                    for photo in part)
        return total / total.sum()

    off = (plain_prior(parts[0][:20]) - empirical_prior(parts[0][:20])).abs().max().item()
    if off > 1e-5:
        raise AssertionError(f"the priors differ by {off}")
    ours, theirs = cycle(parts), cycle(parts)
    row = race(f"prior of {len(photos):,} photos of {side} x {side}, a turn's {count}",
               lambda: empirical_prior(next(ours)), "scikit-image, ball tree, dense targets",
               lambda: plain_prior(next(theirs)), rounds, 15,
               (1000 * count * 3 * side**2 / powers(), "3 powers a pixel"))
    return [row]
