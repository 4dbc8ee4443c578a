"""What a release compares, before it makes anything."""

import re
import shutil
import sys

import pytest
from conftest import ROOT

import colorlib

sys.path.insert(0, str(ROOT / "tools"))
import release


@pytest.fixture
def tree(tmp_path):
    """The files that name the version, with the one that is being made."""
    for name in ("colorlib/__init__.py", "CITATION.cff", "CHANGELOG.md", "_config.yml",
                 "notebooks/00_start_here.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def change(path, old, new):
    text = path.read_text()
    assert re.search(old, text)
    path.write_text(re.sub(old, new, text))


def test_what_ships_agrees(tree):
    assert release.disagreements(colorlib.__version__, tree) == []


@pytest.mark.parametrize("name, old, new, told", [
    ("colorlib/__init__.py", r'__version__ = ".*?"', '__version__ = "9.9.9"', "9.9.9"),
    ("CITATION.cff", r"(?m)^version: .*", "version: 8.8.8", "8.8.8"),
    ("CHANGELOG.md", r"(?m)^## \d.*", "## Other", "CHANGELOG.md has no part"),
    ("notebooks/00_start_here.ipynb", "@v1", "@v7", "installs v7, not v1"),
])
def test_what_disagrees_is_named(tree, name, old, new, told):
    change(tree / name, old, new)
    [line] = release.disagreements(colorlib.__version__, tree)
    assert told in line and name in line


@pytest.mark.parametrize("version", ["", "1.0", "v1.0.0", "1.0.0; rm -rf ."])
def test_no_version(version):
    [line] = release.disagreements(version)
    assert line.startswith("not a version")
