"""The package as a whole."""

import subprocess
import sys

HEAVY = ["matplotlib", "scipy", "skimage", "ipywidgets", "IPython", "pooch", "sklearn"]


def test_import_is_light():
    """What takes long to import is imported by the function that needs it."""
    script = f"import sys, torch; before = set(sys.modules); import colorlib; " \
             f"print([m for m in {HEAVY} if m in set(sys.modules) - before])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
