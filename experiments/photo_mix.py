"""What the network for any photograph is trained on: many sources, evenly mixed (see `photo`)."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from colorlib.color import rgb8_to_lab
from colorlib.data import Photos, find_photos, is_gray, random_crop
from colorlib.io.datasets import imagenette
from colorlib.rebalancing import color_counts, shares
from colorlib.recipes import HOLD_OUT

BALANCE = 0.6  # a source of 100 times as many photographs is drawn from 16 times as often
GAMMA = 1.25  # L is raised to a power between 1 / GAMMA and GAMMA
LOWEST_RATE = 0.02  # share of the learning rates that is left in the end
COUNTED = 1e-3  # pixels that each color is counted beside those that are there


@dataclass(frozen=True)
class Shape:
    """A kind of batch: crops of one side, and the share of steps that have it.

    Attributes
    ----------
    zoom : the least part of the short side that a crop shows is 1 / zoom.
    early, late : the share in the first three quarters of the training, and in the last.
    """

    crop: int
    batch: int
    zoom: float
    early: float
    late: float


@dataclass(frozen=True)
class Plan:
    """All that decides what the training gives, beside its photographs."""

    steps: int = 5000
    seed: int = 0
    lam: float = 0.9  # of the class weights
    warmup: int = 200
    weight_decay: float = 0.02
    clip: float = 1.0
    average: float = 0.999
    precision: str = "auto"
    pretrained: bool = True
    counted: int = 3840  # crops whose colors are the prior
    shapes: tuple[Shape, ...] = (Shape(128, 24, 1.7, 0.45, 0.15), Shape(160, 16, 1.5, 0.35, 0.5),
                                 Shape(192, 12, 1.3, 0.2, 0.35))

    def rate(self, step: int) -> float:
        """Share of the learning rates at a step: a climb, and half a cosine over all steps."""
        fall = (1 + math.cos(math.pi * step / self.steps)) / 2
        return min(1, (step + 1) / self.warmup) * (LOWEST_RATE + (1 - LOWEST_RATE) * fall)


# For tests: no package, small crops, the same numbers on every machine.
TINY = Plan(steps=6, warmup=2, precision="float32", pretrained=False, counted=8,
            shapes=(Shape(32, 3, 1.7, 0.5, 0.2), Shape(40, 2, 1.3, 0.5, 0.8)))


def sources(folder: Path | None) -> dict[str, list[Path]]:
    """The photographs to train on, by source.

    Every 32nd of each source in ``photos``, by sorted path, is kept aside to judge by; Imagenette
    has a val split for that. ValueError if there is nothing.
    """
    if folder is None:
        return {"imagenette": find_photos(imagenette("train"))}
    found = {}
    for source in sorted(p for p in folder.glob("photos/*") if p.is_dir()):
        paths = [path for i, path in enumerate(find_photos(source)) if i % HOLD_OUT]
        found |= {source.name: paths} if paths else {}
    if (folder / "imagenette2-160" / "train").is_dir():
        found["imagenette"] = find_photos(folder / "imagenette2-160" / "train")
    if not found:
        raise ValueError(f"{folder} holds neither photos/SOURCE/ nor imagenette2-160/train")
    return found


class Mix:
    """Training batches from several sources; batch number `step` depends on the plan alone.

    A source is drawn in proportion to its size to the power of `BALANCE`, so that many photographs
    of one kind do not outvote few of another. Each photo comes once an epoch of its source.

    Parameters
    ----------
    photos : of each source.
    """

    def __init__(self, photos: dict[str, Photos], plan: Plan):
        self.photos, self.plan, self._gray, self._orders = list(photos.values()), plan, {}, {}
        share = torch.tensor([len(p) for p in self.photos], dtype=torch.float64) ** BALANCE
        rng = self._rng(-1)
        odds = torch.tensor([[s.early for s in plan.shapes], [s.late for s in plan.shapes]])
        late = (torch.arange(plan.steps) >= 0.75 * plan.steps).long()
        shapes = torch.multinomial(odds[late], 1, generator=rng).squeeze(1)
        self.shapes = [plan.shapes[i] for i in shapes.tolist()]
        self.starts = [0]  # how many photographs were drawn before each step
        for shape in self.shapes:
            self.starts.append(self.starts[-1] + shape.batch)
        # Those that the prior is counted by come last.
        total = self.starts[-1] + plan.counted
        self.drawn = torch.multinomial(share, total, replacement=True, generator=rng)
        # How often each one's source was drawn before it: its place in the source's line.
        self.places = torch.empty_like(self.drawn)
        for i in range(len(self.photos)):
            mine = self.drawn == i
            self.places[mine] = torch.arange(int(mine.sum()))

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """Batch number `step`: L (N, 1, crop, crop) and ab (N, 2, crop / 4, crop / 4)."""
        shape, rng = self.shapes[step], self._rng(step)
        lab = rgb8_to_lab(torch.stack([
            random_crop(self.photo(i), shape.crop, (1, shape.zoom), rng)
            for i in range(self.starts[step], self.starts[step + 1])]))
        powers = GAMMA ** (2 * torch.rand(len(lab), 1, 1, 1, generator=rng) - 1)
        return 100 * (lab[:, :1] / 100).clamp(0, 1) ** powers, F.avg_pool2d(lab[:, 1:], 4)

    def prior(self) -> Tensor:
        """How the colors of this mix are shared out over the 313 bins, shape (313,)."""
        shape, rng = self.plan.shapes[0], self._rng(-2)
        counts = color_counts(random_crop(self.photo(i), shape.crop, (1, 1.3), rng)
                              for i in range(self.starts[-1], len(self.drawn)))
        return shares(counts + COUNTED)

    def photo(self, number: int) -> Tensor:
        """The photo in line, uint8 (3, H, W); for a gray or a broken one, the next that will do."""
        source, place = int(self.drawn[number]), int(self.places[number])
        for k in range(place, place + 1000):
            i = self._pick(source, k)
            if self._gray.get((source, i)):
                continue
            photo = self.photos[source][i]
            if (source, i) not in self._gray:
                self._gray[source, i] = photo is None or is_gray(photo)
            if not self._gray[source, i]:
                return photo
        raise ValueError(f"no color photograph near {self.photos[source].paths[0]}")

    def _pick(self, source: int, place: int) -> int:
        epoch, place = divmod(place, len(self.photos[source]))
        if self._orders.get(source, (None,))[0] != epoch:
            rng = self._rng(-3 - 1000 * source - epoch)
            order = torch.randperm(len(self.photos[source]), generator=rng)
            self._orders[source] = epoch, order
        return int(self._orders[source][1][place])

    def _rng(self, number: int) -> torch.Generator:
        return torch.Generator().manual_seed(self.plan.seed * 1_000_000_007 + number)
