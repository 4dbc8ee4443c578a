"""The package as a whole."""

import json
import subprocess
import sys
from hashlib import sha256

import pytest
from conftest import ROOT

from colorlib.evaluation.provenance import provenance

RESULTS = sorted((ROOT / "results").glob("*.json"))
HEAVY = ["matplotlib", "scipy", "skimage", "ipywidgets", "IPython", "pooch", "sklearn"]


def test_import_is_light():
    """What takes long to import is imported by the function that needs it."""
    script = f"import sys, torch; before = set(sys.modules); import colorlib; " \
             f"print([m for m in {HEAVY} if m in set(sys.modules) - before])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_command_of_results_can_be_run(path):
    """A module that has moved is still asked for by the name in the file."""
    words = json.loads(path.read_text())["command"].split()
    if words[0] == "make":
        assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text()
    elif words[:2] == ["python", "-m"]:
        module = ROOT / words[2].replace(".", "/")
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists()
    else:
        assert words[:2] == ["colorlib", "table"]


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_results_name_their_photographs(path):
    source = json.loads(path.read_text()).get("provenance", {})
    assert source.get("photos_sha256") != sha256().hexdigest()


def test_there_is_no_provenance_without_photographs():
    with pytest.raises(ValueError, match="at least one"):
        provenance([])
