"""Every objective is taught and tested, and every exercise and question serves one."""

import copy
import re
import sys

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "book" / "_ext"))

import objectives

CHAPTERS, EXAM, LINKS = objectives.read(ROOT)
HOW = "\nwhat belongs together stands in book/instructor/objectives.yml"


def complaints(chapters=CHAPTERS, exam=EXAM, links=LINKS):
    rows, problems = objectives.table(chapters, exam, links)
    return problems + objectives.gaps(rows, chapters, exam)


def test_nothing_is_missing():
    found = complaints()
    assert not found, "\n".join(found) + HOW


def test_there_is_something_to_look_at():
    rows, _ = objectives.table(CHAPTERS, EXAM, LINKS)
    assert len(CHAPTERS) >= 16 and len(rows) >= 3 * len(CHAPTERS)
    assert sum(len(c["exercises"]) for c in CHAPTERS) >= 60 and len(EXAM) >= 19


def other(chapter="02", **changes):
    """The chapters, with one of them changed."""
    found = copy.deepcopy(CHAPTERS)
    for c in found:
        if c["name"] == chapter:
            for part, change in changes.items():
                change(c[part])
    return found


@pytest.mark.parametrize("chapters, message", [
    (other(objectives=lambda part: part.append("juggle")), "'juggle' is taught in no section"),
    (other(objectives=lambda part: part.append("juggle")), "'juggle' is tested by no exercise"),
    (other(objectives=lambda part: part.pop()), "objective 'what a soft target costs"),
    (other(exercises=lambda part: part.update(juggle={"number": "9", "section": "Why classes?"})),
     "the exercise juggle serves no objective"),
    (other(exercises=lambda part: part.pop("decode")), "exercise 'decode' is in 0"),
    (other(quiz=lambda part: part.append("Why?")), "quiz question 'Why?' serves no objective"),
    (other(quiz=lambda part: part.pop(0)), "quiz question 'A gray toy was red or green' is in 0"),
    (other(sections=lambda part: part.remove("Why classes?")), "section 'Why classes' is in 0"),
])
def test_what_is_missing_is_named(chapters, message):
    assert any(message in text for text in complaints(chapters)), complaints(chapters)


def test_an_exam_question_that_serves_none_is_named():
    assert complaints(exam={**EXAM, "Z": "Juggling"}) == ["exam question Z serves no objective"]
    links = copy.deepcopy(LINKS)
    links["02"][0]["exam"] = ["Y"]
    assert complaints(links=links) == ["chapter 02: the exam has no question Y"]


def test_a_chapter_may_be_split():
    """Its second half takes objectives, exercises and questions along; the file stays as it is."""
    found = copy.deepcopy(CHAPTERS)
    whole = next(c for c in found if c["name"] == "02")
    half = {"name": "02b", "title": "2b", "path": whole["path"],
            "objectives": [whole["objectives"].pop()],
            "exercises": {name: whole["exercises"].pop(name)
                          for name in ("target_bytes", "soft_weights")},
            "quiz": [whole["quiz"].pop()], "sections": whole["sections"][3:]}
    del whole["sections"][3:]
    assert complaints(found + [half]) == []


def test_page_has_a_row_for_each_objective():
    rows, _ = objectives.table(CHAPTERS, EXAM, LINKS)
    lines = objectives.markdown(rows, CHAPTERS).splitlines()
    made = [line for line in lines if re.match(r"\| (?!you will|-)", line)]
    assert len(made) == len(rows)
    hue = next(line for line in made if "hues" in line)
    assert re.search(r"\| 1, 2 \| 1 \| A \|$", hue)


def test_the_six_week_plan_sets_an_exercise_of_each_of_its_chapters():
    plan = (ROOT / "book" / "syllabus.md").read_text("utf-8").split("## Six weeks")[1]
    plan = plan.split("## Twelve weeks")[0]
    taught = {int(n) for n in re.findall(r"notebooks/(\d\d)_", plan)} - {0}
    home = " ".join(re.findall(r"\*At home:\*(.*?)\|", plan))
    named = {int(n) for n in re.findall(r"\b(\d+)\.\d\b|of chapter (\d+)", home) for n in n if n}
    assert taught and taught <= named, sorted(taught - named)
