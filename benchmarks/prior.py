"""How often each class occurs in decoded photographs, against the plain way (chapter 03)."""

import torch

from colorlib.data import random_crop
from colorlib.images import read_rgb, samples
from colorlib.rebalancing import empirical_prior

from . import plain
from .measure import Row, race


def run(tiny: bool = False) -> list[Row]:
    count, side, rounds = (2, 16, 1) if tiny else (20, 160, 3)
    rng, photos = torch.Generator().manual_seed(0), []
    files = [read_rgb(path, 256) for path in samples().values()]
    for i in range(count):
        photos.append(random_crop(files[i % len(files)], side, (1, 1.5), rng))

    def plain_prior():
        total = sum(plain.encode(plain.lab(photo.float() / 255)[1:].flatten(1)).sum(1)
                    for photo in photos)
        return total / total.sum()

    off = (plain_prior() - empirical_prior(photos)).abs().max().item()
    if off > 1e-5:
        raise AssertionError(f"the priors differ by {off}")
    return [race(f"prior of {count} photos of {side} x {side}", lambda: empirical_prior(photos),
                 "scikit-image, ball tree, dense targets", plain_prior, rounds, target=15)]
