"""Whole albums colored: files read and written while the network works (chapter 13)."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from ..color import lightness_of, paint
from ..data import find_photos
from ..images import PhotoError, like, open_photo, rgb_and_alpha, save_photo
from ..inference import TEMPERATURE, Colorizer

AHEAD = 8  # photos that may be read before the network has time for them, or wait to be written
ROOM = 2**25  # pixels of decoded photos that may wait for others of their shape
FORGOTTEN = 3600  # seconds after which a half-written file is no one's any more


class Job(NamedTuple):
    """A photo to read, and the file for its colored self."""

    source: Path
    target: Path


@dataclass
class Plan:
    """What there is to do: `jobs`; how many were `done` by an earlier run; what is a problem."""

    jobs: list[Job] = field(default_factory=list)
    done: int = 0
    problems: list[str] = field(default_factory=list)


def plan(photos: Iterable[Path], output: Path | None = None, force: bool = False) -> Plan:
    """Which files to color, and where to write them.

    Parameters
    ----------
    photos : files, or folders to be searched. Of a folder, what an earlier run colored or wrote is
        passed over: that is how a run resumes.
    output : a folder, which gets the shape of those that are read; or, for one photo, a file.
        Without it each colored photo goes beside its original.
    force : color all of them again.
    """
    result, sources = Plan(), []
    for path in photos:
        try:
            folder = os.path.isdir(path)  # False for a name too long, where Path.is_dir raises
            found = find_photos(path) if folder else [path]
            sources += [(p, path if folder else path.parent, folder) for p in found
                        if not (folder and p.stem.endswith("_color"))]
        except ValueError as error:
            result.problems.append(str(error))
    to_file = output is not None and output.suffix and not output.is_dir()
    if to_file and len(sources) > 1:
        return Plan(problems=[f"{output}: one file for {len(sources)} photographs; give a folder"])
    taken = set()
    for source, root, folder in sources:
        target = output if to_file else _beside(source, root, output)
        if target in taken:
            result.problems.append(f"{source}: another photograph already goes to {target}")
        elif force or not os.path.exists(target):
            result.jobs.append(Job(source, target))
        elif folder:
            result.done += 1
        else:
            result.problems.append(f"{source}: {target} is there already; --force overwrites it")
        taken.add(target)
    return result


def _beside(source: Path, root: Path, output: Path | None) -> Path:
    # GIF and BMP would lose colors or transparency.
    suffix = ".png" if source.suffix.lower() in (".gif", ".bmp", "") else source.suffix
    folder = source.parent if output is None else output / source.parent.relative_to(root)
    return folder / f"{source.stem}_color{suffix}"


class _Read(NamedTuple):
    """A photo on its way: `shown` is what the network will see of its `lightness`."""

    job: Job
    photo: Image.Image
    lightness: Tensor
    alpha: Tensor | None
    shown: Tensor


def colorize(
    jobs: Sequence[Job], colorizer: Colorizer, T: float = TEMPERATURE, size: int | None = None,
    note: str | None = None, batch: int = 4, arrange: Callable | None = None,
) -> Iterator[tuple[Job, str | None]]:
    """Color the jobs; gives each, once it is written, with None or with what was wrong with it.

    One thread reads ahead, another writes, and between them the network takes photos of one shape
    together. How many are held does not grow with their number; what is written is whole files, in
    about the order of the jobs. To stop, stop asking for more.

    Parameters
    ----------
    T, size : as a `Colorizer` takes them.
    note : for `images.save_photo`.
    batch : how many photos of one shape go through the network at once.
    arrange : makes, of a photo and its colored self, the picture to write, if not the latter.
    """
    for folder in {job.target.parent for job in jobs}:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)

    def read(job: Job) -> _Read:
        photo = open_photo(job.source)
        rgb, alpha = rgb_and_alpha(photo)
        lightness = lightness_of(rgb)
        return _Read(job, photo, lightness, alpha, colorizer.shown(lightness, size))

    def write(this: _Read, ab: Tensor) -> None:
        colored = like(paint(this.lightness, ab), this.alpha, this.photo)
        picture = arrange(this.photo, colored) if arrange else colored
        save_photo(picture, this.job.target, note, this.photo)

    with torch.inference_mode():
        yield from _pipeline(jobs, read, lambda shown: colorizer.ab(shown, T), write, batch)


def _pipeline(jobs, read, color, write, batch: int) -> Iterator[tuple[Job, str | None]]:
    reader, writer = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
    writing: deque[tuple[Job, Future]] = deque()
    try:
        for group in _by_shape(_ahead(reader, read, jobs), batch):
            if isinstance(group, tuple):  # a photo that could not be read
                yield group
                continue
            for this, ab in zip(group, color(torch.cat([g.shown for g in group])), strict=True):
                writing.append((this.job, writer.submit(write, this, ab)))
            del this, group  # or the last one would be held while the next are read
            while len(writing) > AHEAD:
                yield _told(*writing.popleft())
        while writing:
            yield _told(*writing.popleft())
    finally:
        for pool in (reader, writer):
            pool.shutdown(cancel_futures=True)


def _ahead(pool: ThreadPoolExecutor, function: Callable, jobs) -> Iterator[tuple[Job, Future]]:
    """Each job with the future of its result, a few jobs ahead of who asks."""
    waiting: deque[tuple[Job, Future]] = deque()
    for job in jobs:
        waiting.append((job, pool.submit(function, job)))
        if len(waiting) >= AHEAD:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


def _by_shape(readings, batch: int) -> Iterator[list[_Read] | tuple[Job, str]]:
    """Photos that the network sees at one shape, gathered; and those that can't be read, told."""
    groups: dict[torch.Size, list[_Read]] = {}
    for job, future in readings:
        try:
            this = future.result()
        except (PhotoError, OSError, MemoryError) as error:
            yield job, _problem(job, error)
            continue
        group = groups.setdefault(this.shown.shape, [])
        group.append(this)
        held = sum(g.lightness.numel() for some in groups.values() for g in some)
        if len(group) == batch or held > ROOM:
            yield groups.pop(this.shown.shape)
        elif sum(map(len, groups.values())) >= 4 * batch:  # the shape that has waited longest
            yield groups.pop(next(iter(groups)))
        del this, group
    yield from groups.values()


def _told(job: Job, future: Future) -> tuple[Job, str | None]:
    try:
        future.result()
    except (PhotoError, OSError, MemoryError) as error:
        return job, _problem(job, error)
    return job, None


def _problem(job: Job, error: Exception) -> str:
    return str(error) or f"{job.source}: not enough memory for it"


def _sweep(folder: Path) -> None:
    """Remove what a run that was killed left half-written; see `files.replacing`."""
    for path in folder.glob(".colorlib-*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > FORGOTTEN:
                path.unlink()
