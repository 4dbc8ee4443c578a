"""The notebooks run once for the book; nbval compares what that run gave, and notices a change."""

import os
import subprocess
import sys

import nbformat
import pytest
from conftest import ROOT

CODE = "# NBVAL_CHECK_OUTPUT\nprint('three', 'bins')"


@pytest.fixture
def folder(tmp_path):
    """A notebook whose record says "three bins"."""
    sys.path.insert(0, str(ROOT / "tools"))
    import execute
    from jupyter_cache.base import CacheBundleIn

    cell = nbformat.v4.new_code_cell(CODE)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="three bins\n")]
    cell.execution_count = 1
    nbformat.write(notebook, tmp_path / "small.ipynb")
    execute.cache(tmp_path / "_build").cache_notebook_bundle(
        CacheBundleIn(notebook, str(tmp_path / "small.ipynb")), check_validity=False)
    return tmp_path


def compare(folder):
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tools"),
           "COLORFUL_BUILD": str(folder / "_build")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "recorded",
         "--nbval-lax", "--nbval-current-env", "--rootdir", folder, folder / "small.ipynb"],
        env=env, cwd=folder, capture_output=True, text=True)


def test_the_record_is_compared_and_not_run_again(folder):
    assert "1 passed" in compare(folder).stdout
    text = (folder / "small.ipynb").read_text()
    (folder / "small.ipynb").write_text(text.replace("three bins", "four bins"))
    told = compare(folder)
    assert told.returncode == 1 and "four bins" in told.stdout


def test_another_notebook_than_the_recorded_one_is_run(folder):
    text = (folder / "small.ipynb").read_text()
    (folder / "small.ipynb").write_text(text.replace("'three', 'bins'", "'three', 'cats'"))
    told = compare(folder)
    assert told.returncode == 1 and "three cats" in told.stdout
