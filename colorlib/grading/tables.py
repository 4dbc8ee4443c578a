"""Grades as tables: a row for each exercise, and what Canvas and Moodle import."""

import csv
import io
from collections import defaultdict
from pathlib import Path

from .answers import exercises
from .judge import UNREADABLE, Grade, Graded

NOTHING = "no notebook"
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("ID number", "Username", "Email address")


class Book:
    """The grades of a class: every student against every exercise of the chapters handed in.

    `roster` is a table with a row for each student, of whom some may have handed in nothing: the
    gradebook as Canvas or Moodle exports it. A student is found in it by any column that holds the
    id that the platform puts into the files' names.
    """

    def __init__(self, results: list[Graded], roster: list[dict] | None = None):
        self.results = results
        self.names = {one.student: one.name for one in results}
        self.roster = _by_student(results, roster or [])
        self.students = sorted({*self.names, *self.roster})
        self.chapters = sorted({g.chapter for one in results for g in one.grades}
                               | {one.chapter for one in results if one.problem and one.chapter
                                  and _is_chapter(one.chapter)})
        self.problems = [one for one in results if one.problem]
        found = {(one.student, g.chapter, g.exercise): g for one in results for g in one.grades}
        broken = {(one.student, one.chapter) for one in self.problems}
        self.grades: dict[tuple[str, str, str], Grade] = {}
        for student in self.students:
            for chapter in self.chapters:
                status = UNREADABLE if (student, chapter) in broken else NOTHING
                for name in exercises(chapter):
                    key = student, chapter, name
                    self.grades[key] = found.get(key) or Grade(chapter, name, status)

    def points(self, student: str, chapter: str) -> int:
        """How many exercises of a chapter a student has right."""
        return sum(grade.points for (who, where, _), grade in self.grades.items()
                   if (who, where) == (student, chapter))


def read_roster(path: str | Path) -> list[dict]:
    """A roster's rows. ValueError if it can't be read, or is no table with a head."""
    try:
        rows = list(csv.DictReader(io.StringIO(Path(path).read_text(encoding="utf-8-sig"))))
    except OSError as error:
        raise ValueError(f"{path}: can't be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: no table of comma-separated values ({error})") from error
    if not rows:
        raise ValueError(f"{path}: a roster without students")
    return rows


def grades_table(book: Book) -> str:
    """A row for each student and exercise."""
    rows = [[student, chapter, exercise, grade.points, grade.status, "; ".join(grade.notes)]
            for (student, chapter, exercise), grade in book.grades.items()]
    placed = {(one.student, one.chapter) for one in book.problems if one.chapter in book.chapters}
    rows += [[one.student, one.chapter or "", "", 0, UNREADABLE, one.problem]
             for one in book.problems if (one.student, one.chapter) not in placed]
    return _written(["student", "chapter", "exercise", "points", "status", "notes"], rows)


def canvas_table(book: Book) -> str:
    """What Canvas imports into its gradebook: a column for each chapter."""
    most = [len(exercises(chapter)) for chapter in book.chapters]
    rows = [["    Points Possible", "", "", "", "", *most]]
    for student in book.students:
        known = book.roster.get(student, {"Student": book.names.get(student, ""), "ID": student})
        rows.append([*(_cell(known.get(name) or "") for name in CANVAS), *_points(book, student)])
    return _written([*CANVAS, *(f"Chapter {chapter}" for chapter in book.chapters)], rows)


def moodle_table(book: Book) -> str:
    """What Moodle's gradebook imports: choose the first column that your Moodle knows."""
    rows = []
    for student in book.students:
        known = book.roster.get(student, dict.fromkeys(MOODLE[:2], student))
        rows.append([*(_cell(known.get(name) or "") for name in MOODLE), *_points(book, student)])
    return _written([*MOODLE, *(f"Chapter {chapter}" for chapter in book.chapters)], rows)


def moodle_worksheet(book: Book, chapter: str) -> str:
    """Moodle's offline grading worksheet of one assignment, with the checkers' words as feedback.

    It needs no roster: the participant's number stands in the names of the files.
    """
    most = len(exercises(chapter))
    rows = [[f"Participant {student}", _cell(book.names.get(student, "")),
             book.points(student, chapter), most,
             "<br>".join(f"{name}: {book.grades[student, chapter, name].status}"
                         for name in exercises(chapter))] for student in book.students]
    head = ["Identifier", "Full name", "Grade", "Maximum grade", "Feedback comments"]
    return _written(head, rows)


def _points(book: Book, student: str) -> list[int]:
    return [book.points(student, chapter) for chapter in book.chapters]


def _is_chapter(chapter: str) -> bool:
    try:
        return bool(exercises(chapter))
    except ValueError:
        return False


def _by_student(results: list[Graded], roster: list[dict]) -> dict[str, dict]:
    """Each row of the roster by the id of the student that it is of."""
    ids = {one.student for one in results}
    found, columns = {}, defaultdict(int)
    for row in roster:
        for column, value in row.items():
            columns[column] += value in ids
    key = max(columns, key=columns.get, default=None)
    for row in roster:
        student = next((value for value in row.values() if value in ids), row.get(key) or "")
        if student.strip() and "points possible" not in " ".join(map(str, row.values())).lower():
            found[student.strip()] = row
    return found


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: students name their files."""
    return f"'{text}" if text[:1] in "=+-@\t" and text[:1] else text


def _written(head: list, rows: list[list]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([head, *rows])
    return stream.getvalue()
