"""Every quiz question for an LMS, as QTI 1.2 and as Moodle XML: `make quizzes`.

    python tools/quizzes.py [FOLDER]

Into _build/quizzes go `qti/NN.zip`, a quiz a chapter for Canvas and others that read QTI 1.2 (made
by text2qti), and `moodle.xml`, one question bank with a category a chapter. The pre-test and the
post-test on the concepts of the course are among them: the same fifteen questions, before without
an explanation or an answer, after with both.

A question is text in HTML, as colorlib/assets/quizzes has it. A picture is an `<img>` whose `src`
is a file beside the questions; it goes along. Formulas are HTML as well: no LMS needs a server of
its own for them.
"""

import base64
import hashlib
import html
import json
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
QUIZZES = ROOT / "colorlib" / "assets" / "quizzes"
CONCEPTS = ROOT / "book" / "instructor" / "concepts" / "questions.json"
IMAGE = re.compile(r'<img\s+src="([^"]+)"\s+alt="([^"]*)"\s*/?>')
# What Markdown would read as markup, or as a plainer form of another character.
MARKUP = re.compile(r"""([\\`*_{}\[\]()>#+\-.!"'|$])""")


def title_of(chapter: str) -> str:
    """A chapter's title, from its notebook: "1. Lab color"."""
    (path,) = (ROOT / "notebooks").glob(f"{chapter}_*.ipynb")
    first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    return first.splitlines()[0].removeprefix("# ")


def read() -> list[dict]:
    """Each quiz: its file's name, title, questions, their folder, and whether answers are told."""
    found = [{"name": path.stem, "title": title_of(path.stem), "folder": QUIZZES, "told": True,
              "questions": json.loads(path.read_text(encoding="utf-8"))}
             for path in sorted(QUIZZES.glob("*.json"))]
    concepts = json.loads(CONCEPTS.read_text(encoding="utf-8"))
    return found + [{"name": name, "title": title, "folder": CONCEPTS.parent, "told": told,
                     "questions": concepts}
                    for name, title, told in (("pre_test", "Concepts, before", False),
                                              ("post_test", "Concepts, after", True))]


# --- QTI 1.2 ---


def escaped(text: str) -> str:
    """Text in which no character is markup."""
    return MARKUP.sub(r"\\\1", text)


def markdown(text: str, folder: Path) -> str:
    """A text in HTML as text2qti's Markdown that says the same, character by character."""
    def picture(tag: str) -> str:
        found = IMAGE.fullmatch(tag)
        if not found:
            return tag
        return f"![{escaped(html.unescape(found[2]))}](<{folder / found[1]}>)"

    parts = re.split(r"(<[^>]+>)", " ".join(text.split()))
    return "".join(picture(p) if p.startswith("<") else escaped(p) for p in parts)


def plain(quiz: dict) -> str:
    """A quiz in the form that text2qti reads."""
    told = str(quiz["told"]).lower()
    lines = [f"Quiz title: {quiz['title']}", "Shuffle answers: true",
             f"Show correct answers: {told}", ""]
    for number, question in enumerate(quiz["questions"], 1):
        lines += ["Points: 1", f"{number}. {markdown(question['question'], quiz['folder'])}"]
        for letter, answer in zip("abcdefgh", question["answers"], strict=False):
            lines.append(f"{'*' * answer['correct']}{letter}) "
                         f"{markdown(answer['answer'], quiz['folder'])}")
            if quiz["told"]:
                lines.append(f"... {markdown(answer['feedback'], quiz['folder'])}")
        lines.append("")
    return "\n".join(lines)


def qti(quiz: dict, path: Path) -> None:
    """Write a quiz as a zip in QTI 1.2.

    text2qti names what it makes by its text. The two tests have the same text, and an LMS takes
    what has the same name for the same quiz: so the quiz's name goes into it.
    """
    from text2qti.config import Config
    from text2qti.qti import QTI
    from text2qti.quiz import Quiz

    made = Quiz(plain(quiz), config=Config(), source_name=quiz["name"])
    for thing in (made, *made.questions_and_delims):
        thing.id = hashlib.blake2b(f"{quiz['name']} {thing.id}".encode()).hexdigest()[:64]
    QTI(made).save(path)


# --- Moodle XML ---


def put(parent, name: str, text: str = "", folder: Path | None = None, **attributes) -> None:
    """An element of Moodle's: its text, and the pictures that the text shows."""
    element = ElementTree.SubElement(parent, name, attributes)
    shown = IMAGE.sub(r'<img src="@@PLUGINFILE@@/\1" alt="\2">', text)
    ElementTree.SubElement(element, "text").text = shown
    for file, _ in IMAGE.findall(text):
        data = base64.b64encode((folder / file).read_bytes()).decode()
        ElementTree.SubElement(element, "file", name=file, path="/", encoding="base64").text = data


def add_question(bank, quiz: dict, number: int, question: dict) -> None:
    """One question of the bank."""
    made = ElementTree.SubElement(bank, "question", type="multichoice")
    put(made, "name", f"{quiz['name']}, question {number}")
    put(made, "questiontext", question["question"], quiz["folder"], format="html")
    for name, value in (("defaultgrade", "1"), ("penalty", "0"), ("hidden", "0"),
                        ("idnumber", f"{quiz['name']}-{number}"), ("single", "true"),
                        ("shuffleanswers", "true"), ("answernumbering", "abc")):
        ElementTree.SubElement(made, name).text = value
    for answer in question["answers"]:
        fraction = "100" if answer["correct"] else "0"
        put(made, "answer", answer["answer"], quiz["folder"], fraction=fraction, format="html")
        if quiz["told"]:
            put(made[-1], "feedback", answer["feedback"], quiz["folder"], format="html")


def moodle(quizzes: list[dict], path: Path) -> None:
    """Write all quizzes as one file, with a category for each."""
    bank = ElementTree.Element("quiz")
    for quiz in quizzes:
        place = ElementTree.SubElement(bank, "question", type="category")
        put(place, "category", f"$course$/top/Colorful/{quiz['title'].replace('/', '//')}")
        for number, question in enumerate(quiz["questions"], 1):
            add_question(bank, quiz, number, question)
    ElementTree.indent(bank)
    ElementTree.ElementTree(bank).write(path, encoding="utf-8", xml_declaration=True)


def main(out: Path) -> str:
    """Write all of it; what was written, in a line."""
    quizzes = read()
    shutil.rmtree(out / "qti", ignore_errors=True)
    (out / "qti").mkdir(parents=True)
    for quiz in quizzes:
        qti(quiz, out / "qti" / f"{quiz['name']}.zip")
    moodle(quizzes, out / "moodle.xml")
    count = sum(len(quiz["questions"]) for quiz in quizzes)
    return f"{len(quizzes)} quizzes, {count} questions: {out}/qti/*.zip, {out}/moodle.xml"


if __name__ == "__main__":
    print(main(Path(sys.argv[1] if sys.argv[1:] else ROOT / "_build" / "quizzes")))
