"""The notebooks of a class, as a learning platform exports them."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

from .answers import read

LARGEST = 32 * 2**20  # bytes; a notebook with all its pictures has a few million
DEEPEST = 3  # zips in zips

# How Canvas and Moodle name what a student handed in; the last is any other platform's way.
MOODLE = re.compile(r"^(?P<name>.+)_(?P<student>\d+)_assignsubmission_\w*?file_?(?P<file>.*)$")
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?:LATE_)?(?P<student>\d+)_\d+_(?P<file>.+)$", re.I)
PLAIN = re.compile(r"^(?P<student>.+?)[_ -]+(?P<file>(?:copy[_ ]of[_ ])?\d\d[a-z]?_.+)$", re.I)
TRY = re.compile(r"(?:[-_ ]\(?|\()(?:try|attempt|v)?[-_ ]?(\d{1,3})\)?$", re.I)


@dataclass(frozen=True)
class Submission:
    """A file that a student handed in.

    `student` is safe as a file's name and in a spreadsheet; `name` is what the platform calls the
    student, if it says so. `attempt` counts the tries, from the file's name and then its time.
    """

    student: str
    name: str
    path: str
    chapter: str | None
    attempt: tuple
    content: bytes = b""
    problem: str = ""


def find(folder: str | Path) -> list[Submission]:
    """All notebooks in a folder, the folders in it and the zips in it, sorted.

    Raises
    ------
    ValueError : if it is no folder or zip, or holds nothing that was handed in.
    """
    folder = Path(folder)
    if folder.is_dir():
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        entries = [(path.relative_to(folder).as_posix(), path.stat().st_mtime, path)
                   for path in files]
    elif folder.is_file():
        entries = [(folder.name, folder.stat().st_mtime, folder)]
    else:
        raise ValueError(f"{folder}: no such folder; give the one that holds the notebooks")
    found = [one for entry in entries for one in _of_file(*entry)]
    if not found:
        raise ValueError(f"{folder} holds no notebooks (looked for .ipynb and .zip)")
    return sorted(found, key=lambda one: (one.student, one.chapter or "", one.attempt, one.path))


def latest(found: list[Submission]) -> tuple[list[Submission], list[Submission]]:
    """The last try of each student at each chapter, and the tries before it.

    A file that can't be read counts as a try only where there is no other.
    """
    last: dict[tuple, Submission] = {}
    for one in found:
        key = (one.student, one.chapter or one.path)
        if key not in last or not one.problem or last[key].problem:
            last[key] = one
    kept = list(last.values())
    return kept, [one for one in found if one not in kept]


def _of_file(name: str, time: float, path: Path) -> Iterator[Submission]:
    if not name.lower().endswith((".ipynb", ".zip")) or _is_hidden(name):
        return
    limit = LARGEST if name.lower().endswith(".ipynb") else 64 * LARGEST
    if path.stat().st_size > limit:
        yield _submission(name, time, problem=f"larger than {limit // 2**20} MB")
    else:
        yield from _of_bytes(name, time, path.read_bytes(), DEEPEST)


def _of_bytes(name: str, time: float, content: bytes, depth: int) -> Iterator[Submission]:
    """The notebook itself, or those in a zip, whose name leads the names of what it holds."""
    if not name.lower().endswith(".zip"):
        problem = ""
        try:
            read(content)
        except ValueError as error:
            problem = str(error)
        yield _submission(name, time, content, problem)
        return
    if not depth:
        yield _submission(name, time, problem="zips in zips, too deep")
        return
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for entry in archive.infolist():
                inside = f"{name[:-4]}/{entry.filename}".replace("\\", "/")  # as old Windows zips
                if not inside.lower().endswith((".ipynb", ".zip")) or _is_hidden(inside):
                    continue
                if entry.file_size > LARGEST:
                    yield _submission(inside, time, problem="too large")
                    continue
                stamp = float("".join(f"{part:02d}" for part in entry.date_time))
                yield from _of_bytes(inside, stamp, archive.read(entry), depth - 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        yield _submission(name, time, problem=f"a zip that can't be opened ({error})")


def _submission(path: str, time: float, content: bytes = b"", problem: str = "") -> Submission:
    """What the names on the way to a file say about it."""
    student, name, file = _who(PurePosixPath(path))
    stem = re.sub(r"\.(ipynb|zip)$", "", file, flags=re.I)
    number = TRY.search(stem)
    chapter = re.search(r"(?<!\d)(\d\d[a-z]?)_", stem)
    return Submission(_safe(student), name, path, chapter and chapter[1],
                      (int(number[1]) if number else 0, time), content, problem)


def _who(path: PurePosixPath) -> tuple[str, str, str]:
    """The student's id, the student's name and the file's own name.

    The first part that a platform named decides; without one, the folder that is nearest to the
    file and no chapter's; without a folder, what comes before the chapter in the file's name.
    """
    for part in path.parts:
        for pattern in (MOODLE, CANVAS):
            match = pattern.match(part)
            if match:
                return match["student"], match["name"], match["file"] or path.name
    plain = PLAIN.match(path.name)
    if plain and not re.fullmatch(r"copy[_ ]of", plain["student"], re.I):
        return plain["student"], plain["student"], plain["file"]
    other = re.compile(r"\d\d[a-z]?_|try|attempt|notebooks?$", re.I)
    folders = [part for part in path.parts[:-1] if not other.match(part)]
    if folders:
        return folders[-1], folders[-1], path.name
    stem = re.sub(r"\.(ipynb|zip)$", "", path.name, flags=re.I)
    return stem, stem, path.name


def _safe(student: str) -> str:
    return re.sub(r"[^\w.-]+", "_", student).strip("_.-") or "unnamed"


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)
