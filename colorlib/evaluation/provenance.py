"""Where figures come from: machine, versions, photographs (chapter 07)."""

import hashlib
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

import torch

from .. import __version__


def provenance(paths: Sequence[Path]) -> dict[str, str | int]:
    """On which machine, with which versions and on which photographs figures were measured.

    Raises
    ------
    ValueError
        If there are no photographs.
    """
    if not paths:
        raise ValueError("figures come from photographs: name at least one")
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + path.read_bytes())
    return {"colorlib": __version__, "commit": _commit(), "torch": torch.__version__,
            "device": processor(), "threads": torch.get_num_threads(),
            "photos_sha256": digest.hexdigest()}


def processor() -> str:
    """Name of this machine's CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(x.split(":")[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _commit() -> str:
    """The course's commit, with a plus if files were changed since; empty outside of git."""
    here = Path(__file__).parent
    git = ["git", "-C", str(here), "describe", "--always", "--abbrev=12", "--dirty=+"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
