"""`colorlib grade` on forty made-up students, of whom many do what they should not."""

import csv
import json
import shutil
import socket
import sys
import time

import made_up_class
import pytest

from colorlib.cli.parser import main

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the guards that need Linux")


def table(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def grade(folder, out, *options):
    return main(["grade", str(folder), "-o", str(out), "--seconds", "5", *options])


def contents(folder):
    return {path.relative_to(folder): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file() and "kept" not in path.parts}


class Class:
    """The class and its grades, made once for all tests of this file."""

    def __init__(self, folder, out):
        self.folder, self.out = folder, out
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.expected = made_up_class.write_class(folder, server.getsockname()[1])
            self.files = contents(folder)
            begun = time.monotonic()
            self.status = grade(folder, out)
            self.seconds = time.monotonic() - begun
        self.rows = table(out / "grades.csv")

    def of(self, student, exercise="to_light"):
        """The row of an exercise, or the one that says why a student's file has none."""
        return [row for row in self.rows if row["student"] == student
                and row["exercise"] in (exercise, "")][-1]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Class(tmp_path_factory.mktemp("handed_in"), tmp_path_factory.mktemp("grades"))


def test_forty_students_in_under_ten_minutes(made):
    print(f"{len(made.expected)} students: {made.seconds:.0f} s")
    assert len(made.expected) == 40 and made.seconds < 600
    assert made.status == 2, "some files could not be graded, and it says so"


def test_each_is_graded_right_or_named(made):
    wrong = {student: (status, made.of(student)["status"])
             for student, status in made.expected.items()
             if made.of(student)["status"] != (status or "unreadable")}
    assert not wrong


def test_points_are_for_right_answers_alone(made):
    assert all(int(row["points"]) == (row["status"] == "right") for row in made.rows)


def test_trouble_in_one_exercise_costs_no_other(made):
    for number in range(1, len(made_up_class.TROUBLE) + 2):
        others = [row["status"] for row in made.rows if row["student"] == f"student{number:02d}"]
        assert others[1:] == ["right"] * (len(others) - 1) and len(others) >= 5, number


def test_nothing_that_was_handed_in_is_changed(made):
    assert contents(made.folder) == made.files


def test_notes_for_the_teacher(made):
    notes = {row["student"]: row["notes"] for row in made.rows if row["exercise"] == "to_light"}
    by_status = {status: [notes[s] for s, x in made.expected.items() if x == status and s in notes]
                 for status in ("not yet", "borrowed")}
    assert "replaces a checker" in by_status["not yet"][0]
    assert all("saved output says right" in note for note in by_status["not yet"])
    assert "`.reference`" in by_status["borrowed"][0]


def test_a_second_run_gives_the_same_and_grades_nothing_again(made):
    begun, before = time.monotonic(), contents(made.out)
    grade(made.folder, made.out)
    assert time.monotonic() - begun < made.seconds / 3
    assert contents(made.out) == before


def test_graded_anew_the_grades_are_the_same(made, tmp_path):
    """Every third student's, from nothing, one at a time and in another folder."""
    copy = shutil.copytree(made.folder, tmp_path / "copy")
    for name in ("export.zip", *(f"student{n:02d}_{made_up_class.CHAPTER}.ipynb"
                                 for n in range(1, 41) if n % 3 != 1)):
        (copy / name).unlink(missing_ok=True)
    grade(copy, tmp_path / "out", "--jobs", "1")
    again = table(tmp_path / "out" / "grades.csv")
    students = {row["student"] for row in again}
    assert len(students) > 10
    assert again == [row for row in made.rows if row["student"] in students]


def test_only_what_came_in_later_is_graded(made, tmp_path):
    out = shutil.copytree(made.out, tmp_path / "out")
    kept = {path.name: path.stat().st_mtime_ns for path in (out / "kept").iterdir()}
    late = made.folder / f"late1_{made_up_class.CHAPTER}.ipynb"
    late.write_bytes(made_up_class.dump(made_up_class.lesson()))
    try:
        grade(made.folder, out)
    finally:
        late.unlink()
    now = {path.name: path.stat().st_mtime_ns for path in (out / "kept").iterdir()}
    assert len(now) == len(kept) + 1 and kept.items() <= now.items()


def test_imports_for_canvas_and_moodle(made):
    canvas = table(made.out / "canvas.csv")
    assert list(canvas[0])[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas[0]["Student"].strip() == "Points Possible"
    most = int(canvas[0]["Chapter 01"])
    points = {row["ID"]: int(row["Chapter 01"]) for row in canvas[1:]}
    assert points["student01"] == points["1001"] == most >= 5
    moodle = {row["ID number"]: row for row in table(made.out / "moodle.csv")}
    assert int(moodle["1003"]["Chapter 01"]) == most
    sheet = {row["Identifier"]: row for row in table(made.out / "moodle_worksheet_01.csv")}
    assert sheet["Participant 1003"]["Grade"] == str(most)
    assert sheet["Participant 1003"]["Full name"] == "Made Up"


def test_a_roster_gives_names_and_those_who_handed_in_nothing(made, tmp_path):
    out = shutil.copytree(made.out, tmp_path / "out")
    roster = tmp_path / "roster.csv"
    roster.write_text('Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n'
                      '"One, Made Up",1001,s1,login1,A\n"=cmd|x",1002,s2,login2,A\n'
                      '"Three, Made Up",1099,s3,login3,B\n')
    grade(made.folder, out, "--roster", str(roster))
    rows = {row["ID"]: row for row in table(out / "canvas.csv")}
    assert rows["1001"]["Student"] == "One, Made Up" and rows["1001"]["Section"] == "A"
    assert rows["1002"]["Student"] == "'=cmd|x", "no formula for a spreadsheet"
    assert rows["1099"]["Chapter 01"] == "0"
    nothing = {row["status"] for row in table(out / "grades.csv") if row["student"] == "1099"}
    assert nothing == {"no notebook"}


def test_feedback_says_what_the_checker_said(made):
    student = next(s for s, status in made.expected.items() if status == "wrong")
    page = (made.out / "feedback" / f"{student}.html").read_text()
    assert "expected:" in page and "a plain power of 2.2" in page
    assert "no notebook (JSONDecodeError)" in (made.out / "feedback" / "student17.html").read_text()


def test_the_class_page_counts_mistakes(made):
    page = (made.out / "class.html").read_text()
    assert "a plain power of 2.2 is only near the sRGB curve." in page
    row = page[:page.index("a plain power of 2.2")].rsplit("<tr>", 1)[1]
    assert row.startswith("<td>3</td>"), row
    held = max((json.loads(path.read_text())["guards"]
                for path in (made.out / "kept").glob("*.json")), key=len)
    assert "time" in held and ("All limits held" in page) == (len(held) == 5)


def test_pages_are_accessible(made, browser):
    from conftest import ROOT

    page = browser.new_page(viewport={"width": 360, "height": 740})
    script = (ROOT / "tests/browser/axe-core/axe.min.js").read_text()
    for path in (made.out / "class.html", made.out / "feedback" / "student17.html"):
        page.goto(path.as_uri())
        page.evaluate(script)
        found = page.evaluate("axe.run()")["violations"]
        assert not found, [one["help"] for one in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
