"""The house of colorlib, read from its code: imports run one way, nothing is too long."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from itertools import chain

import pytest
from conftest import ROOT

# From the bottom up: a module imports only what stands on a lower floor, or beside it in its room.
CORE = (
    {"losses", "metrics"},
    {"color"}, {"images", "gamut"}, {"rebalancing"},
    {"recipes", "networks"}, {"data"},
    {"training", "inference"},
)
CHAPTERS = ("classic", "rivals", "evaluation", "turing", "representation", "limits", "scale",
            "pretrained", "after")
ABOVE = ("notebook", "grading", "cli")
FLOORS = [{"fast", "io"}, {"engine"}, *CORE, set(CHAPTERS),
          *({room} for room in ABOVE), {"experiments"}]
# A chapter's room imports no other's, but for these reasons.
BETWEEN_CHAPTERS = {
    ("evaluation", "rivals"): "the table trains and measures the rivals",
    ("rivals", "classic"): "hints are read as scribbles are",
    ("after", "pretrained"): "the frozen encoder is that of the network for any photograph",
    ("after", "turing"): "the critic is the machine rater",
    ("after", "evaluation"): "the Fréchet distance is taken of the table's classifier",
}
LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_CORE = 250, 40, 2_000
# Functions that are longer, each with its reason.
LONG_FUNCTIONS = {}


def modules():
    for path in chain((ROOT / "colorlib").rglob("*.py"), (ROOT / "experiments").glob("*.py")):
        if "assets" not in path.parts:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


MODULES = dict(modules())


@cache
def tree(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imported(name):
    """Pairs of a module of this repository and the name that is taken from it, or None."""
    here = name.split(".") if MODULES[name].name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                inside = f"{module}.{alias.name}"
                yield (inside, None) if inside in MODULES else (module, alias.name)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)


@cache
def arrows():
    return [(name, module, what) for name in MODULES for module, what in imported(name)
            if module in MODULES and module not in (name, "colorlib")]


def room(module):
    """The folder that a module lies in, or its own name if it is of the core."""
    parts = module.split(".")
    return parts[0] if parts[0] == "experiments" else parts[1] if len(parts) > 1 else ""


def floor(module):
    return next((i for i, rooms in enumerate(FLOORS) if room(module) in rooms), None)


def test_every_module_has_its_floor():
    rootless = ("colorlib", "colorlib.__main__")
    assert not [name for name in MODULES if name not in rootless and floor(name) is None]


def test_imports_run_one_way():
    wrong = [f"{name} imports {module}" for name, module, _ in arrows()
             if name not in ("colorlib", "colorlib.__main__") and room(name) != room(module)
             and (room(name), room(module)) not in BETWEEN_CHAPTERS
             and floor(module) >= floor(name)]
    assert not wrong


def test_exceptions_are_needed():
    used = {(room(name), room(module)) for name, module, _ in arrows()}
    assert set(BETWEEN_CHAPTERS) <= used


def test_there_is_no_circle():
    below = {name: set() for name in MODULES}
    for name, module, _ in arrows():
        below[name].add(module)
    TopologicalSorter(below).prepare()  # CycleError, which names the modules, if there is one


def test_no_private_name_is_taken_from_another_module():
    assert not [f"{name}: {module}.{what}" for name, module, what in arrows()
                if what and what.startswith("_") and not what.startswith("__")]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_modules_are_short(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def functions(name):
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = node.body[0] if ast.get_docstring(node) else None
            yield node.name, node.end_lineno - node.lineno + 1 - (
                doc.end_lineno - doc.lineno + 1 if doc else 0)


def test_functions_are_short():
    """Lines of code; a docstring may be as long as it has something to say."""
    found = {f"{name}.{function}": lines for name in MODULES for function, lines in functions(name)
             if lines > LONGEST_FUNCTION}
    assert set(found) == set(LONG_FUNCTIONS), found


def test_the_core_is_small():
    core = [path for name, path in MODULES.items()
            if name.count(".") == 1 and path.name not in ("__init__.py", "__main__.py")
            and name.startswith("colorlib.")]
    assert len(core) <= 14
    assert sum(len(path.read_text().splitlines()) for path in core) <= LONGEST_CORE
