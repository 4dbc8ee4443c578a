"""Pages for people: feedback for each student, and what the class misunderstood."""

from collections import Counter
from html import escape

from ..notebook.checks import NOT_YET, RIGHT, WRONG
from .answers import exercises
from .sandbox import GUARDS
from .tables import NOTHING, Book

STYLE = """:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;
margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;margin:1rem 0}th,td{text-align:left;
padding:.3rem .7rem;border-bottom:1px solid #888;vertical-align:top}td.n{text-align:right}
pre{white-space:pre-wrap;border-left:3px solid #888;padding:.3rem .8rem;margin:.3rem 0}
caption{text-align:left;font-weight:bold}.bar{display:inline-block;height:.8rem;background:#3a78b5}
.scroll{overflow-x:auto}"""
MARKS = {RIGHT: "✓", WRONG: "✗", NOT_YET: "○"}


def feedback(book: Book, student: str) -> str:
    """What the checkers said about one student's notebooks."""
    parts = []
    for one in (one for one in book.problems if one.student == student):
        parts.append(f"<p>Your file <code>{escape(one.path)}</code> could not be graded: "
                     f"{escape(one.problem)}.</p>")
    for chapter in book.chapters:
        most = len(exercises(chapter))
        parts.append(f"<h2>Chapter {chapter}: {book.points(student, chapter)} of {most}</h2>")
        for number, name in enumerate(exercises(chapter), 1):
            grade = book.grades[student, chapter, name]
            mark = MARKS.get(grade.status, "✗")
            parts.append(f"<h3>{mark} Exercise {number}, <code>{name}</code>: "
                         f"{escape(grade.status)}</h3>")
            if grade.says:
                parts.append(f"<pre>{escape(grade.says)}</pre>")
    return _page(f"Feedback for {student}", "\n".join(parts))


def overview(book: Book) -> str:
    """The picture of the class: who passed what, and which mistakes came how often."""
    parts = [f"<p>{len(book.students)} students, chapters {', '.join(book.chapters) or 'none'}. "
             f"{_guards(book)}</p>", _problems(book)]
    for chapter in book.chapters:
        parts.append(_passed(book, chapter))
        parts.append(_mistakes(book, chapter))
    parts.append(_notes(book))
    return _page("The class", "\n".join(filter(None, parts)))


def _passed(book: Book, chapter: str) -> str:
    rows = []
    for number, name in enumerate(exercises(chapter), 1):
        counts = Counter(book.grades[student, chapter, name].status for student in book.students)
        handed_in = len(book.students) - counts[NOTHING]
        share = counts[RIGHT] / handed_in if handed_in else 0
        others = ", ".join(f"{count} {status}" for status, count in counts.most_common()
                           if status != RIGHT)
        rows.append([f"{number}. <code>{name}</code>", f"{counts[RIGHT]} of {handed_in}",
                     f'<span class="bar" style="width:{share * 8:.1f}rem"></span> {share:.0%}',
                     escape(others)])
    return f"<h2>Chapter {chapter}</h2>\n" + _table(
        "How many of those who handed in a notebook have it right",
        ["exercise", "right", "share", "the others"], rows)


def _mistakes(book: Book, chapter: str) -> str:
    counts = Counter((name, book.grades[student, chapter, name].mistake)
                     for student in book.students for name in exercises(chapter)
                     if book.grades[student, chapter, name].mistake)
    if not counts:
        return "<p>No usual mistake was recognized in this chapter.</p>"
    return _table("Usual mistakes, the most frequent first", ["times", "exercise", "what it was"],
                  [[str(count), f"<code>{name}</code>", escape(mistake)]
                   for (name, mistake), count in counts.most_common()])


def _notes(book: Book) -> str:
    rows = [[escape(student), chapter, f"<code>{name}</code>", escape(grade.status),
             escape("; ".join(grade.notes))]
            for (student, chapter, name), grade in book.grades.items() if grade.notes]
    return rows and "<h2>To look at yourself</h2>\n" + _table(
        "What a program can't decide", ["student", "chapter", "exercise", "status", "note"], rows)


def _problems(book: Book) -> str:
    rows = [[escape(one.student), f"<code>{escape(one.path)}</code>", escape(one.problem)]
            for one in book.problems]
    return rows and "<h2>Files that could not be graded</h2>\n" + _table(
        "Ask for them again", ["student", "file", "why"], rows)


def _guards(book: Book) -> str:
    """Which limits this system kept the students' code to."""
    held = set(GUARDS).intersection(*(one.guards for one in book.results if one.guards))
    if not any(one.guards for one in book.results):
        return ""
    missing = ", ".join(name for name in GUARDS if name not in held)
    return "All limits held: time, memory, files, network, processes." if not missing else \
        f"This system has no way to limit: {missing}."


def _table(caption: str, head: list[str], rows: list[list[str]]) -> str:
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table>'
            f"<caption>{caption}</caption>\n<thead><tr>{top}</tr></thead>\n"
            f"<tbody>\n{body}\n</tbody></table></div>")


def _page(title: str, body: str) -> str:
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
            f'</title>\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<style>{STYLE}</style></head>\n<body><main><h1>{escape(title)}</h1>\n{body}\n"
            "</main></body></html>\n")
