"""The lowest versions that pyproject.toml admits, as constraints for pip: `make lowest`.

    python tools/lowest.py [NAME==VERSION ...] > lowest.txt

What is named after it overrides a bound: torch's oldest versions come for a GPU alone, and weigh
gigabytes. Test tools are taken as constraints.txt has them: it is the course's dependencies that
somebody has installed already.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def bounds(pyproject: str, instead: list[str] = ()) -> list[str]:
    """`name==lowest` for each dependency of the package, in order."""
    instead = {pin.partition("==")[0]: pin for pin in instead}
    wanted = tomllib.loads(pyproject)["project"]["dependencies"]
    found = dict(re.fullmatch(r"([\w-]+)>=([\d.]+)", line).groups() for line in wanted)
    unknown = set(instead) - set(found)
    if unknown:
        raise ValueError(f"not a dependency: {', '.join(sorted(unknown))}")
    return [instead.get(name, f"{name}=={lowest}") for name, lowest in found.items()]


if __name__ == "__main__":
    try:
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        print("\n".join(bounds(text, sys.argv[1:])))
    except ValueError as error:
        sys.exit(f"lowest: {error}")
