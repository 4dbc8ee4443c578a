"""The files that ship with the package, and the results that were measured with them."""

import json
from importlib.resources import files
from pathlib import Path

ASSETS = Path(str(files("colorlib") / "assets"))


def asset(name: str) -> Path:
    """A file or folder that ships with the package: ``asset("course.safetensors")``."""
    return ASSETS / name


def results(name: str) -> dict:
    """What was measured for the weights that ship, as `make results` wrote it.

    Parameters
    ----------
    name : of the JSON file among the assets, without its suffix: ``results("table/table")``.
    """
    return json.loads(asset(f"{name}.json").read_text(encoding="utf-8"))
