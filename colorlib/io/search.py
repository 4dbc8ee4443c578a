"""The photographs of a folder: what can be read, and what was left out and why."""

import hashlib
import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from .errors import warn
from .metadata import is_colorized
from .photos import HEIF_SUFFIXES, SUFFIXES

RAW = {".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".srw", ".pef", ".raw"}
OTHERS = {".svg", ".eps", ".pdf", ".xcf", ".jxl", ".exr", ".hdr"}  # not read here


@dataclass
class Found:
    """What a folder holds.

    photos : files to read, sorted by path.
    colorized : results of this library, known by the note in them.
    left_out : how many files, by the reason.
    """

    folder: Path
    photos: list[Path] = field(default_factory=list)
    colorized: list[Path] = field(default_factory=list)
    left_out: Counter = field(default_factory=Counter)

    def line(self) -> str:
        """What was left out, in one line; nothing if all was taken."""
        counts = ", ".join(f"{count:,} {reason}" for reason, count in sorted(self.left_out.items()))
        return f"{self.folder}: left out {counts}" if counts else ""

    def needed(self) -> list[Path]:
        """The photographs; a `PhotoWarning` says what was left out. ValueError if there are none.

        For data: a result of this library is no photograph there.
        """
        if self.colorized:
            self.left_out["colored by colorlib"] = len(self.colorized)
        if not self.photos:
            why = self.line().removeprefix(f"{self.folder}: ")
            raise ValueError(f"{self.folder} holds no photographs" + f"; {why}" * bool(why))
        if self.left_out:
            warn(self.line())
        return self.photos


def digest(paths: list[Path]) -> str:
    """A checksum of the names and sizes of files: another set of photographs has another."""
    root = os.path.commonpath([path.absolute().parent for path in paths]) if paths else ""
    names = sorted(f"{os.path.relpath(path, root)} {os.path.getsize(path)}" for path in paths)
    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def search(folder: str | Path) -> Found:
    """All photographs under a folder; hidden ones, such as an editor's copies, don't count.

    Raises
    ------
    ValueError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; give one that holds photographs")
    found = Found(folder)
    for place, folders, files in os.walk(folder):
        hidden = [name for name in folders if name.startswith(".") or name == "__MACOSX"]
        found.left_out["in hidden folders"] += sum(
            Path(name).suffix.lower() in SUFFIXES for some in hidden
            for name in os.listdir(os.path.join(place, some)))
        folders[:] = sorted(set(folders) - set(hidden))
        for name in files:
            path = Path(place, name)
            if reason := _reason(path):
                found.left_out[reason] += 1
            elif path.suffix.lower() in SUFFIXES:
                (found.colorized if is_colorized(path) else found.photos).append(path)
    found.photos.sort()
    found.left_out = +found.left_out  # without those that count nothing
    return found


def _reason(path: Path) -> str:
    """Why a file is left out; nothing if it is a photograph, or nothing like one."""
    suffix = path.suffix.lower()
    pillows = Image.registered_extensions()
    if suffix not in SUFFIXES | RAW | OTHERS and suffix not in pillows:
        return ""
    if path.name.startswith("."):
        return "hidden files" + " of macOS (._)" * path.name.startswith("._")
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "pipes or devices"
    except OSError:
        return "links that lead nowhere"
    if suffix in RAW:
        return f"{suffix} (a camera's raw data: develop them first)"
    if suffix in HEIF_SUFFIXES and find_spec("pillow_heif") is None:
        return f"{suffix} (pip install pillow-heif reads them)"
    return "" if suffix in SUFFIXES else f"{suffix} (no kind of photograph that is read)"
