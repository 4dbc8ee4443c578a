"""What teaches and tests each "you will be able to": a table for instructors, and what it lacks.

The objectives, sections, exercises and questions are read from the notebooks, the quizzes and the
exam. Which belong together stands in `book/instructor/objectives.yml`.
"""

import json
import re
from pathlib import Path

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

PARTS = ("sections", "exercises", "quiz", "exam")
UNTAUGHT = ("Quiz", "Recap", "Sources")


def chapter(path: Path, root: Path) -> dict:
    """What a notebook has: its title, objectives, sections, and exercises with their sections."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    goals = re.search(r"\*\*You will be able to\*\*\n+((?:- .*\n?(?:  .*\n?)*)+)", texts[0])[1]
    found = {"name": path.stem.split("_")[0], "title": texts[0].splitlines()[0].removeprefix("# "),
             "path": path, "sections": [], "exercises": {},
             "objectives": [" ".join(goal.split()) for goal in re.split(r"^- ", goals, flags=re.M)
                            if goal.strip()]}
    for cell, text in zip(cells, texts, strict=True):
        if cell["cell_type"] == "markdown":
            heads = re.findall(r"^## (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
            found["sections"] += [head for head in heads if head not in UNTAUGHT]
            prompt = re.findall(r"^### Exercise (\d)", text, re.M)
        else:
            for name in re.findall(r"^checks\.(\w+)\(", text, re.M):
                found["exercises"][name] = {"number": prompt[-1] if prompt else "?",
                                            "section": found["sections"][-1]}
    quiz = root / "colorlib" / "assets" / "quizzes" / f"{found['name']}.json"
    found["quiz"] = [question["question"]
                     for question in json.loads(quiz.read_text(encoding="utf-8"))]
    return found


def exam(root: Path) -> dict[str, str]:
    """Number or letter of each exam question to its title."""
    text = (root / "book" / "instructor" / "exam.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^## (\w+)\. (.+) \(\d+ points\)$", text, re.M))


def read(root: Path) -> tuple[list[dict], dict[str, str], dict]:
    """Chapters in their order, exam questions, and the file that says what belongs together."""
    chapters = [chapter(path, root) for path in sorted((root / "notebooks").glob("[0-9]*.ipynb"))]
    links = (root / "book" / "instructor" / "objectives.yml").read_text(encoding="utf-8")
    return chapters, exam(root), yaml.safe_load(links)


def only(words: str, among: list, what: str, problems: list[str], own: str = ""):
    """The one of several pairs (text, thing) whose text has these words; None if there is none.

    Things begin with their chapter. Where one of the chapter `own` is found, it alone counts.
    """
    found = [thing for text, thing in among if words in text]
    found = [thing for thing in found if own and thing[0]["name"] == own] or found
    if len(found) != 1:
        problems.append(f"{what} {words!r} is in {len(found)} of the chapter's, not in one")
        return None
    return found[0]


def resolve(entry: dict, own: str, family: list[dict], questions: dict,
            problems: list[str]) -> dict:
    """What an entry of the file, of the chapter `own`, names: pairs of a chapter and a thing."""
    made = {part: [] for part in PARTS}
    for name in entry.get("exercises", []):
        pick = only(name, [(n, (c, n)) for c in family for n in c["exercises"] if n == name],
                    "exercise", problems, own)
        if pick:
            made["exercises"].append(pick)
            made["sections"].append((pick[0], pick[0]["exercises"][name]["section"]))
    for words in entry.get("sections", []):
        made["sections"].append(only(
            words, [(s, (c, s)) for c in family for s in c["sections"]], "section", problems, own))
    for words in entry.get("quiz", []):
        made["quiz"].append(only(
            words, [(q, (c, k)) for c in family for k, q in enumerate(c["quiz"], 1)],
            "quiz question", problems, own))
    for number in map(str, entry.get("exam", [])):
        if number not in questions:
            problems.append(f"the exam has no question {number}")
        made["exam"].append(number)
    order = [section for c in family for section in c["sections"]]
    pairs = {(c["name"], s): (c, s) for c, s in filter(None, made["sections"])}
    made["sections"] = sorted(pairs.values(), key=lambda pair: order.index(pair[1]))
    made["quiz"] = list(filter(None, made["quiz"]))
    return made


def table(chapters: list[dict], questions: dict, links: dict) -> tuple[list[dict], list[str]]:
    """A row an objective, in the chapters' order, and what is wrong, in sentences."""
    rows, problems = [], []
    for number in sorted({c["name"][:2] for c in chapters} | set(links)):
        family = [c for c in chapters if c["name"][:2] == number]
        goals = {(c["name"], goal): {} for c in family for goal in c["objectives"]}
        wrong = []
        for entry in links.get(number, []):
            goal = only(entry["says"], [(g, (name, g)) for name, g in goals], "objective", wrong)
            if goal:
                goals[goal] = resolve(entry, goal[0], family, questions, wrong)
        for (name, goal), made in goals.items():
            rows.append({"chapter": name, "objective": goal,
                         **{part: made.get(part, []) for part in PARTS}})
        problems += [f"chapter {number}: {text}" for text in wrong]
    return rows, problems


def gaps(rows: list[dict], chapters: list[dict], questions: dict) -> list[str]:
    """Objectives that nothing teaches or tests; exercises and questions that serve none."""
    found = []
    for row in rows:
        where = f"chapter {row['chapter']}: {row['objective']!r}"
        if not row["sections"]:
            found.append(f"{where} is taught in no section")
        if not any(row[part] for part in PARTS[1:]):
            found.append(f"{where} is tested by no exercise, quiz or exam question")
    used = {part: {(pair[0]["name"], pair[1]) for row in rows for pair in row[part]}
            for part in PARTS[:3]}
    for c in chapters:
        found += [f"chapter {c['name']}: the exercise {name} serves no objective"
                  for name in c["exercises"] if (c["name"], name) not in used["exercises"]]
        found += [f"chapter {c['name']}: the quiz question {text!r} serves no objective"
                  for k, text in enumerate(c["quiz"], 1) if (c["name"], k) not in used["quiz"]]
    asked = {number for row in rows for number in row["exam"]}
    return found + [f"exam question {number} serves no objective"
                    for number in questions if number not in asked]


def markdown(rows: list[dict], chapters: list[dict]) -> str:
    """The tables of the page, a section a chapter."""
    lines = []

    def named(pairs, show, between=", "):
        own = [(show(c, thing), c["name"]) for c, thing in pairs]
        return between.join(text if name == here else f"{text} (chapter {name})"
                            for text, name in own)

    for c in chapters:
        here = c["name"]
        lines += [f"## {c['title']}", "",
                  "| you will be able to | taught in | exercises | quiz | exam |",
                  "|---|---|---|---|---|"]
        for row in rows:
            if row["chapter"] != here:
                continue
            cells = [row["objective"].rstrip(";."), named(row["sections"], lambda c, s: s, "; "),
                     named(row["exercises"], lambda c, n: c["exercises"][n]["number"]),
                     named(row["quiz"], lambda c, k: str(k)), ", ".join(row["exam"])]
            lines.append("| " + " | ".join(re.sub(r"(?<!\\)\|", r"\\|", cell)
                                           for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


class Objectives(Directive):
    """The table of every chapter."""

    def run(self):
        env = self.state.document.settings.env
        env.note_reread()  # a notebook may be another
        chapters, questions, links = read(Path(env.srcdir))
        rows, _ = table(chapters, questions, links)  # what is wrong, a test says
        place = nodes.section()
        self.state.nested_parse(StringList(markdown(rows, chapters).splitlines()), 0, place,
                                match_titles=True)
        return place.children


def setup(app):
    app.add_directive("objectives", Objectives)
    return {"parallel_read_safe": True}
