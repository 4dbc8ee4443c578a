"""An edition for a term: pinned, tagged, zipped, the same twice, and refused with one line."""

import json
import re
import subprocess
import sys
import zipfile
from datetime import datetime

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "tools"))

import term

SLUG = term.current((ROOT / "_config.yml").read_text())[:2]
PLACE = "https://github.com/" + "/".join(SLUG)
CELL = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
        "source": [f"%pip install git+{PLACE}@v1 jupyterquiz"]}
BADGE = f"https://colab.research.google.com/github/{'/'.join(SLUG)}/blob/main/notebooks/00_a.ipynb"


@pytest.fixture
def course(tmp_path):
    """A small course of the same form, in a repository of its own."""
    text = {"cell_type": "markdown", "metadata": {}, "source": [f"# 0. A\n\n[Open]({BADGE})"]}
    book = json.dumps({"cells": [text, CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
                      indent=1) + "\n"
    files = {
        "_config.yml": f"repository:\n  url: {PLACE}\n  branch: main\n",
        "book/index.md": "# Title\n\n% edition\n\nText.\n", ".gitignore": "_build/\n",
        "notebooks/00_a.ipynb": book, "notebooks/solutions/00_a.ipynb": book,
        ".github/workflows/test.yml": "on:\n  push:\n    branches: [main]\n"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    for line in ("init -q -b main", "config user.name A", "config user.email a@example.org",
                 "add .", "commit -qm First"):
        term.git(tmp_path, *line.split())
    return tmp_path


def made(course, name="fall27"):
    out = course / "_build" / "term" / name
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_edition_is_pinned_tagged_and_zipped(course):
    before = term.git(course, "rev-parse", "HEAD")
    said = term.main(course, "fall27")
    assert "tag fall27: made from " + before[:7] in said and "git push origin" in said
    assert term.git(course, "rev-parse", "HEAD", "fall27^").split() == [before] * 2
    assert not term.git(course, "status", "--porcelain") and term.git(
        course, "branch", "--show-current") == "main"
    today = datetime.now()
    with zipfile.ZipFile(course / "_build/term/fall27/colorful-fall27.zip") as archive:
        def text(name):
            return archive.read(f"colorful-fall27/{name}").decode()
        assert f"*Edition fall27, frozen on {today:%B} {today.day}, {today.year}" in text(
            "book/index.md")
        assert "branch: fall27" in text("_config.yml")
        for name in ("notebooks/00_a.ipynb", "notebooks/solutions/00_a.ipynb"):
            assert "/blob/fall27/" in text(name) and f"git+{PLACE}@fall27 jup" in text(name)
        assert text(".github/workflows/test.yml") == (
            course / ".github/workflows/test.yml").read_text()
    with zipfile.ZipFile(course / "_build/term/fall27/colorful-fall27-notebooks.zip") as archive:
        folder = "colorful-fall27-notebooks"
        assert set(archive.namelist()) == {f"{folder}/AGENTS.md", f"{folder}/00_a.ipynb"}
        given = archive.read(f"{folder}/00_a.ipynb").decode()
    assert given == term.git(course, "show", "fall27:notebooks/00_a.ipynb") + "\n"
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], check=True,
                   cwd=course / "_build/term/fall27")


def test_twice_is_once_also_after_later_commits(course):
    term.main(course, "fall27")
    first, tag = made(course), term.git(course, "rev-parse", "fall27")
    (course / "later.md").write_text("x")
    term.git(course, "add", ".")
    term.git(course, "commit", "-qm", "Later")
    for path in (course / "_build/term/fall27").iterdir():
        path.unlink()
    assert "was there already" in term.main(course, "fall27")
    assert made(course) == first and term.git(course, "rev-parse", "fall27") == tag


def test_switch_for_colabs_assistant(course):
    term.main(course, "fall27", assistant=False)
    file = course / "_build/term/fall27/colorful-fall27-notebooks.zip"
    with zipfile.ZipFile(file) as archive:
        notebook = json.loads(archive.read("colorful-fall27-notebooks/00_a.ipynb"))
    assert notebook["metadata"]["colab"] == {"generative_ai_disabled": True}


def changed(course):
    (course / "book/index.md").write_text("other")


def added(course):
    (course / "new.md").write_text("new")


def branched(course):
    term.git(course, "branch", "fall27")


def tagged(course):
    term.git(course, "tag", "fall27")


@pytest.mark.parametrize("spoil, name, message", [
    (changed, "fall27", "not the last commit: book/index.md; commit"),
    (added, "fall27", "not the last commit: new.md; commit"),
    (branched, "fall27", "fall27 is a branch"), (tagged, "fall27", "fall27 is a tag already"),
    (None, "v1", "not a name"), (None, "", "not a name"), (None, "a b", "not a name"),
    (None, "../x", "not a name"), (None, "-d", "not a name")])
def test_what_is_refused(course, spoil, name, message):
    if spoil:
        spoil(course)
    with pytest.raises(ValueError, match=message) as error:
        term.main(course, name)
    assert "\n" not in str(error.value)
    assert not (course / "_build").exists()
    assert term.git(course, "tag") == ("fall27" if spoil is tagged else "")


def test_course_has_a_place_for_the_date_and_a_tag_to_replace():
    page = (ROOT / term.LANDING).read_text()
    frozen = re.search(r"^\*Edition \S+, frozen on \w+ \d+, \d{4}:", page, re.M)
    assert page.count(term.PLACE) == 1 or frozen
