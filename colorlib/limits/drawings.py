"""Flat-colored drawings, made by a program: what photographs' statistics are worthless for
(chapter 12).
"""

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ..recipes import Recipe, Stage

SIDE = 128  # pixels
INK = (20, 20, 25)
# Some things have a color by custom, others have whichever their maker liked.
SKY, GRASS, SUN, TRUNK = ("#8fd3ff", "#6ec1ff"), ("#5fd35f", "#43c267"), ("#ffd93b",), ("#8a5a2b",)
CROWN, WATER = ("#2f9e44", "#37b24d"), ("#228be6",)
FREE = ("#e03131", "#f08c00", "#ffd43b", "#2f9e44", "#1c7ed6", "#7048e8", "#e64980", "#ffffff",
        "#12b886", "#ff8787")


def drawing(seed: int, side: int = SIDE) -> Tensor:
    """A scene of flat colors with black outlines: sky, hills, a sun, trees, houses, balloons, cars.

    Returns
    -------
    uint8 tensor, shape (3, side, side); the same for the same seed.
    """
    rng = np.random.default_rng(seed)
    size = 3 * side  # drawn large and shrunk: smooth outlines
    image = Image.new("RGB", (size, size), rng.choice(SKY))
    pen = ImageDraw.Draw(image)
    width = max(2, size // 110)

    def some(colors) -> str:
        return str(rng.choice(colors))

    def at(low: float, high: float) -> float:
        return size * rng.uniform(low, high)

    def disk(x: float, y: float, r: float, color: str, squeeze: float = 1.0) -> None:
        pen.ellipse((x - r, y - r * squeeze, x + r, y + r * squeeze), color, INK, width)

    disk(at(0.1, 0.9), at(0.08, 0.25), at(0.06, 0.1), SUN[0])
    for _ in range(rng.integers(1, 4)):
        disk(at(0, 1), at(0.1, 0.3), at(0.06, 0.12), "#ffffff", 0.5)
    horizon = at(0.5, 0.65)
    if rng.random() < 0.3:
        pen.rectangle((-9, horizon - size / 12, size + 9, size), WATER[0], INK, width)
    disk(at(0.1, 0.9), horizon + size * 0.75, size * 0.9, some(GRASS), 0.85)
    for thing in rng.permutation([_house, _tree, _balloon, _car, _tree, _balloon])[:4]:
        thing(pen, at, some, disk, horizon, width)
    return torch.from_numpy(
        np.array(image.resize((side, side), Image.Resampling.LANCZOS))).permute(2, 0, 1)


def _house(pen, at, some, disk, horizon, width):
    x, y, w, h = at(0.05, 0.7), horizon + at(0.02, 0.12), at(0.18, 0.28), at(0.14, 0.22)
    pen.rectangle((x, y - h, x + w, y), some(FREE), INK, width)
    roof = [(x - w / 10, y - h), (x + w / 2, y - 1.7 * h), (x + 1.1 * w, y - h)]
    pen.polygon(roof, some(FREE), INK, width)
    pen.rectangle((x + w * 0.4, y - h * 0.5, x + w * 0.6, y), some(FREE), INK, width)


def _tree(pen, at, some, disk, horizon, width):
    x, y, r = at(0.1, 0.9), horizon + at(0.05, 0.2), at(0.07, 0.12)
    pen.rectangle((x - r / 5, y - 2 * r, x + r / 5, y), TRUNK[0], INK, width)
    disk(x, y - 2.6 * r, r, some(CROWN), 1.2)


def _balloon(pen, at, some, disk, horizon, width):
    x, y, r = at(0.1, 0.9), at(0.12, 0.45), at(0.05, 0.1)
    pen.line((x, y, x, y + 3 * r), INK, width)
    disk(x, y, r, some(FREE), 1.2)


def _car(pen, at, some, disk, horizon, width):
    x, y, w = at(0.05, 0.65), horizon + at(0.15, 0.3), at(0.2, 0.3)
    color = some(FREE)
    pen.rectangle((x + w * 0.2, y - w * 0.45, x + w * 0.8, y - w * 0.2), color, INK, width)
    pen.rectangle((x, y - w * 0.25, x + w, y), color, INK, width)
    for wheel in (0.22, 0.78):
        disk(x + w * wheel, y, w * 0.12, "#495057")


# A small network for a small world. The first HELD_OUT drawings are for measuring, so many more for
# training.
HELD_OUT, TRAINING = 200, 1000
RECIPE = Recipe(width=1 / 16, loss="classification", stages=(Stage(600, 16, 64, (1.0, 1.5)),),
                optimizer="muon", lr=2e-3, warmup=60, average=0.98, gamma=1.0,
                precision="float32", size=SIDE)
