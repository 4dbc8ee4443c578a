"""What the teaching pages promise agrees with the notebooks: minutes, sections, exercises."""

import doctest
import itertools
import json
import re

import pytest
from conftest import ROOT

GUIDE = ROOT / "book" / "instructor"
PAGES = sorted(GUIDE.rglob("*.md"))
LESSONS = sorted(GUIDE.glob("[0-9]*.md"))
NOTEBOOKS = [ROOT / "notebooks" / f"{page.stem}.ipynb" for page in LESSONS]
SYLLABUS = ROOT / "book" / "syllabus.md"


def text_of(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def minutes(notebook):
    """What the notebook's opening says it takes to read and do."""
    return int(re.search(r"\*\*Time\*\*: (\d+) minutes", text_of(notebook))[1])


def tables(page):
    """Each table of a page, as rows of cells; its heading's rule left out."""
    found, rows = [], []
    for line in [*page.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            found.append([rows[0], *rows[2:]])
            rows = []
    return found


def adds_up(rows, column):
    """The bold last row of a column of minutes, which is the sum of what stands above it."""
    *parts, total = [row[column] for row in rows[1:]]
    assert total == f"**{sum(int(part) for part in parts if part)}**", (rows[-1], column)
    return int(total.strip("*"))


def lesson(page):
    """Length of a lesson in minutes, from its plan."""
    return adds_up(tables(page)[0], 0)


@pytest.mark.parametrize(("page", "notebook"), list(zip(LESSONS, NOTEBOOKS, strict=True)),
                         ids=[page.stem for page in LESSONS])
def test_lesson_plan_fits_its_notebook(page, notebook):
    assert lesson(page) % 15 == 0
    rows = [row for row in tables(page)[0] if row[1].startswith("Notebook:")]
    assert sum(int(row[0]) for row in rows) == minutes(notebook)
    planned = [name for row in rows for name in re.findall(r"(?<!\*)\*(?!\*)(.+?[^\\])\*", row[1])]
    headings = re.findall(r"^## (.+)$", text_of(notebook), re.M)
    taught = [h for h in headings if h not in ("Quiz", "Recap", "Sources")]
    assert [name for name in planned if name != "Quiz"] == taught  # all of them, in their order
    written = set(re.findall(r"^### Exercise (\d)", text_of(notebook), re.M))
    assert {row[0][0] for row in tables(page)[-1][1:]} == written
    link = f"(../../notebooks/{notebook.name})"
    assert link in page.read_text(encoding="utf-8")


def test_rubric_adds_up():
    page = (ROOT / "book" / "capstone.md").read_text(encoding="utf-8")
    points = [int(p) for p in re.findall(r"^### .+: (\d+) points$", page, re.M)]
    assert sum(points) == 100
    for most, rows in zip(points, tables(ROOT / "book" / "capstone.md")[1:], strict=True):
        levels = [[int(end) for end in row[0].split(" to ")] for row in rows[1:]]
        assert levels[0][1] == most and levels[-1][0] == 0
        assert all(high[0] == low[1] + 1 for high, low in itertools.pairwise(levels))


def test_syllabus_adds_up():
    chapters, *plans = tables(SYLLABUS)
    assert len(plans) == 3
    for row, notebook, page in zip(chapters[1:], NOTEBOOKS, LESSONS, strict=False):
        assert notebook.name in row[0]
        assert [int(row[1]), int(row[2])] == [minutes(notebook), lesson(page)]
    assert len(chapters) == len(NOTEBOOKS) + 2  # a heading, the sums
    adds_up(chapters, 1), adds_up(chapters, 2)
    lessons = {notebook.stem: lesson(page)
               for notebook, page in zip(NOTEBOOKS, LESSONS, strict=True)}
    for plan in plans:
        last = len(plan[0]) - 1
        adds_up(plan, last - 1), adds_up(plan, last)
        for row in plan[1:]:
            named = re.findall(r"notebooks/(\w+)\.ipynb", " ".join(row))
            if named:
                assert int(row[last - 1]) >= sum(lessons[name] for name in named), row


def test_exam_and_answers_fit_together():
    questions, answers = (
        re.findall(r"^## (\w+\. .+ \((\d+) points\))$", (GUIDE / name).read_text("utf-8"), re.M)
        for name in ("exam.md", "exam_answers.md"))
    assert questions == answers
    numbered = [int(points) for title, points in questions if title[0].isdigit()]
    assert sum(numbered) == 100
    # Those for later chapters can take the place of numbers 1, 6, 9 and 10.
    assert {int(points) for title, points in questions if title[0].isalpha()} == {
        numbered[n - 1] for n in (1, 6, 9, 10)}
    parts = re.split(r"^## .+$", (GUIDE / "exam_answers.md").read_text("utf-8"), flags=re.M)[1:]
    for (title, points), part in zip(questions, parts, strict=True):
        if title.startswith("11."):
            continue  # a letter: one point for each thing that it says
        assert sum(map(int, re.findall(r"\[(\d+)\]", part.split("```")[0]))) == int(points), title


def test_model_answers_say_what_was_measured():
    report = json.loads((GUIDE / "answers" / "two_knobs.json").read_text("utf-8"))
    page = GUIDE / "model_answer_a.md"
    shown, leads, comments = tables(page)
    names = {"the mean": "temperature", "rebalanced": "rebalancing",
             "as strong": "as strong, by temperature", "as shipped": "as shipped"}
    for row in shown[1:]:
        found = report[names[row[0].split(":")[0]]]
        assert all(f"{n:g}" in row[0] for n in found["setting"])
        assert row[1:3] == [spread(*both) for both in
                            list(zip(found["value"], found["interval"], strict=True))[:2]]
        assert row[3] == f"{found['value'][2]:.2f}"
    for row in leads[1:]:
        found = report[names[row[0].split(",")[0]]]
        assert row[1:] == [spread(*both) for both in list(zip(
            found["lead of rebalancing"], found["its interval"], strict=True))[:2]]
    for name, letter in (("a", "A"), ("c", "C")):
        *parts, total = tables(GUIDE / f"model_answer_{name}.md")[-1][1:]
        assert total[1] == f"**{sum(int(row[1].split(' / ')[0]) for row in parts)}**"
        assert total[2] == f"**{letter}**"
        assert [int(row[1].split(" / ")[1]) for row in parts] == [10, 25, 25, 15, 15, 10]


def spread(value, ends):
    return f"{value:.2f} [{ends[0]:.2f}, {ends[1]:.2f}]"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_numbers_that_pages_compute_come_out_again(page):
    failed, _ = doctest.testfile(str(page), module_relative=False)
    assert not failed
