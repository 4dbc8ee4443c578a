"""The commands that color, train, count, pack and export."""

import sys
from dataclasses import replace
from functools import partial

from .pictures import side_by_side
from .prints import Prints

MOSTLY = 0.95  # a share of gray pixels that no collection in color has


def colorize(arguments) -> int:
    """Color photographs; a bad one is named and the others go on."""
    from tqdm import tqdm

    from ..inference import Colorizer
    from ..scale import albums
    from . import hints
    from .door import STDIO
    from .pipe import colorize_stream

    if STDIO in arguments.photos or arguments.output == STDIO:
        return colorize_stream(arguments)
    plan = albums.plan(arguments.photos, arguments.output, arguments.force)
    problems = len(plan.problems)
    for line in plan.problems + plan.left_out:
        print(f"colorlib: {line}", file=sys.stderr)
    if plan.done:
        print(f"{plan.done} photographs were colored before; --force colors them again")
    prints = Prints(arguments.old_print)
    if plan.jobs:
        colored = hints.colorize(plan.jobs, arguments, prints) if arguments.hints else (
            albums.colorize(
                plan.jobs, Colorizer.from_pretrained(arguments.weights), arguments.temperature,
                arguments.size, hints.note_of(arguments), prepare=prints,
                arrange=partial(side_by_side, repaired=prints.wanted) if arguments.compare
                else None))
        total = len(plan.jobs)
        for _, problem in tqdm(colored, total=total, unit=" photos", disable=total < 2):
            if problem:
                problems += 1
                tqdm.write(f"colorlib: {problem}", file=sys.stderr)
    prints.tell()
    return 2 if problems else 0


def train(arguments) -> int:
    """Train by the course's recipe, with what the options change in it."""
    from ..engine.distributed import place, processes
    from ..recipes import COURSE, scaled
    from ..training import train as run

    recipe = replace(COURSE, loss=arguments.loss, seed=arguments.seed)
    if arguments.width is not None:
        recipe = replace(recipe, width=arguments.width)
    if arguments.steps is not None:
        recipe = scaled(recipe, arguments.steps)
    checkpoint = arguments.out / "checkpoint.safetensors"
    with processes(arguments.device) as device:
        photos, name = _training_photos(arguments), str(arguments.data or "Imagenette train")
        training = run(recipe, photos, checkpoint, device=device, accumulate=arguments.accumulate,
                       sync_batchnorm=arguments.sync_batchnorm, data=name)
        if place()[0]:
            return 0  # the first process writes and tells
    for reason in photos.skipped.values():
        print(f"colorlib: left out {reason}", file=sys.stderr)
    weights = arguments.out / "weights.safetensors"
    training.save_weights(weights, data=name)
    print(f"wrote {weights}: use it with colorlib colorize --weights {weights}")
    return 0


def _training_photos(arguments):
    """A folder of shards or of photographs, or Imagenette without what is held out."""
    from ..data import Photos, find_photos
    from ..io.datasets import imagenette
    from ..recipes import HOLD_OUT
    from ..scale.shards import Shards, is_sharded

    if not arguments.data:
        paths = find_photos(imagenette("train"))
        return Photos([path for i, path in enumerate(paths) if i % HOLD_OUT])
    if is_sharded(arguments.data):
        return Shards(arguments.data, bad=arguments.bad)
    return Photos(find_photos(arguments.data))


def prior(arguments) -> int:
    """Write the empirical prior of a collection of photographs."""
    import numpy as np
    from tqdm import tqdm

    from ..data import Photos
    from ..engine.distributed import place, processes
    from ..gamut import AbGamut
    from ..io.datasets import imagenette
    from ..io.files import replacing
    from ..rebalancing import empirical_prior
    from ..scale.shards import is_sharded
    from ..scale.streams import prior as of_shards

    with processes("cpu"):
        if arguments.data and is_sharded(arguments.data):
            counted = of_shards(arguments.data, arguments.bad)
        else:
            photos = Photos(arguments.data or imagenette("train"), cache_bytes=0)
            counted = empirical_prior(tqdm(photos, total=len(photos), unit=" photos"))
            for reason in photos.skipped.values():
                print(f"colorlib: left out {reason}", file=sys.stderr)
        if place()[0]:
            return 0  # the first process writes it
    gray = counted[AbGamut().bins.norm(dim=1) <= 10].sum()  # a gray pixel counts for five bins
    if gray > MOSTLY:
        print(f"colorlib: {gray:.1%} of the pixels are gray: are these color photographs?",
              file=sys.stderr)
    with replacing(arguments.output) as beside, beside.open("wb") as file:
        np.save(file, counted.numpy(), allow_pickle=False)
    print(f"wrote {arguments.output}: gray has {counted[120]:.3f} of the mass")
    return 0


def shards(arguments) -> int:
    """Pack a folder into shards, or make good what is damaged among them."""
    from ..scale.shards import pack

    made = pack(arguments.data, arguments.output, arguments.photos, arguments.seed)
    size = sum(shard["bytes"] for shard in made["shards"])
    print(f"{arguments.output}: {made['photos']:,} photographs in {len(made['shards']):,} shards, "
          f"{size / 1e6:,.1f} MB")
    return 0


def export(arguments) -> int:
    """Write the network, its size and its bins as one ONNX file."""
    from ..inference import Colorizer
    from ..scale.export import export_onnx

    export_onnx(Colorizer.from_pretrained(arguments.weights), arguments.output)
    print(f"wrote {arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")
    return 0
