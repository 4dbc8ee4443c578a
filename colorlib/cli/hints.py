"""Photographs colored by the hints of a person: ``colorlib colorize PHOTO --hints FILE``."""

from collections.abc import Callable, Iterator
from pathlib import Path

from .pictures import side_by_side
from .prints import Prints

MOST = 100_000  # bytes of a text with hints


def read(path: Path) -> str | Path:
    """Hints from a file: the text of a .txt, else the path of a picture of them.

    Raises
    ------
    ValueError
        In one line: no text, no hint in it, or a line that is none.
    """
    from ..classic.scribbles import parse

    if path.suffix.lower() != ".txt":
        return path
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MOST + 1)
        if len(text) > MOST:
            raise ValueError(f"more than {MOST:,} letters, too long for a file of hints")
        if not parse(text):
            raise ValueError("no hint in it; write a color and a point like this: #3060c0 10,20")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: no text in UTF-8") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return text


def note_of(arguments) -> str | None:
    """The caption of what is written, unless none is wanted."""
    from ..io.metadata import colorized_note

    if not arguments.note:
        return None
    return colorized_note(arguments.weights, arguments.temperature, bool(arguments.hints),
                          arguments.old_print)


def painter(arguments, prints: Prints) -> Callable:
    """A function that makes, of a photo and its name, what the command writes."""
    from ..inference import Colorizer

    T, size = arguments.temperature, arguments.size
    if arguments.hints:
        from ..rivals.interactive import ByHints

        hints = read(arguments.hints)
        colorizer = ByHints.from_pretrained(base=arguments.weights)
    else:
        colorizer = Colorizer.from_pretrained(arguments.weights)

    def color(photo, name):
        seen = prints(photo, name)
        if not arguments.hints:
            picture = colorizer(seen, T, size)
        else:
            try:
                picture = colorizer(seen, hints, T, size)
            except ValueError as error:
                raise ValueError(f"{arguments.hints}: {error}") from None
        return side_by_side(photo, picture, prints.wanted) if arguments.compare else picture

    return color


def check_pages(file, arguments) -> None:
    """Hints belong to one picture."""
    if arguments.hints and len(file) > 1:
        raise ValueError(f"{file.name} has {len(file)} pages, but hints belong to one picture")


def colorize(jobs, arguments, prints: Prints) -> Iterator[tuple]:
    """The one job that hints are for, as `scale.albums.colorize` gives it."""
    if len(arguments.photos) != 1 or arguments.photos[0].is_dir():
        raise ValueError("--hints are for one photo: their points are pixels of it")
    color, note = painter(arguments, prints), note_of(arguments)
    return ((job, _problem(job, color, note, arguments)) for job in jobs)


def _problem(job, color: Callable, note: str | None, arguments) -> str | None:
    from ..images import PhotoError, kind_of, save_photo
    from ..io.photos import PhotoFile

    try:
        with PhotoFile(job.source) as file:
            check_pages(file, arguments)
            photo = file.page()
        kind_of(job.target, photo.size)
        save_photo(color(photo, str(job.source)), job.target, note, photo)
    except PhotoError as error:
        return str(error)
    return None
