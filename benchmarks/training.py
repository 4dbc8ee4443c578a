"""Training end to end, against its own network alone and against the plain way (chapter 05).

All train the same network on batches of the same shape with AdamW; a thread cuts the next batch
while this one trains. Photographs are decoded anew for every crop: no cache. colorlib trains in the
number format that the processor is fastest in: bfloat16 where it has instructions for it. The plain
way is raced twice: in float32, which is what one gets who asks for nothing, and in the same format,
where nothing but colorlib's own work is left.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F

from colorlib.data import Photos, batch_source, find_photos, random_crop
from colorlib.images import samples
from colorlib.losses import cross_entropy
from colorlib.recipes import COURSE, Recipe, Stage
from colorlib.training import Training

from . import plain
from .measure import Row


def paths() -> list[Path]:
    """Imagenette's photographs where COLORLIB_DATA has them, else the bundled ones."""
    folder = Path(os.environ.get("COLORLIB_DATA", "")) / "imagenette2-160" / "train"
    return find_photos(folder)[::10] if folder.is_dir() else list(samples().values())


class Plain(Training):
    """The same training with dense targets, made where the batches are made, and a dense loss."""

    def loss(self, lightness, target):
        weights = self.class_weights[self.recipe.stages[0].lam]
        return plain.cross_entropy(self.outputs(lightness), target, weights)


class Pure(Training):
    """Nothing but forward, backward and step: the targets are there already."""

    def loss(self, lightness, target):
        return cross_entropy(self.outputs(lightness), *target)

    def step(self, lightness, target) -> float:
        loss = self.loss(lightness, target)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def plain_batch(photos: Photos, stage: Stage, step: int):
    """Crops as colorlib cuts them, then scikit-image and the ball tree."""
    rng = torch.Generator().manual_seed(step)
    chosen = [photos[(step * stage.batch + i) % len(photos)] for i in range(stage.batch)]
    crops = [random_crop(photo, stage.crop, stage.zoom, rng) for photo in chosen]
    lab = plain.lab(torch.stack(crops).float() / 255)
    return lab[:, :1], plain.encode_batch(F.avg_pool2d(lab[:, 1:], 4))


def seconds(training: Training, batch_at: Callable, steps: int) -> tuple[float, float]:
    """Time of so many steps, batches included, by the wall and by the processors."""
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(batch_at, 0)
        coming.result()  # a long training waits for its first batch once
        wall, processor = time.perf_counter(), time.process_time()
        for step in range(steps):
            batch = coming.result()
            coming = ahead.submit(batch_at, step + 1)
            training.step(*batch)
        coming.result()  # as many batches as steps
        return time.perf_counter() - wall, time.process_time() - processor


def run(tiny: bool = False) -> list[Row]:
    stage = Stage(100, 2, 16) if tiny else Stage(100, 32, 64)
    rounds, steps = (1, 1) if tiny else (5, 6)
    recipe = Recipe(0.05 if tiny else 0.25, stages=(stage,), precision=COURSE.precision)
    photos = Photos(paths(), cache_bytes=0)
    ours = Training(recipe)
    lightness, ab = batch_source(recipe, photos)(0)
    ready = lightness, ours.network.gamut.soft_encode(ab)

    def plain_batches(step: int):
        return plain_batch(photos, stage, step)

    ways = {
        "ours": (ours, batch_source(recipe, photos)),
        "pure": (Pure(recipe), lambda step: ready),
        "plain": (Plain(replace(recipe, precision="float32")), plain_batches),
        "same": (Plain(recipe), plain_batches),
    }
    times = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, (training, batch_at) in ways.items():
            taken = seconds(training, batch_at, steps if number else 1)
            if number:  # the first round sets things up
                times[way].append(taken)
    wall = {way: median(wall for wall, _ in taken) for way, taken in times.items()}
    processor = {way: min(processor for _, processor in taken) for way, taken in times.items()}

    def row(way: str, against: str, target: float | None = None) -> Row:
        rate = {w: steps * stage.batch / wall[w] for w in wall}
        return Row(
            f"train at width {recipe.width:g}, {stage.batch} crops of {stage.crop}", against,
            rate["ours"], rate[way], "images/s", rate["ours"] / rate[way],
            processor[way] / processor["ours"], target)

    usual = "scikit-image, ball tree, dense loss"
    return [row("pure", "forward, backward, step alone", 0.9),
            row("plain", f"{usual}, float32", 1.3),
            row("same", f"{usual}, {str(ours.precision).removeprefix('torch.')}")]
