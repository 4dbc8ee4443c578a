"""From a notebook to the code that an exercise needs, without running any of it."""

import ast
import importlib
import json
import re
import symtable
from dataclasses import dataclass, field
from functools import cache

from ..io.assets import asset
from ..notebook.checks import RIGHT, Exercise

CHECKS = "colorlib.notebook.checks"


@dataclass
class Answer:
    """What a student wrote for one exercise.

    `code` is what to run, part by part; `expression` is what the checker is called with. `problem`
    says why there is nothing to run, `notes` what the teacher should know.
    """

    code: list[str] = field(default_factory=list)
    expression: str = ""
    problem: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Statement:
    """A statement of the notebook that stands in no function, with the names it makes and needs."""

    cell: int
    source: str
    node: ast.stmt
    makes: set[str]
    needs: set[str]


@cache
def exercises(chapter: str) -> dict[str, Exercise]:
    """The checkers of a chapter, such as "01", in the chapter's order. ValueError if unknown."""
    if not re.fullmatch(r"\d\d[a-z]?", chapter) or not asset(f"quizzes/{chapter}.json").is_file():
        raise ValueError(f"there is no chapter {chapter!r} with exercises")
    module = importlib.import_module(f"{CHECKS}.ch{chapter}")
    return {name: one for name, one in vars(module).items() if isinstance(one, Exercise)}


def read(content: bytes) -> list[dict]:
    """The cells of a notebook. ValueError if it is none."""
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        cells = [{"type": cell["cell_type"], "source": "".join(cell["source"]),
                  "said": _text_of(cell.get("outputs", []))} for cell in notebook["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no notebook ({type(error).__name__})") from error
    return cells


def answers(cells: list[dict], chapter: str | None = None) -> dict[tuple[str, str], Answer]:
    """Each exercise that the notebook calls a checker for: (chapter, name) to its answer.

    `chapter` is what the file's name says, for a notebook that has lost its imports.
    """
    statements, broken = _statements(cells)
    aliases = _aliases(statements) or ({"checks": chapter} if chapter else {})
    found: dict[tuple[str, str], Answer] = {}
    for index, text in broken.items():  # a cell that Python can't read may still name its exercise
        for alias, name in re.findall(r"\b(\w+)\.(\w+)\(", cells[index]["source"]):
            if name in _names(aliases.get(alias)):
                found[aliases[alias], name] = Answer(problem=text)
    for call, statement in _calls(statements, aliases):
        key = aliases[call.func.value.id], call.func.attr
        found[key] = _answer(call, statement, statements, cells, aliases)
    return found


def _answer(call, statement, statements, cells, aliases) -> Answer:
    """The cell of the exercise without its checkers, and what that needs of other cells."""
    argument = call.args[0] if call.args else call.keywords[0].value if call.keywords else None
    if argument is None:
        return Answer(problem="the checker was called without an answer")
    own = [one for one in statements if one.cell == statement.cell
           and not (isinstance(one.node, ast.Expr) and _has_check(one.node, aliases))]
    expression = ast.unparse(argument)
    code = _with_needs(own, statement.cell, _scopes(expression)[1], statements)
    notes = []
    if any(_replaces(one.node, aliases) for one in statements):
        notes.append("the notebook replaces a checker; it was graded by the instructor's")
    if any(".reference" in one.source for one in code) or ".reference" in expression:
        notes.append("the answer asks for the checker's own, `.reference`")
    if f"✓ {RIGHT}" in cells[statement.cell]["said"].lower():
        notes.append("its saved output says right")
    return Answer([one.source for one in code], expression, notes=notes)


def _with_needs(own, cell, names, statements) -> list[Statement]:
    """The statements of a cell, behind those that make what it needs and does not make itself.

    They come from the cells above; from below only what nothing above makes.
    """
    chosen, wanted = list(own), set(names).union(*(one.needs for one in own))
    known = set().union(*(one.makes for one in own))
    while wanted - known:
        name = min(wanted - known)
        known.add(name)
        makers = [one for one in statements if name in one.makes and one.cell != cell]
        makers = [one for one in makers if one.cell < cell] or makers
        for one in makers:
            if one not in chosen:
                chosen.append(one)
                wanted |= one.needs
    stars = [one for one in statements if "*" in one.makes and one not in chosen]
    before = [one for one in statements if one in chosen + stars and one not in own]
    return before + own


def _statements(cells) -> tuple[list[Statement], dict[int, str]]:
    """All statements of the notebook, and the cells that Python can't read with the reason."""
    found, broken = [], {}
    for index, cell in enumerate(cells):
        if cell["type"] != "code":
            continue
        source = cell["source"]
        try:
            tree = _parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f" in line {error.lineno}" if isinstance(error, SyntaxError) else ""
            broken[index] = f"{type(error).__name__}{line}: {getattr(error, 'msg', error)}"
            continue
        for node in tree.body:
            text = ast.unparse(node)
            makes, needs = _scopes(text)
            found.append(Statement(index, text, node, makes, needs))
    return found, broken


def _parse(source: str) -> ast.Module:
    """Python, or Python with what only a notebook knows: lines that begin with % or !."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(re.sub(r"^([ \t]*)(?:[%!].*|[\w.]+\?+[ \t]*)$", r"\1pass", source,
                                flags=re.M))


def _scopes(source: str) -> tuple[set[str], set[str]]:
    """The names that a statement makes outside of functions, and those it needs from there."""
    top = symtable.symtable(source, "<cell>", "exec")
    makes = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    if re.match(r"from .* import \*", source):
        makes.add("*")
    needs = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        needs |= {s.get_name() for s in table.get_symbols() if s.is_global()}
        tables += table.get_children()
    return makes, needs


def _aliases(statements) -> dict[str, str]:
    """What the notebook calls the checkers of which chapter, from its imports."""
    found = {}
    for node in (node for one in statements for node in ast.walk(one.node)):
        if isinstance(node, ast.ImportFrom) and node.module == CHECKS:
            for alias in node.names:
                match = re.fullmatch(r"ch(\d\d[a-z]?)", alias.name)
                if match and _names(match[1]):
                    found[alias.asname or alias.name] = match[1]
    return found


def _names(chapter: str | None) -> set[str]:
    try:
        return set(exercises(chapter or ""))
    except ValueError:
        return set()


def _calls(statements, aliases):
    """Calls of a checker in the notebook's order: of two of the same exercise the last counts."""
    for one in statements:
        for node in ast.walk(one.node):
            if _is_check(node, aliases):
                yield node, one


def _is_check(node, aliases) -> bool:
    return (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name) and node.func.value.id in aliases
            and node.func.attr in _names(aliases[node.func.value.id]))


def _has_check(node, aliases) -> bool:
    return any(_is_check(inner, aliases) for inner in ast.walk(node))


def _replaces(node, aliases) -> bool:
    """Whether a statement puts something in the place of a checker or of their module."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute | ast.Subscript) and isinstance(inner.ctx, ast.Store):
            root = inner
            while isinstance(root, ast.Attribute | ast.Subscript):
                root = root.value
            if isinstance(root, ast.Name) and root.id in aliases:
                return True
        if (isinstance(inner, ast.Call) and ast.unparse(inner.func) == "setattr" and inner.args
                and ast.unparse(inner.args[0]).split(".")[0] in aliases):
            return True
    return False


def _text_of(outputs) -> str:
    texts = []
    for output in outputs:
        texts.append("".join(output.get("text", [])))
        texts.append("".join(output.get("data", {}).get("text/plain", [])))
    return "\n".join(texts)
