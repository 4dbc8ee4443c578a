"""What a command is given, checked at the door: every number and path, before any work begins.

Each function here is a `type` of argparse: it takes what was written and gives what it means, or
raises an error of one line.
"""

import math
import re
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

WEIGHTS = ("photo", "course", "zhang2016")  # that come with colorlib, or are downloaded
STDIO = "-"  # standard input, or output


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A whole number of at least `least`."""
    wanted = f"a whole number of at least {least}" + (f" and at most {most:,}" if most else "")

    def check(text: str) -> int:
        if not re.fullmatch(r"\s*[+-]?\d{1,18}\s*", text):
            raise ArgumentTypeError(f"must be {wanted}, got {text!r}")
        value = int(text)
        if value < least or most and value > most:
            raise ArgumentTypeError(f"must be {wanted}, got {value}")
        return value

    return check


def number(least: float, open_end: bool = False, most: float = math.inf) -> Callable[[str], float]:
    """A finite number of at least `least`, or above it."""
    wanted = f"{'above ' if open_end else ''}{least:g}" + (" or above" if not open_end else "")
    wanted += f" and at most {most:g}" if most < math.inf else ""

    def check(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ArgumentTypeError(f"must be a number {wanted}, got {text!r}") from None
        beyond = value <= least if open_end else value < least
        if not math.isfinite(value) or beyond or value > most:
            raise ArgumentTypeError(f"must be {wanted}, got {value}")
        return value

    return check


def path(text: str) -> Path:
    """A path that names something; an empty one, of a variable that is not set, does not."""
    if not text.strip():
        raise ArgumentTypeError("is empty: it names no file (a variable that is not set?)")
    if re.match(r"(?i)[a-z][a-z0-9+.-]+://", text):
        raise ArgumentTypeError(f"{text}: that is a web address; download it first")
    if "\0" in text:
        raise ArgumentTypeError("no path has a zero byte in it")
    return Path(text)


def photo(text: str) -> Path | str:
    """A file, a folder, or ``-`` for standard input."""
    return text if text == STDIO else path(text)


def colored(text: str) -> str:
    """Where results go: a file, a folder (which may end in a slash), or ``-``."""
    place = path(text)
    if text != STDIO:
        to_file = place.suffix and not text.endswith("/") and not place.is_dir()
        _try(place.parent if to_file else place)
    return text


def folder(text: str) -> Path:
    """A folder that is there."""
    found = path(text)
    if not found.is_dir():
        raise ArgumentTypeError(f"{found} is not a folder; give one that holds photographs")
    return found


def file(text: str) -> Path:
    """A file that is there."""
    found = path(text)
    if not found.is_file():
        raise ArgumentTypeError(f"{found}: no such file")
    return found


def output_file(text: str) -> Path:
    """A file to write; its folder is made if there is none, and must take files."""
    found = path(text)
    if text.endswith("/") or found.is_dir():
        raise ArgumentTypeError(f"{found} is a folder; name a file in it")
    _try(found.parent)
    return found


def output_folder(text: str) -> Path:
    """A folder to write to, made if there is none."""
    found = path(text)
    _try(found)
    return found


def picture_file(text: str) -> Path:
    """A picture to write, of a kind that can be written."""
    from ..images import PhotoError, kind_of

    try:
        kind_of(path(text))
    except PhotoError as error:
        raise ArgumentTypeError(str(error)) from None
    return output_file(text)


def weights(text: str) -> str:
    """The name of weights, or a file of them."""
    if text not in WEIGHTS and not path(text).is_file():
        raise ArgumentTypeError(f"{text}: no such file; use 'photo', 'course', 'zhang2016' or a "
                                ".safetensors file that `colorlib train` wrote")
    return text


def device(text: str) -> str:
    """A device of torch that this machine has."""
    import torch

    try:
        kind = torch.device(text).type
        torch.empty(0, device=text)
    except (RuntimeError, AssertionError, NotImplementedError, ValueError):
        raise ArgumentTypeError(f"there is no device {text!r} here; use cpu"
                                + (" or cuda" if torch.cuda.is_available() else "")) from None
    if kind not in ("cpu", "cuda", "mps"):
        raise ArgumentTypeError(f"must be cpu, cuda or mps, got {text!r}")
    return text


def _try(place: Path) -> None:
    """Make a folder and put a file into it, for a moment: whether that works shows only so."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return
    except FileExistsError:
        reason = "it is a file"
    except OSError as error:
        reason = error.strerror or str(error)
    raise ArgumentTypeError(f"{place}: nothing can be written there ({reason})")
