"""Whole albums colored: files read and written while the network works (chapter 13)."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from ..color import lightness_of, painted
from ..images import PhotoError, kind_of, open_pages, save_pages, save_photo
from ..inference import TEMPERATURE, Colorizer
from ..io.photos import PhotoFile
from ..io.pixels import Pixels, filled
from .plan import Job, Plan, plan  # noqa: F401

AHEAD = 8  # photos that may be read before the network has time for them, or wait to be written
ROOM = 2**25  # pixels of decoded photos that may wait: to be seen, for their shape, to be written
FORGOTTEN = 3600  # seconds after which a half-written file is no one's any more


class _Read(NamedTuple):
    """A photo on its way: `shown` is what the network will see of its `lightness`.

    Of a file of several pages only `job` and `pages`: they are read when their turn comes.
    """

    job: Job
    pages: int
    photo: Image.Image | None = None
    lightness: Tensor | None = None
    alpha: Tensor | None = None
    shown: Tensor | None = None


class _Waiting:
    """Futures in a row, with the pixels that each holds."""

    def __init__(self):
        self.row: deque[tuple[Job, Future, int]] = deque()

    def add(self, job: Job, future: Future, pixels: int) -> None:
        self.row.append((job, future, pixels))

    def first(self) -> tuple[Job, Future]:
        return self.row.popleft()[:2]

    def is_full(self) -> bool:
        return len(self.row) >= AHEAD or sum(pixels for *_, pixels in self.row) > ROOM


def colorize(
    jobs: Sequence[Job], colorizer: Colorizer, T: float = TEMPERATURE, size: int | None = None,
    note: str | None = None, batch: int = 4, arrange: Callable | None = None,
    prepare: Callable[[Image.Image, str], Image.Image] | None = None,
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
    prepare : makes, of a photo and the name of its file, the picture of the same size that is
        colored in its place.
    """
    for folder in {job.target.parent for job in jobs}:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
    colorizer.shown(torch.zeros(1, 8, 8), size)  # a wrong size stops it here, before all work

    def read(job: Job) -> _Read:
        with PhotoFile(job.source) as file:
            kind_of(job.target, pages=len(file))
            if len(file) > 1:
                return _Read(job, len(file))
            photo = file.page()
        kind_of(job.target, photo.size)  # not after all the work
        lightness, alpha = _light(photo, job, prepare)
        return _Read(job, 1, photo, lightness, alpha, colorizer.shown(lightness, size))

    def finish(photo: Image.Image, lightness: Tensor, alpha: Tensor | None, ab: Tensor):
        colored = filled(painted(lightness, ab), lightness, alpha, photo)
        return arrange(photo, colored) if arrange else colored

    def write(this: _Read, ab: Tensor) -> None:
        picture = finish(this.photo, this.lightness, this.alpha, ab)
        save_photo(picture, this.job.target, note, this.photo)

    def write_pages(job: Job) -> None:
        save_pages((color_page(page, job) for page in open_pages(job.source)), job.target, note)

    def color_page(page: Image.Image, job: Job) -> tuple[Image.Image, Image.Image]:
        lightness, alpha = _light(page, job, prepare)
        ab = colorizer.ab(colorizer.shown(lightness, size), T)[0]
        return finish(page, lightness, alpha, ab), page

    with torch.inference_mode():
        yield from _pipeline(jobs, read, lambda shown: colorizer.ab(shown, T), write, write_pages,
                             batch)


def _light(photo: Image.Image, job: Job, prepare) -> tuple[Tensor, Tensor | None]:
    """L and alpha of a photo, or of what is prepared of it."""
    pixels = Pixels(prepare(photo, str(job.source)) if prepare else photo)
    return lightness_of(pixels), pixels.alpha


def _pipeline(jobs, read, color, write, write_pages,
              batch: int) -> Iterator[tuple[Job, str | None]]:
    reader, writer = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
    writing = _Waiting()
    try:
        for group in _by_shape(_ahead(reader, read, jobs), batch):
            if isinstance(group, tuple):  # a photo that could not be read
                yield group
                continue
            if group[0].pages > 1:
                yield group[0].job, _problem(group[0].job, write_pages)
                continue
            try:
                colors = color(torch.cat([g.shown for g in group]))
            except (RuntimeError, MemoryError) as error:  # of the device, for want of memory say
                yield from ((g.job, f"{g.job.source}: {_line(error)}") for g in group)
                continue
            for this, ab in zip(group, colors, strict=True):
                writing.add(this.job, writer.submit(write, this, ab), this.lightness.numel())
            del this, group  # or the last one would be held while the next are read
            while writing.is_full():
                yield _told(*writing.first())
        while writing.row:
            yield _told(*writing.first())
    finally:
        for pool in (reader, writer):
            pool.shutdown(cancel_futures=True)


def _ahead(pool: ThreadPoolExecutor, function: Callable, jobs) -> Iterator[tuple[Job, Future]]:
    """Each job with the future of its result, a few jobs ahead of who asks."""
    waiting = _Waiting()
    for job in jobs:
        waiting.add(job, pool.submit(function, job), _pixels(job))
        while waiting.is_full():
            yield waiting.first()
    while waiting.row:
        yield waiting.first()


def _pixels(job: Job) -> int:
    try:
        with PhotoFile(job.source) as file:
            return file.pixels()
    except (PhotoError, OSError):
        return 0  # it is told when it is read


def _by_shape(readings, batch: int) -> Iterator[list[_Read] | tuple[Job, str]]:
    """Photos that the network sees at one shape, gathered; and those that can't be read, told."""
    groups: dict[torch.Size, list[_Read]] = {}
    for job, future in readings:
        job, problem = _told(job, future)
        if problem:
            yield job, problem
            continue
        this = future.result()
        if this.pages > 1:
            yield [this]
            continue
        group = groups.setdefault(this.shown.shape, [])
        group.append(this)
        held = sum(g.lightness.numel() for some in groups.values() for g in some)
        if len(group) == batch or held > ROOM:
            yield groups.pop(this.shown.shape)
        elif sum(map(len, groups.values())) >= 4 * batch:  # the shape that has waited longest
            yield groups.pop(next(iter(groups)))
        del this, group, future
    yield from groups.values()


def _told(job: Job, future: Future) -> tuple[Job, str | None]:
    return job, _problem(job, lambda job: future.result())


def _problem(job: Job, work: Callable[[Job], object]) -> str | None:
    """Do some work; what goes wrong with one photo is told, and the others go on."""
    try:
        work(job)
    except MemoryError:
        return f"{job.source}: not enough memory for it"
    except PhotoError as error:
        return str(error)
    except Exception as error:  # a decoder's or an encoder's, of whatever kind
        return f"{job.source}: {_line(error)}"
    return None


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _sweep(folder: Path) -> None:
    """Remove what a run that was killed left half-written; see `files.replacing`."""
    for path in folder.glob(".colorlib-*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > FORGOTTEN:
                path.unlink()
