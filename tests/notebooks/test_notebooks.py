"""The house style of every notebook, and its exercises: stubs, solutions and wrong answers.

How a notebook is made stands in book/contributing.md; each rule of it that a program can see is
here a function from a notebook to its complaints.
"""

import ast
import importlib
import re
import sys

import nbformat
import pytest
import yaml
from conftest import EDITION, ROOT

import colorlib
from colorlib.notebook.checks import NOT_YET, RIGHT, WRONG, Exercise

sys.path.append(str(ROOT / "tools"))

import install_cell

LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
SOLUTIONS = sorted(ROOT.glob("notebooks/solutions/[0-9]*.ipynb"))
WRONG_ANSWERS = sorted(ROOT.glob("tests/notebooks/wrong_answers/ch*.py"))
COMPARED = "# NBVAL_CHECK_OUTPUT"

# It moves with each release that keeps old notebooks working.
TAG = EDITION[1] if EDITION else "v" + colorlib.__version__.split(".")[0]


def repository() -> tuple[str, str]:
    """Where the course lives: the one place that says so is _config.yml."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    return config["repository"]["url"].rstrip("/"), config["repository"]["branch"]


def number(path) -> str:
    """Of a chapter, from its file: two digits, and a letter if it shares them: "05", "05b"."""
    return path.name.split("_")[0]


def prose(notebook) -> str:
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def without_code(markdown: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.S)


def code(notebook) -> list:
    return [c for c in notebook.cells if c.cell_type == "code"]


def calls(source: str) -> list[ast.Call]:
    python = re.sub(r"^( *)%.*$", r"\1pass", source, flags=re.M)
    return [node for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Call)]


def called(call: ast.Call) -> str:
    return ast.unparse(call.func)


def exercise_cells(notebook) -> dict[str, object]:
    """Name of each exercise to its cell, which ends in ``checks.name(answer)``."""
    found = {}
    for cell in code(notebook):
        last = cell.source.rpartition("\n")[2]
        if match := re.fullmatch(r"checks\.(\w+)\(.+\)", last):
            found[match[1]] = cell
    return found


# --- rules for lessons and solutions ---


def installs_from_the_repository(notebook, path):
    if code(notebook)[0].source != install_cell.source(*repository(), TAG):
        yield "the first code cell is another: python tools/install_cell.py"


def opens_in_colab(notebook, path):
    url, branch = repository()
    repo = url.removeprefix("https://github.com/")
    where = path.relative_to(ROOT)
    colab = "https://colab.research.google.com"
    badge = (f"[![Open in Colab]({colab}/assets/colab-badge.svg)]"
             f"({colab}/github/{repo}/blob/{branch}/{where.as_posix()})")
    if badge not in notebook.cells[0].source:
        yield f"the first cell must hold {badge}"


def cells_are_short(notebook, path):
    for cell in code(notebook):
        lines = cell.source.splitlines()
        if len(lines) > 15:
            yield f"{len(lines)} lines in the cell {lines[0]!r}; at most 15"
        if cell is not code(notebook)[0]:  # its one long line is the address
            yield from (f"over 79 columns: {line}" for line in lines if len(line) > 79)


def headings_are_in_order(notebook, path):
    levels = [len(m) for m in re.findall(r"^(#+) ", without_code(prose(notebook)), re.M)]
    if levels.count(1) != 1 or levels[:1] != [1]:
        yield "exactly one title (# ...), and it comes first"
    for above, below in zip(levels, levels[1:], strict=False):
        if below > above + 1:
            yield f"a heading of level {below} follows one of level {above}"


def pictures_have_alt_text(notebook, path):
    text = prose(notebook)
    if "![](" in text or re.search(r"<img(?![^>]*\balt=\"[^\"]+\")", text):
        yield "a picture in the text has no alt text"
    if re.search(r"!\[[^\]]*\]\((?!attachment:|https://colab)", text):
        yield "Colab shows no image file of the repository: draw it in a cell"
    for cell in code(notebook):
        for call in calls(cell.source):
            if called(call) in ("plt.show", "display"):
                yield f"{called(call)} has no alt text; end the cell with show(fig, alt=...)"
            draws = called(call).split(".")[-1] in ("image_row", "explore", "show")
            if draws and "quiz" not in called(call) and all(k.arg != "alt" for k in call.keywords):
                yield f"{ast.unparse(call)[:60]} has no alt="


def outputs_are_compared(notebook, path):
    if "widgets" in notebook.metadata:
        yield "widget state is committed: clear it"
    for cell in code(notebook):
        first = cell.source.splitlines()[0]
        if (cell.execution_count is not None) != (first == COMPARED):
            yield f"compared cells, and only they, have an execution count (nbval): {first!r}"
        if first != COMPARED and cell.outputs:
            yield f"an output is committed that no test compares, in the cell {first!r}"
        if first == COMPARED and not cell.outputs:
            yield "a compared cell has no output to compare with"
        for output in cell.outputs:
            if output.output_type != "stream" and set(output.get("data", "?")) != {"text/plain"}:
                yield f"a committed output is more than text, in the cell {cell.source[:60]!r}"


def markup_works_in_colab(notebook, path):
    bad = {r"^```\{": "directive", r"^:::": "fence", r"\{\w+\}`": "role", r"^\(.*\)=$": "label",
           r"<(script|style|iframe)": "script or style"}
    text = re.sub(r"```(?!\{).*?```", "", prose(notebook), flags=re.S)
    for pattern, name in bad.items():
        yield from (f"Colab does not render this {name}: {m[0]}"
                    for m in re.finditer(pattern, text, re.M))


def links_resolve(notebook, path):
    text = without_code(prose(notebook))
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'href="([^"]+)"', text):
        if target.startswith(("https://", "#", "attachment:")):
            continue
        if target.startswith("http:"):
            yield f"not https: {target}"
        elif not (path.parent / target.split("#")[0]).exists():
            yield f"the link to {target} leads nowhere"


def spelling_is_american(notebook, path):
    words = r"\b(colou?ris\w+|colour(?!-science)\w*|grey\w*|neighbour\w*|behaviour\w*|centre\w*)"
    yield from (f"American spelling: {m[0]}"
                for m in re.finditer(words, without_code(prose(notebook)), re.I)
                if m[0][0].islower())


SHARED = [installs_from_the_repository, opens_in_colab, cells_are_short, headings_are_in_order,
          pictures_have_alt_text, outputs_are_compared, markup_works_in_colab, links_resolve,
          spelling_is_american]

# --- rules for lessons ---


def says_what_to_expect(notebook, path):
    first = notebook.cells[0].source
    goals = re.search(r"\*\*You will be able to\*\*\n+((?:- .*\n?(?:  .*\n?)*)+)", first)
    if not goals or not 3 <= goals[1].count("- ") <= 5:
        yield "the first cell must hold **You will be able to** and 3 to 5 bullets"
    if "**Before you start**" not in first:
        yield "the first cell must hold **Before you start**"
    if not re.search(r"\*\*Time\*\*.*\d+ minutes.*\d+ if English is not your first language.*"
                     r"\d+ seconds.*CPU.*T4", first, re.S):
        yield ("the first cell must hold **Time**: minutes of work, those of a reader whose first "
               "language is another, seconds on a CPU and on a T4")
    if not first.startswith(title := f"# {number(path).lstrip('0') or '0'}. "):
        yield f"the title must begin {title!r}"


def has_its_size(notebook, path):
    words = len(re.sub(r"<[^>]*>|https?://\S+", "", prose(notebook)).split())
    if not 20 <= len(notebook.cells) <= 35:
        yield f"{len(notebook.cells)} cells; 20 to 35 are asked for"
    if words > 2200:
        yield f"{words} words; at most 2,200"


def sets_a_seed(notebook, path):
    if "manual_seed(" not in code(notebook)[1].source:
        yield "the second code cell must set the seed, after the imports"


def ends_with_quiz_recap_sources(notebook, path):
    ends = [h for h in re.findall(r"^## (.*)$", prose(notebook), re.M)
            if h in ("Quiz", "Recap", "Sources")]
    if ends != ["Quiz", "Recap", "Sources"]:
        yield f"the last sections must be Quiz, Recap, Sources; found {ends}"
    recap, _, sources = prose(notebook).partition("## Recap")[2].partition("## Sources")
    if recap.count("\n- ") < 3:
        yield "the recap needs at least three bullets"
    if "**Next**" not in recap:
        yield "the recap must say what is **Next**"
    if "](https://" not in sources:
        yield "the sources need links"
    if f'quiz.show("{number(path)}")' not in "\n".join(c.source for c in code(notebook)):
        yield f'a cell must call quiz.show("{number(path)}")'


def exercises_have_prompt_and_hints(notebook, path):
    found = exercise_cells(notebook)
    low = 1 if path.name.startswith("00") else 3
    if not low <= len(found) <= 6:
        yield f"{len(found)} exercises; {low} to 6 are asked for"
    for name, cell in found.items():
        at = notebook.cells.index(cell)
        prompt = notebook.cells[at - 1].source
        after = notebook.cells[at + 1].source if at + 1 < len(notebook.cells) else ""
        if not re.search(r"^### Exercise \d", prompt, re.M):
            yield f"exercise {name}: the cell above must begin '### Exercise N: ...'"
        if (prompt + after).count("<details>") < 2:
            yield f"exercise {name}: two hints in <details> below it"


LESSON = [says_what_to_expect, has_its_size, sets_a_seed, ends_with_quiz_recap_sources,
          exercises_have_prompt_and_hints]


def cases(rules, paths):
    return [pytest.param(rule, path, id=f"{path.parent.name}-{path.stem}-{rule.__name__}")
            for path in paths for rule in rules]


@pytest.mark.parametrize("rule, path", cases(SHARED, LESSONS + SOLUTIONS) + cases(LESSON, LESSONS))
def test_house_style(rule, path):
    complaints = list(rule(nbformat.read(path, as_version=4), path))
    assert not complaints, "\n".join([path.name, *complaints])


def edit(cell, old, new):
    """A change to one cell, for the test below."""

    def spoil(notebook):
        source = (code(notebook) if cell >= 0 else notebook.cells)[max(cell, 0)]
        assert old in source.source
        source.source = source.source.replace(old, new, 1)

    return spoil


def add(kind, source, **fields):
    """Another cell at the end, for the test below."""
    make = getattr(nbformat.v4, f"new_{kind}_cell")
    return lambda notebook: notebook.cells.append(make(source, **fields))


FIRST = -1
SPOILED = [
    (installs_from_the_repository, edit(0, "https://github.com/", "https://github.com/someone-")),
    (installs_from_the_repository, edit(0, f"@{TAG}", "@main-v")),
    (opens_in_colab, edit(FIRST, f"/blob/{repository()[1]}/", "/blob/old/")),
    (cells_are_short, add("code", "x = 1\n" * 16)),
    (cells_are_short, add("code", "x = " + "1" * 80)),
    (headings_are_in_order, add("markdown", "#### Too deep")),
    (headings_are_in_order, add("markdown", "# A second title")),
    (pictures_have_alt_text, add("markdown", "![](https://colab.research.google.com/x.svg)")),
    (pictures_have_alt_text, add("code", "show(fig)")),
    (pictures_have_alt_text, add("code", "plt.show()")),
    (outputs_are_compared, add("code", f"{COMPARED}\nprint(1)")),
    (outputs_are_compared, add("code", "1", execution_count=3)),
    (outputs_are_compared, add("code", "print(1)", outputs=[
        nbformat.v4.new_output("stream", text="1")])),
    (markup_works_in_colab, add("markdown", "```{note}\nonly the book\n```")),
    (markup_works_in_colab, add("markdown", "{cite}`zhang`")),
    (links_resolve, add("markdown", "[gone](nowhere.ipynb)")),
    (links_resolve, add("markdown", "[plain](http://example.org)")),
    (spelling_is_american, add("markdown", "a colour")),
    (says_what_to_expect, edit(FIRST, "**You will be able to**", "Goals")),
    (says_what_to_expect, edit(FIRST, " seconds", " moments")),
    (has_its_size, add("markdown", "word " * 2200)),
    (sets_a_seed, edit(1, "manual_seed", "rand")),
    (ends_with_quiz_recap_sources, add("markdown", "## Quiz")),
    (exercises_have_prompt_and_hints, add("code", "checks.other(answer)")),
]


@pytest.mark.parametrize("rule, spoil", SPOILED, ids=lambda p: getattr(p, "__name__", ""))
def test_each_rule_can_be_broken(rule, spoil):
    notebook = nbformat.read(LESSONS[-1], as_version=4)
    before = list(rule(notebook, LESSONS[-1]))
    spoil(notebook)
    assert len(list(rule(notebook, LESSONS[-1]))) > len(before)


def test_there_are_notebooks():
    assert LESSONS and SOLUTIONS


# --- exercises ---


def verdict(notebook, name):
    """What the last line of an exercise's cell says, run after the cell of imports alone."""
    space = {}
    exec(code(notebook)[1].source, space)
    tree = ast.parse(exercise_cells(notebook)[name].source)
    last = tree.body.pop()
    exec(compile(tree, f"<exercise {name}>", "exec"), space)
    return eval(compile(ast.Expression(last.value), f"<exercise {name}>", "eval"), space)


def exercises(chapter: str) -> dict[str, Exercise]:
    module = importlib.import_module(f"colorlib.notebook.checks.ch{chapter}")
    return {name: e for name, e in vars(module).items() if isinstance(e, Exercise)}


def chapters_with_exercises():
    return [p.stem[2:] for p in sorted((ROOT / "colorlib/notebook/checks").glob("ch*.py"))]


ALL = [(chapter, name) for chapter in chapters_with_exercises() for name in exercises(chapter)]


def lesson(chapter: str, folder: str = "notebooks"):
    (path,) = ROOT.glob(f"{folder}/{chapter}_*.ipynb")
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("chapter", chapters_with_exercises())
def test_every_exercise_is_in_the_lesson_and_in_the_solutions(chapter):
    names = set(exercises(chapter))
    assert names and names == set(exercise_cells(lesson(chapter)))
    assert names == set(exercise_cells(lesson(chapter, "notebooks/solutions")))


@pytest.mark.parametrize("chapter, name", ALL)
def test_stub_is_not_yet(chapter, name):
    assert verdict(lesson(chapter), name).status == NOT_YET


@pytest.mark.parametrize("chapter, name", ALL)
def test_solution_passes(chapter, name):
    result = verdict(lesson(chapter, "notebooks/solutions"), name)
    assert result.status == RIGHT, result


def wrong_answers(chapter: str, name: str) -> list:
    path = ROOT / f"tests/notebooks/wrong_answers/ch{chapter}.py"
    space = {}
    if path.exists():
        exec(compile(path.read_text(), path, "exec"), space)
    return space.get("WRONG", {}).get(name, [])


@pytest.mark.parametrize("chapter, name", ALL)
def test_wrong_answers_are_caught(chapter, name):
    exercise = exercises(chapter)[name]
    for mistake in exercise.mistakes:
        result = exercise(mistake.function)
        assert result.status == WRONG and mistake.says in repr(result), result
    for answer in wrong_answers(chapter, name):
        result = exercise(answer)
        assert result.status == WRONG, f"{answer} passed: {result}"
    assert len(exercise.mistakes) + len(wrong_answers(chapter, name)) >= 2
    assert exercise(exercise.reference).status == RIGHT


def bugs() -> list[tuple[str, str, str]]:
    """Chapter, exercise and code of each function in which a learner is to find a bug."""
    found = []
    for chapter in chapters_with_exercises():
        cells = lesson(chapter).cells
        for text, cell in zip(cells, cells[1:], strict=False):
            shown = re.search(r"^### .+: find the bug\n.*?^```python\n(.+?)^```", text.source,
                              re.M | re.S)
            names = re.findall(r"^checks\.(\w+)\(\w+\)", cell.source, re.M)
            found += [(chapter, name, shown[1]) for name in names if shown]
    return found


@pytest.mark.parametrize("chapter, name, code_shown", bugs())
def test_a_bug_that_is_shown_is_refused_and_named(chapter, name, code_shown):
    space = {}
    exec(code(lesson(chapter))[1].source, space)
    exec(code_shown, space)
    function = space[re.search(r"^def (\w+)", code_shown, re.M)[1]]
    result = exercises(chapter)[name](function)
    assert result.status == WRONG and "A usual mistake" in repr(result), result


def test_wrong_answers_belong_to_exercises():
    for path in WRONG_ANSWERS:
        chapter, space = path.stem[2:], {}
        exec(compile(path.read_text(), path, "exec"), space)
        assert set(space["WRONG"]) <= set(exercises(chapter))
