"""A photograph from standard input, or a result to standard output."""

import os
import sys

from .door import STDIO
from .hints import check_pages, note_of, painter
from .prints import Prints

SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp", "AVIF": ".avif"}


def colorize_stream(arguments) -> int:
    """Color one photo: from ``-`` or a file, to ``-`` or a file; ``-`` alone is both.

    What goes to standard output is of the kind that came in, PNG where that can't hold all of it.
    """
    from ..images import save_pages
    from ..io.encode import encoded
    from ..io.files import NamedFile
    from ..io.metadata import metadata
    from ..io.photos import PhotoFile

    if len(arguments.photos) > 1:
        raise ValueError(f"{len(arguments.photos)} photographs, but standard input and output "
                         "take one")
    [source] = arguments.photos
    to_stream = arguments.output in (None, STDIO)
    if to_stream and sys.stdout.isatty():
        raise ValueError("standard output is a terminal; send it to a file, or use -o")
    if not to_stream and os.path.lexists(arguments.output) and not arguments.force:
        raise ValueError(f"{arguments.output} is there already; --force overwrites it")
    if source == STDIO:
        source = NamedFile(sys.stdin.buffer.read(), "standard input")
    prints = Prints(arguments.old_print)
    note, color = note_of(arguments), painter(arguments, prints)
    with PhotoFile(source) as file:
        check_pages(file, arguments)
        pages = ((color(page, file.name), page) for page in file.pages())
        if not to_stream:
            save_pages(pages, arguments.output, note)
            prints.tell()
            return 0
        suffix = SUFFIXES.get(file.kind, ".png")
        content = encoded(((picture, metadata(note, page)) for picture, page in pages),
                          f"standard output{suffix}")
    prints.tell()
    sys.stdout.buffer.write(content.getbuffer())
    sys.stdout.buffer.flush()
    return 0
