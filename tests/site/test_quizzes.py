"""Quizzes for an LMS, read back by other people's parsers: qti2latex and moodle-xml-parser."""

import base64
import html
import json
import re
import sys
import zipfile
from xml.etree import ElementTree

import pytest
import qti2latex
from conftest import ROOT
from moodle_xml_parser import parser

sys.path.append(str(ROOT / "tools"))

import gains
import quizzes

ALL = quizzes.read()
NAMES = [quiz["name"] for quiz in ALL]
PICTURE = ROOT / "book" / "instructor" / "concepts" / "two_methods.png"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quizzes")
    assert f"{len(ALL)} quizzes" in quizzes.main(folder)
    return folder


def same(text):
    """A text in one form: where its pictures lie left out, formulas and all characters kept."""
    text = re.sub(r'<img[^>]*?alt="([^"]*)"[^>]*>', r"<img \1>", html.unescape(text))
    return re.sub(r"\s*/?>", ">", text.removeprefix("<p>").removesuffix("</p>"))


def expected(quiz):
    return [(same(q["question"]), [
        (same(a["answer"]), a["correct"], same(a["feedback"]) if quiz["told"] else "")
        for a in q["answers"]]) for q in quiz["questions"]]


@pytest.mark.parametrize("quiz", ALL, ids=NAMES)
def test_qti_says_what_the_quiz_says(quiz, out, tmp_path):
    with zipfile.ZipFile(out / "qti" / f"{quiz['name']}.zip") as package:
        package.extractall(tmp_path)
    items = []
    for path in qti2latex.read_qti_dir(tmp_path):
        items += qti2latex.findall_anyns(ElementTree.parse(path).getroot(), "item")
    found = []
    for item in items:
        right = qti2latex.get_correct_idents(item)
        said = {part.attrib["ident"]: qti2latex.text_of(
                    qti2latex.first(qti2latex.findall_anyns(part, "mattext")))
                for part in qti2latex.findall_anyns(item, "itemfeedback")}
        answers = qti2latex.get_choices(item)
        # Its list of right answers has each choice that leads to an explanation: ask for the score.
        right = {value.text for rule in qti2latex.findall_anyns(item, "respcondition")
                 if qti2latex.findall_anyns(rule, "setvar")
                 for value in qti2latex.findall_anyns(rule, "varequal")} & right
        found.append((same(qti2latex.get_item_stem(item)), [
            (same(text), name in right, same(said.get(f"{name}_fb", "")))
            for name, text in answers]))
    assert found == expected(quiz)


@pytest.fixture(scope="module")
def bank(out):
    """What moodle-xml-parser makes of the bank, by the quiz's name."""
    by_name = {}
    for question in parser.parse_file(str(out / "moodle.xml"))["multichoice"]:
        by_name.setdefault(question.name.split(", ")[0], []).append(question)
    return by_name


@pytest.mark.parametrize("quiz", ALL, ids=NAMES)
def test_moodle_says_what_the_quiz_says(quiz, bank):
    found = [(same(q.text_pre_parse), [
        (same(o.answer), o.score_fraction == 100, same(o.feedback or "")) for o in q.options])
        for q in bank[quiz["name"]]]
    assert found == expected(quiz)
    assert all(q.single and q.shuffle_answers and q.default_grade == 1 for q in bank[quiz["name"]])


def test_each_quiz_has_a_category_and_each_question_a_number(out):
    root = ElementTree.parse(out / "moodle.xml").getroot()
    places = [e.findtext("category/text") for e in root.iter("question")
              if e.get("type") == "category"]
    assert len(set(places)) == len(ALL) and "$course$/top/Colorful/1. Lab color" in places
    numbers = [e.text for e in root.iter("idnumber")]
    assert len(set(numbers)) == len(numbers) == sum(len(quiz["questions"]) for quiz in ALL)


def test_pictures_go_along(out):
    with zipfile.ZipFile(out / "qti" / "post_test.zip") as package:
        assert package.read("images/two_methods.png") == PICTURE.read_bytes()
        (name,) = [n for n in package.namelist() if re.fullmatch(r"(\w+)/\1\.xml", n)]
        assert "%24IMS-CC-FILEBASE%24/images/two_methods.png" in package.read(name).decode()
    root = ElementTree.parse(out / "moodle.xml").getroot()
    texts = [e for e in root.iter("questiontext") if "<img" in e.findtext("text")]
    assert len(texts) == 2, "in both tests"
    for text in texts:
        assert 'src="@@PLUGINFILE@@/two_methods.png"' in text.findtext("text")
        assert base64.b64decode(text.findtext("file")) == PICTURE.read_bytes()


def test_the_two_tests_are_two_quizzes_to_an_lms(out):
    names = [set(re.findall(r'identifier="(text2qti_assessment_\w+)"', zipfile.ZipFile(
        out / "qti" / f"{test}.zip").read("imsmanifest.xml").decode()))
        for test in ("pre_test", "post_test")]
    assert all(names) and not names[0] & names[1]


@pytest.mark.parametrize("text", [
    "softmax(logits * 0.38) 2*3*4 **b** _a_ `b` 1. [c](d) $x$ \"e\" 'f' -- ... # ~ ^ | \\num{5}",
    "p<sub>i</sub> = e<sup>z</sup> &lt; 1 &amp; 2", "1. One", "a) b", "... c", "% d", "Points: 3"])
def test_no_character_is_taken_for_markup(text, tmp_path):
    quiz = {"name": "odd", "title": "A & B", "folder": tmp_path, "told": True, "questions": [
        {"question": text, "answers": [{"answer": text + str(i), "correct": i == 1, "feedback":
                                        text} for i in range(3)]}]}
    quizzes.qti(quiz, tmp_path / "odd.zip")
    test_qti_says_what_the_quiz_says(quiz, _Folder(tmp_path), tmp_path / "unpacked")


class _Folder:
    """A folder whose `qti` is itself."""

    def __init__(self, path):
        self.path = path

    def __truediv__(self, name):
        return self.path if name == "qti" else self.path / name


# --- the concepts ---


def test_concepts_are_fifteen_and_each_choice_is_explained():
    (quiz,) = [quiz for quiz in ALL if quiz["name"] == "post_test"]
    questions = quiz["questions"]
    assert len(questions) == 15
    for question in questions:
        answers = question["answers"]
        assert len(answers) == 3 and sum(a["correct"] for a in answers) == 1
        assert all(len(a["feedback"]) > 20 for a in answers)
    places = [[a["correct"] for a in q["answers"]].index(True) for q in questions]
    assert {places.count(k) for k in range(3)} <= {4, 5, 6}, "the right one has no usual place"
    long = [max(q["answers"], key=lambda a: len(a["answer"]))["correct"] for q in questions]
    assert sum(long) <= 9, "the longest answer is not the right one"
    asked = {q["question"] for quiz in ALL if quiz["name"][0].isdigit() for q in quiz["questions"]}
    assert not asked & {q["question"] for q in questions}, "no quiz has told it"


def table(path, rows, head=("student", "1", "2")):
    path.write_text("\n".join(",".join(map(str, row)) for row in (head, *rows)) + "\n")
    return gains.scores(path)


def test_gain_is_the_share_of_what_was_missing(tmp_path):
    before = table(tmp_path / "a.csv", [("ada", 1, 0), ("bob", 0, 0), ("cem", 1, 1)])
    after = table(tmp_path / "b.csv", [("ada", 1.0, 1.0), ("bob", "0.0", "1.0"), ("dan", 1, 1),
                                         ("", 0.9, 0.9)],
                  ("Email address", "Q. 1 /1.00", "Q. 2 /1.00"))
    lines = gains.report(before, after).splitlines()
    assert lines[0].startswith("2 students took both tests of 2 questions")
    assert lines[0].endswith("one test only: 2")
    assert lines[1].split()[:2] == ["before", "25"] and lines[2].split()[:2] == ["after", "75"]
    assert lines[3].split()[:2] == ["gain", "67"]
    assert [line.split() for line in lines[5:]] == [["1", "1", "1", "0", "0"],
                                                    ["2", "0", "2", "2", "0"]]


def test_gain_says_what_is_wrong_with_a_table(tmp_path):
    with pytest.raises(ValueError, match="needs a row a student"):
        table(tmp_path / "a.csv", [("ada", 1)], ("who", "x"))
    one, other = ({name: {1: True}} for name in ("ada", "bob"))
    with pytest.raises(ValueError, match="nobody is in both"):
        gains.report(one, other)
    with pytest.raises(ValueError, match="other questions"):
        gains.report(one, {"ada": {2: True}})


def test_questions_are_written_as_the_quizzes_are():
    text = json.dumps(ALL[-1]["questions"])
    assert not re.search(r"\$|https?:", text), "no LaTeX, no outside link"
