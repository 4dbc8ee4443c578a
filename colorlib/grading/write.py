"""The files that a teacher gets."""

from pathlib import Path

from ..io.files import write_text
from .pages import feedback, overview
from .submissions import MOODLE
from .tables import Book, canvas_table, grades_table, moodle_table, moodle_worksheet


def write(book: Book, folder: str | Path) -> list[Path]:
    """Write all tables and pages; returns their paths."""
    folder = Path(folder)
    texts = {"grades.csv": grades_table(book), "canvas.csv": canvas_table(book),
             "moodle.csv": moodle_table(book), "class.html": overview(book)}
    parts = {part for one in book.results for part in Path(one.path).parts}
    if any(MOODLE.match(part) for part in parts):
        texts |= {f"moodle_worksheet_{chapter}.csv": moodle_worksheet(book, chapter)
                  for chapter in book.chapters}
    texts |= {f"feedback/{student}.html": feedback(book, student) for student in book.students}
    for name, text in texts.items():
        write_text(text, folder / name)
    return [folder / name for name in texts]
