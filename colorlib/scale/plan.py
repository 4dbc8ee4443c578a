"""Which photographs of an album are to be colored, and where the results go (chapter 13)."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..images import PhotoError, kind_of
from ..io.search import search

# Kinds with all colors and a place for the note; others become PNG, cameras' become JPEG.
KEEP = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif", ".tif", ".tiff",
        ".jp2", ".jpf", ".jpx"}
CAMERAS = {".mpo", ".heic", ".heif", ".hif"}


class Job(NamedTuple):
    """A photo to read, and the file for its colored self."""

    source: Path
    target: Path


class _Source(NamedTuple):
    path: Path
    root: Path  # the folder that was searched, or that the file lies in
    searched: bool


@dataclass
class Plan:
    """What there is to do.

    jobs : what to color.
    done : how many were colored by an earlier run.
    problems : what was asked for and can't be done, a line each.
    left_out : what folders hold and is not taken, a line each.
    """

    jobs: list[Job] = field(default_factory=list)
    done: int = 0
    problems: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def plan(photos: Iterable[Path], output: str | Path | None = None, force: bool = False) -> Plan:
    """Which files to color, and where to write them.

    Parameters
    ----------
    photos : files, or folders to be searched. Of a folder, what an earlier run colored or wrote is
        passed over: that is how a run resumes.
    output : a folder, which gets the shape of those that are read; or, for one photo, a file. What
        ends in a slash is a folder. Without it each colored photo goes beside its original.
    force : color all of them again.
    """
    result = Plan()
    sources = [source for path in photos for source in _sources(Path(path), result)]
    folder = output is None or str(output).endswith(("/", os.sep)) or Path(output).is_dir()
    output = None if output is None else Path(output)
    to_file = not folder and bool(output.suffix)
    if to_file:
        try:
            kind_of(output)
        except PhotoError as error:
            return Plan(problems=[f"{error}; for a folder, end it with a slash"])
        if len(sources) > 1:
            return Plan(problems=[f"{output}: one file for {len(sources)} photographs; give a "
                                  "folder"])
    targets = [output if to_file else _beside(source, output) for source in sources]
    places = {target: source.path for source, target in zip(sources, targets, strict=True)}
    taken = set()
    for source, target in zip(sources, targets, strict=True):
        if source.searched and places.get(source.path, source.path) != source.path:
            result.left_out.append(f"{source.path}: left out, it stands where the result of "
                                   f"{places[source.path]} goes")
        elif target in taken:
            result.problems.append(f"{source.path}: another photograph already goes to {target}")
        elif force or not os.path.lexists(target):
            result.jobs.append(Job(source.path, target))
        elif source.searched:
            result.done += 1
        else:
            result.problems.append(f"{source.path}: {target} is there already; --force overwrites "
                                   "it")
        taken.add(target)
    return result


def _sources(path: Path, result: Plan) -> list[_Source]:
    if not os.path.isdir(path):  # False for a name too long, where Path.is_dir raises
        return [_Source(path, path.parent, False)]
    found = search(path)
    if line := found.line():
        result.left_out.append(line)
    if not found.photos and not found.colorized:
        result.problems.append(f"{path} holds no photographs")
    return [_Source(photo, path, True) for photo in found.photos]


def _beside(source: _Source, output: Path | None) -> Path:
    suffix = source.path.suffix
    if suffix.lower() not in KEEP:
        suffix = ".jpg" if suffix.lower() in CAMERAS else ".png"
    parent = source.path.parent
    folder = parent if output is None else output / parent.relative_to(source.root)
    return folder / f"{source.path.stem}_color{suffix}"
