"""Photographs in: collections of files, training crops, batches (chapter 05)."""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from .color import rgb8_to_lab
from .engine.distributed import place
from .images import PhotoError, read_rgb, samples
from .io.datasets import cifar10, imagenette
from .io.search import digest, search
from .recipes import Recipe

GRAY = 5.0  # a photo whose |a| and |b| never exceed this has no color to teach (Zhang's rule)


def find_photos(folder: str | Path) -> list[Path]:
    """All photographs under a folder, sorted by path, but for what colorlib colored.

    A `PhotoWarning` says what was left out. ValueError if there are none.
    """
    return search(folder).needed()


class Photos(Sequence):
    """A collection of photographs, decoded once and kept as bytes.

    Parameters
    ----------
    paths : files, or one folder.
    side : the short side in pixels that larger photographs are reduced to.
    cache_bytes : decoded photographs are kept up to this many bytes, the rest are read each time.
    labels : the class of each, for those who learn classes too; batches then carry them.

    Attributes
    ----------
    skipped : dict of path to reason: files that could not be read.

    Indexing gives a uint8 tensor of shape (3, H, W), or None for a file that can't be read: hour
    two of a training is no time to stop for one file.
    """

    def __init__(self, paths, side: int = 256, cache_bytes: float = 4e9,
                 labels: Sequence[int] | None = None):
        single = isinstance(paths, str | Path)
        self.paths = find_photos(paths) if single else [Path(p) for p in paths]
        self.side, self.labels, self.skipped = side, labels, {}
        self._room, self._cache = cache_bytes, {}

    def __len__(self) -> int:
        return len(self.paths)

    def fingerprint(self) -> dict:
        """What a checkpoint records of its data: how many photographs, and a digest of them."""
        return {"photographs": len(self), "digest": digest(self.paths)}

    def __getitem__(self, i: int) -> Tensor | None:
        if i in self._cache:
            return self._cache[i]
        path = self.paths[i]
        try:
            photo = read_rgb(path, shrink_to=self.side)
        except PhotoError as error:
            self.skipped[path] = str(error)
            photo = None
        size = photo.numel() if photo is not None else 0
        if size <= self._room:
            self._cache[i], self._room = photo, self._room - size
        return photo

    def __iter__(self) -> Iterator[Tensor]:
        """The photographs that can be read."""
        return (photo for photo in map(self.__getitem__, range(len(self))) if photo is not None)


def photographs(source: str | Path = "bundled", split: str = "train") -> Sequence:
    """Something to train on, by name.

    Parameters
    ----------
    source : "bundled", the photographs that ship with the course; "imagenette" or "cifar10", which
        are downloaded once; or a folder of yours.
    split : "train" or "val" of Imagenette, "train" or "test" of CIFAR-10.

    Returns
    -------
    What `Batches` takes. Offline, with nothing downloaded before: the bundled photographs, and a
    warning that says so.
    """
    bundled = Photos(samples().values())
    try:
        if source == "bundled":
            return bundled
        return cifar10(split) if source == "cifar10" else Photos(
            imagenette(split) if source == "imagenette" else source)
    except OSError as error:
        warnings.warn(f"{source} can't be had ({error}); these are the {len(bundled)} bundled "
                      "photographs instead", stacklevel=2)
        return bundled


def is_gray(rgb: Tensor) -> bool:
    """Whether a uint8 photo (3, H, W) has no color: |a| and |b| at most 5 at every pixel."""
    # Nearly every photo shows its color in a few pixels; only the others get a full look.
    looks = rgb[:, ::8, ::8], rgb
    return all(rgb8_to_lab(look)[1:].abs().max() <= GRAY for look in looks)


def random_crop(rgb: Tensor, crop: int, zoom: tuple[float, float], rng: torch.Generator) -> Tensor:
    """A square window of a photo at a random scale, place and mirror image.

    Parameters
    ----------
    rgb : uint8 tensor, shape (3, H, W).
    crop : side of the result in pixels, which is uint8 of shape (3, crop, crop).
    zoom : the photo's short side, measured in crops, is drawn log-uniformly from this range: 1
        sees the whole short side, 2 half of it.
    """
    return _cut(rgb, crop, zoom, torch.rand(4, generator=rng).tolist())


def _cut(rgb: Tensor, crop: int, zoom: tuple[float, float], draw: list[float],
         device: str | torch.device | None = None) -> Tensor:
    """The window that four numbers in [0, 1) choose: scale, top, left, mirrored."""
    height, width = rgb.shape[-2:]
    scale = zoom[0] * (zoom[1] / zoom[0]) ** draw[0]
    side = max(1, round(min(height, width) / max(1.0, scale)))
    top = math.floor(draw[1] * (height - side + 1))
    left = math.floor(draw[2] * (width - side + 1))
    window = rgb[None, :, top : top + side, left : left + side].to(device or rgb.device)
    # Antialiased: a picture shrunk without it glitters, and the net would learn the glitter.
    if side != crop:  # PyTorch shrinks bytes on a CPU alone
        exact = window if window.device.type == "cpu" else window.float()
        shrunk = F.interpolate(exact, size=(crop, crop), mode="bilinear", antialias=True)
        window = shrunk if shrunk.dtype == torch.uint8 else shrunk.round().to(torch.uint8)
    return (window.flip(-1) if draw[3] < 0.5 else window)[0]


class Batches:
    """Endless training batches; batch number `step` depends on the seed and on nothing else.

    That is what makes an interrupted training resume exactly: there is no state to save. Each
    epoch shows every photo once, in an order of its own.

    Parameters
    ----------
    photos : a `Photos`, or any sequence of uint8 tensors (3, H, W) or None.
    batch, crop, zoom : see `random_crop`.
    gamma : L is raised to a random power between 1 / gamma and gamma, so that the net has seen
        darker and paler prints than the photographs it was given.
    device : where windows are scaled and turned to Lab. A GPU then gets the window's bytes alone.
    """

    def __init__(self, photos, batch: int, crop: int, zoom=(1.0, 2.0), gamma=1.0, seed: int = 0,
                 device: str | torch.device = "cpu"):
        if not len(photos):
            raise ValueError("there are no photographs to train on")
        self.photos, self.batch, self.crop = photos, batch, crop
        self.zoom, self.gamma, self.seed, self.device = zoom, gamma, seed, device
        self._order = (-1, None)
        self._gray: dict[int, bool] = {}

    def __call__(self, step: int) -> tuple[Tensor, ...]:
        """Batch number `step`: L (N, 1, crop, crop) and ab (N, 2, crop / 4, crop / 4).

        And the class of each picture, (N,), where the photographs have labels.
        """
        return self.part(step, 0, 1)

    def part(self, step: int, rank: int, world: int) -> tuple[Tensor, ...]:
        """What process number `rank` of `world` has of a batch: its own crops alone are made.

        Put side by side, the parts are the batch.
        """
        _check_shares(self.batch, world)
        # Drawn for the whole batch, so that a crop does not depend on who makes it.
        rng = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
        draws = torch.rand(self.batch, 4, generator=rng).tolist()
        powers = self.gamma ** (2 * torch.rand(self.batch, 1, 1, 1, generator=rng) - 1)
        mine = slice(rank * self.batch // world, (rank + 1) * self.batch // world)
        crops, places = [], []
        for i in range(self.batch)[mine]:
            place, photo = self._colored(step * self.batch + i)
            crops.append(_cut(photo, self.crop, self.zoom, draws[i], self.device))
            places.append(place)
        lab = rgb8_to_lab(torch.stack(crops))
        lightness = 100 * (lab[:, :1] / 100).clamp(0, 1) ** powers[mine].to(lab.device)
        # The target is the mean color of each 4 x 4 square, as the net's output is 1/4 as large.
        batch = lightness, F.avg_pool2d(lab[:, 1:], 4)
        labels = getattr(self.photos, "labels", None)
        return batch if labels is None else (*batch, torch.tensor([labels[i] for i in places]))

    def _colored(self, position: int) -> tuple[int, Tensor]:
        """The photo in line; if it is gray or can't be read, the next one that will do."""
        for k in range(position, position + 1001):
            i = self._pick(k)
            if self._gray.get(i):
                continue
            photo = self.photos[i]
            if i not in self._gray:
                self._gray[i] = photo is None or is_gray(photo)
            if not self._gray[i]:
                return i, photo
        raise ValueError("no color photograph among 1000 tried: nothing to learn from")

    def _pick(self, position: int) -> int:
        epoch, place = divmod(position, len(self.photos))
        if self._order[0] != epoch:
            rng = torch.Generator().manual_seed(self.seed * 1_000_003 - 1 - epoch)
            # Shards have an order of their own, which reads them one after another.
            order = self.photos.order(rng) if hasattr(self.photos, "order") else torch.randperm(
                len(self.photos), generator=rng)
            self._order = epoch, order
        return int(self._order[1][place])


def _check_shares(batch: int, world: int) -> None:
    if batch % world:
        raise ValueError(f"a batch of {batch} can't be shared out evenly to {world} processes")


def batch_source(recipe: Recipe, photos,
                 device: str | torch.device = "cpu") -> Callable[[int], tuple[Tensor, ...]]:
    """The batches of a whole training, stage after stage; of several processes, each its part.
    """
    rank, world = place()
    for stage in recipe.stages:  # now, not hours later when the stage begins
        _check_shares(stage.batch, world)
    starts = [0, *accumulate(stage.steps for stage in recipe.stages)][:-1]
    sources = [
        Batches(photos, s.batch, s.crop, s.zoom, recipe.gamma, recipe.seed + start, device)
        for s, start in zip(recipe.stages, starts, strict=True)
    ]

    def batch_at(step: int) -> tuple[Tensor, ...]:
        stage = recipe.stage(step)
        return sources[stage].part(step - starts[stage], rank, world)

    return batch_at


def evenly(paths: list, count: int) -> list:
    """So many of a list, evenly spread over it."""
    return [paths[i * len(paths) // min(count, len(paths))] for i in range(min(count, len(paths)))]
