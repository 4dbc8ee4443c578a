"""Scans of old prints: ``colorlib colorize PHOTO --old-print``."""

import sys


class Prints:
    """What is done with each photograph before it is colored.

    With `wanted` it is repaired; else those that look like scans of old prints are noted in
    `toned`, to be told in one line.
    """

    def __init__(self, wanted: bool):
        self.wanted = wanted
        self.toned: list[str] = []

    def __call__(self, photo, name: str):
        """The picture to color in place of a photo: the photo itself, or a repaired one."""
        from ..limits import old_prints

        if self.wanted:
            return old_prints.prepared(photo)
        if old_prints.is_toned(photo):
            self.toned.append(name)
        return photo

    def tell(self) -> None:
        """One line on standard error, if --old-print is worth a try."""
        if self.toned:
            pages = list(dict.fromkeys(self.toned))
            others = f" and {len(pages) - 1} more" if len(pages) > 1 else ""
            print(f"colorlib: {pages[0]}{others}: gray with a tint, as scans of old prints are; "
                  "--old-print repairs them before coloring", file=sys.stderr)
