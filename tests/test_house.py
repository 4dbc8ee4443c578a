"""The files around the course agree with each other."""

import json
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version

import pytest
import yaml
from conftest import EDITION, ROOT
from packaging.requirements import Requirement

import colorlib

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())
URL, BRANCH = CONFIG["repository"]["url"], CONFIG["repository"]["branch"]
SLUG = URL.removeprefix("https://github.com/")
OWNER, NAME = SLUG.split("/")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NOTEBOOKS = sorted(p for p in (ROOT / "notebooks").rglob("*.ipynb")
                   if ".ipynb_checkpoints" not in p.parts)
CHAPTERS = [p for p in NOTEBOOKS if p.parent.name == "notebooks"]
PROSE = [ROOT / "README.md", ROOT / "CITATION.cff", ROOT / "LICENSE-PROSE",
         ROOT / "pyproject.toml", ROOT / "_config.yml", *sorted((ROOT / "book").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
# The ways to say where a repository is: on GitHub, in Colab and Binder, in an install cell.
PLACES = re.compile(r"(?:github\.com|githubtocolab\.com|githubusercontent\.com|/github|/gh)"
                    r"/([\w.-]+/[\w-]+)")
PAGES_SITE = re.compile(r"https://([\w-]+)\.github\.io/([\w-]+)")
# Other people's work that the course links to.
OTHERS = {"fastai/imagenette", "richzhang/colorization", "you/course", "d2l-ai/d2l-en",
          "INRIA/scikit-learn-mooc", "fastai/fastbook", "phlippe/uvadlc_notebooks",
          "webdataset/webdataset", "piddnad/DDColor", "changzheng123/L-CAD"}


def text_of(path):
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    return "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text())["cells"])


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_badge_and_install_cell_name_the_repository(path):
    text = text_of(path)
    badge = f"https://colab.research.google.com/github/{SLUG}/blob/{BRANCH}/{name_of(path)}"
    assert badge in text
    if "pip install" in text:
        assert URL in text


@pytest.mark.parametrize("path", [*PROSE, *NOTEBOOKS], ids=name_of)
def test_links_agree_on_where_the_course_lives(path):
    text = text_of(path)
    assert set(PLACES.findall(text)) - OTHERS <= {SLUG}
    others = {"colorization", "posts"}
    ours = {(owner, name) for owner, name in PAGES_SITE.findall(text) if name not in others}
    assert ours <= {(OWNER, NAME)}


def test_colab_has_what_the_library_needs():
    """Its versions are none below our floors, so that `--no-deps` is enough there."""
    lines = (ROOT / "colab-requirements.txt").read_text().splitlines()
    theirs = {r.name: r for r in map(Requirement, (x for x in lines if x and x[0] != "#"))}
    for floor in map(Requirement, PROJECT["dependencies"]):
        pins = [spec.version for spec in theirs[floor.name].specifier]
        assert all(pin in floor.specifier for pin in pins), f"{floor}, but Colab has {pins}"
    assert "ipywidgets==7.7.1" in lines and "numpy==2.1.3" in lines


def test_one_tag_to_install_from():
    """The tag of the major version, which each release moves (see book/contributing.md); or the
    branch, where the tag is missing."""
    refs = {ref for path in [*PROSE, *NOTEBOOKS]
            for ref in re.findall(r"git\+https://github\.com/[\w/-]+@([\w.-]+)", text_of(path))}
    assert refs == {EDITION[1] if EDITION else "v" + colorlib.__version__.split(".")[0], BRANCH}


def repoint(folder, *arguments):
    script = folder / "tools" / "repoint.py"
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True)


@pytest.fixture(scope="module")
def fork(tmp_path_factory):
    """A copy of every text of the course, pointed to somebody's fork."""
    folder = tmp_path_factory.mktemp("fork")
    texts = (".md", ".yml", ".toml", ".cff", ".ipynb", ".py", "LICENSE-PROSE", "Makefile")
    for name in [*texts[-2:], "README.md", "CITATION.cff", "_config.yml", "_toc.yml",
                 "pyproject.toml", "environment.yml", "book", "notebooks", "tools", ".github"]:
        for file in [ROOT / name, *(ROOT / name).rglob("*")]:
            if file.is_file() and file.name.endswith(texts):
                copy = folder / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)
    done = repoint(folder, "https://github.com/ada/colors-2.git", "teaching")
    assert done.returncode == 0, done.stderr
    [tag] = [line for line in done.stdout.splitlines() if "git push origin" in line]
    assert tag.endswith(EDITION[1] if EDITION else f"v{colorlib.__version__.split('.')[0]}")
    return folder


def test_repoint_leaves_no_trace_of_the_old_place(fork):
    for path in (p for p in fork.rglob("*") if p.is_file()):
        text = path.read_text(encoding="utf-8")
        assert SLUG not in text and f"{OWNER}.github.io" not in text, path
        left = re.findall(r"ada/colors-2(?:\.git)?(?:/blob/|/tree/|@|/)main\b", text)
        assert left == [], path
    config = yaml.safe_load((fork / "_config.yml").read_text())
    assert config["repository"]["url"] == "https://github.com/ada/colors-2"
    assert config["repository"]["branch"] == "teaching"
    assert config["html"]["baseurl"] == "https://ada.github.io/colors-2/"
    readme, install = (fork / "README.md").read_text(), (fork / "book" / "install.md").read_text()
    assert "/github/ada/colors-2/blob/teaching/notebooks/" in readme
    assert "mybinder.org/v2/gh/ada/colors-2/teaching?" in install
    assert "git+https://github.com/ada/colors-2@" in text_of(fork / "notebooks/01_lab_color.ipynb")
    for path in (fork / ".github" / "workflows").glob("*.yml"):
        push = (yaml.safe_load(path.read_text())[True] or {}).get("push")
        assert not push or push["branches"] == ["teaching"]


def test_repoint_twice_changes_nothing_and_back_gives_the_original(fork, tmp_path):
    copy = shutil.copytree(fork, tmp_path / "fork")
    again = repoint(copy, "https://github.com/ada/colors-2", "teaching")
    assert "0 files changed" in again.stdout
    repoint(copy, URL, BRANCH)
    for path in (p for p in copy.rglob("*") if p.is_file()):
        if EDITION and path.parent.name == "workflows":
            continue  # they go with the branch, which an edition is none of
        assert path.read_text("utf-8") == (ROOT / path.relative_to(copy)).read_text("utf-8"), path


@pytest.mark.parametrize("arguments", [
    [""], ["https://gitlab.com/ada/colors"], ["https://github.com/ada"], ["ada/colors/x"],
    ["https://github.com/-ada/colors"], ["https://github.com/ada/.."], ["ada/colors; rm x"],
    ["ada/colors", "no branch"], ["ada/colors", "../main"], ["ada/colors", "main/"],
])
def test_repoint_refuses_what_is_no_repository(fork, arguments):
    before = (fork / "_config.yml").read_text()
    run = repoint(fork, *arguments)
    assert run.returncode != 0 and run.stderr.startswith("repoint: not ")
    assert run.stderr.count("\n") == 1 and (fork / "_config.yml").read_text() == before


def test_repoint_rewrites_addresses_and_not_words():
    sys.path.insert(0, str(ROOT / "tools"))
    import repoint as tool

    old, new = ("a", "b", "main"), ("you", "you.github.io", "dev")
    text = "a/b and https://github.com/a/b, https://github.com/a/b-c, https://a.github.io/b/x"
    assert tool.rewrite(text, old, new) == (
        "a/b and https://github.com/you/you.github.io, https://github.com/a/b-c, "
        "https://you.github.io/x")
    other = tool.rewrite("github.com/a/b/tree/main-2", old, new)
    assert other == "github.com/you/you.github.io/tree/main-2"


def entries(node, key):
    """All values of a key in a table of contents."""
    if isinstance(node, dict):
        for k, value in node.items():
            if k == key:
                yield value
            yield from entries(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from entries(item, key)


def test_table_of_contents_names_files_that_exist_and_every_notebook():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = set()
    for name in [*entries(toc, "file"), *entries(toc, "root")]:
        found = list(ROOT.glob(f"{name}.*"))
        assert found, name
        listed.update(found)
    for pattern in entries(toc, "glob"):
        found = list(ROOT.glob(f"{pattern}.ipynb"))
        assert found, pattern
        listed.update(found)
    assert set(NOTEBOOKS) <= listed
    assert set((ROOT / "book").rglob("*.md")) <= listed


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_workflow_calls_targets_that_exist(path):
    workflow = yaml.safe_load(path.read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    called = {target for step in steps for target in re.findall(r"make (\w+)", step.get("run", ""))}
    assert called <= TARGETS
    assert True in workflow, "the key `on`, which YAML 1.1 reads as true"


def test_commands_that_are_written_down_exist():
    for path in [*PROSE, ROOT / ".ci" / "run"]:
        commands = re.findall(r"(?:`|^)make ([a-z]+)\b", text_of(path), re.M)
        assert set(commands) <= TARGETS, path
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)


def test_make_lists_its_targets():
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout
    assert {"book", "test"} <= set(re.findall(r"make (\w+)", listed)) <= TARGETS


def test_make_says_which_python_it_needs(tmp_path):
    """An old interpreter is refused in one line, before anything is made."""
    for name in ("Makefile", "_config.yml", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    old = tmp_path / "old-python"
    old.write_text(f"#!/bin/sh\nexec {sys.executable} -c \"import sys; sys.version_info = "
                   "(3, 9, 0); exec(sys.argv[1])\" \"$2\"\n")
    old.chmod(0o755)
    run = subprocess.run(["make", "lint", f"PYTHON={old}"], cwd=tmp_path, capture_output=True,
                         text=True)
    assert run.returncode != 0
    assert "Python 3.11 or newer is needed" in run.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("case", ["nothing", "a GPU", "an address", "torch", "a Mac"])
def test_make_tells_of_cuda_before_it_is_fetched(tmp_path, case):
    """In one line, and only where the CPU build would do and has no address yet."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "colorlib").mkdir()
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cp", "env", "find", "grep", "mkdir", "sed", "touch"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))  # and no nvidia-smi

    def program(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    # Stands for both Pythons: `show` finds torch or not, `config list` tells what pip was told.
    program(tmp_path / "python", f"""case "$*" in
      "-m venv .venv") mkdir -p .venv/bin; cp python .venv/bin/python ;;
      *" show torch") {"true" if case == "torch" else "false"} ;;
      *" config list") env | sed -n "s/^PIP_EXTRA_INDEX_URL/:env:.extra-index-url/p" ;;
    esac""")
    system = "Darwin arm64" if case == "a Mac" else "Linux x86_64"
    program(tmp_path / "bin" / "uname", f"echo {system}")
    if case == "a GPU":
        program(tmp_path / "bin" / "nvidia-smi", "true")
    env = {"PATH": f"{tmp_path}/bin"}
    if case == "an address":
        env["PIP_EXTRA_INDEX_URL"] = "https://example.org"
    run = subprocess.run([shutil.which("make"), "-s", ".venv/.ready", f"PYTHON={tmp_path}/python"],
                         env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert run.stdout.count("\n") == (case == "nothing") == run.stdout.count("PIP_EXTRA_INDEX_URL")


def pins():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {r.name.lower().replace("_", "-"): r
            for r in (Requirement(line) for line in lines if line and line[0] != "#")}


def test_every_dependency_is_pinned_to_a_version_it_allows():
    wanted = [*PROJECT["dependencies"], *sum(PROJECT["optional-dependencies"].values(), [])]
    pinned = pins()
    for requirement in map(Requirement, wanted):
        (pin,) = pinned[requirement.name.lower()].specifier
        assert pin.operator == "==" and "+" not in pin.version
        assert requirement.specifier.contains(pin.version), requirement


def test_library_asks_only_for_lower_bounds_that_colab_meets():
    colab = {"torch": "2.11", "numpy": "2.1.3", "scikit-image": "0.25.2", "matplotlib": "3.10.0",
             "ipywidgets": "7.7.1", "pooch": "1.9.0"}  # August 2026
    for requirement in map(Requirement, PROJECT["dependencies"]):
        assert {s.operator for s in requirement.specifier} == {">="}, requirement
        if requirement.name in colab:
            assert requirement.specifier.contains(colab[requirement.name]), requirement


def test_environment_for_conda_has_the_same_bounds():
    """conda-forge's name for torch's CPU build is pytorch-cpu; all else is called alike."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *packages, last = environment["dependencies"]
    packages += [package for package in last["pip"] if not package.startswith("-e")]
    asked = {r.name: r for r in (Requirement(re.sub(r"^python=", "python==", package))
                                 for package in packages)}
    asked["torch"] = asked.pop("pytorch-cpu")
    lines = [*PROJECT["dependencies"], *sum(PROJECT["optional-dependencies"].values(), [])]
    ours = {r.name: r.specifier for r in map(Requirement, lines)}
    for name in set(asked) & set(ours):
        assert asked[name].specifier == ours[name], name
    assert {Requirement(line).name for line in PROJECT["dependencies"]} <= set(asked)
    named = {"jupyter", "jupyter-book", "torch", "numpy", "matplotlib", "scikit-image",
             "ipywidgets", "nbval"}
    assert named <= set(asked)
    assert not (ROOT / "binder").exists()  # Binder would read that instead


def test_version_is_said_once():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cff["version"] == colorlib.__version__ == version("colorful-course")


def test_docstrings_reach_the_site_in_its_markup(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    from site_rules import plain_docstring

    lines = ["Size |x|.", "", "Parameters", "----------", "x : number,", "    any.", "",
             "Returns", "-------", "number: how", "large."]
    plain_docstring(None, "function", "size", None, None, lines)
    assert lines[0] == r"Size \|x\|."
    assert lines[lines.index("x"):][:3] == ["x", "    number,", "    any."]
    assert ":returns: number: how" in lines and "    large." in lines


def test_every_public_module_is_in_the_reference():
    folder = ROOT / "book" / "reference"
    pages = "".join(page.read_text() for page in folder.glob("api_*.md"))
    shown = sorted(re.findall(r"automodule:: ([\w.]+)", pages))
    assert shown == sorted(re.findall(r"`~([\w.]+)", (folder / "api.md").read_text()))
    found = pkgutil.walk_packages(colorlib.__path__, "colorlib.")
    # A room's own page is its page; the checkers of each chapter are for its exercises alone.
    public = (m.name for m in found if "._" not in m.name and not re.search(r"checks\.ch", m.name)
              and (not m.ispkg or m.name.endswith("checks")))
    assert shown == sorted(public)


def works(text):
    """The DOIs and arXiv numbers that a text links to, however it writes the links."""
    dois = re.findall(r"doi\.org/(10\.[^\s)>]+)", text, re.I)
    arxiv = re.findall(r"arxiv\.org/(?:abs|pdf)/(\d+\.\d+)", text, re.I)  # of any version
    return {work.lower().removeprefix("10.48550/arxiv.") for work in dois + arxiv}


def test_a_work_is_known_by_any_of_its_links():
    links = ["http://dx.doi.org/10.48550/arXiv.1603.08511", "https://arxiv.org/pdf/1603.08511v5.pdf"]
    assert works(" ".join(links)) == works("(https://arxiv.org/abs/1603.08511)") == {"1603.08511"}
    assert works("[SSIM](https://doi.org/10.1109/TIP.2003.1), 2004.") == {"10.1109/tip.2003.1"}


@pytest.mark.parametrize("path", CHAPTERS, ids=name_of)
def test_bibliography_has_what_a_chapter_cites(path):
    cited = works(text_of(path).partition("## Sources")[2])
    assert cited, "a chapter without sources"
    missing = cited - works(text_of(ROOT / "book" / "reference" / "bibliography.md"))
    assert not missing


def test_glossary_says_where_a_term_is_taught_and_leaves_no_chapter_out():
    page = text_of(ROOT / "book" / "reference" / "glossary.md").partition(":sorted:")[2]
    terms = [line.lower() for line in page.splitlines() if re.match(r"[^\s`]", line)]
    assert len(terms) == len(set(terms)), "two terms that differ in case at most"
    for entry in page.strip("`\n").split("\n\n"):
        assert re.search(r"\b[Cc]hapter \d\d[a-z]?\b", entry), entry
    assert set(re.findall(r"[Cc]hapter (\d\d[a-z]?)", page)) == {
        p.name.split("_")[0] for p in CHAPTERS}
