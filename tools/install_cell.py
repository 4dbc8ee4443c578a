"""Write the first code cell of every notebook: `python tools/install_cell.py`.

It installs the course's library where it is missing (in Colab, Kaggle, SageMaker Studio Lab, any
Jupyter), from the tag of this major version, and changes no package that is there: what pip lists
goes to it as constraints, and if the library can't be had within them, it is installed alone. Where
the repository lacks the tag, as a fork may, a line says so, and the branch is installed. Address
and branch are those of _config.yml.
"""

import json
import re
import sys
from pathlib import Path

from repoint import current

ROOT = Path(__file__).parents[1]
CELL = '''\
# Installs the course's library where it is missing. What is there stays as it is.
import subprocess, sys, tempfile
try:
    import colorlib.notebook, jupyterquiz
except ImportError:
    run = lambda *words: subprocess.run(words, capture_output=True, text=True)
    pip, source = [sys.executable, "-m", "pip"], "git+{url}@{tag}"
    if run("git", "ls-remote", "--exit-code", *source[4:].split("@")).returncode == 2:
        source = "git+{url}@{branch}"
        print("The repository lacks the tag of this notebook. Installing", source)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as there:
        there.write(run(*pip, "list", "--format=freeze").stdout)
    if run(*pip, "install", "-c", there.name, source, "jupyterquiz").returncode:
        print(run(*pip, "install", "-q", "--no-deps", source, "jupyterquiz").stderr)
    sys.modules.pop("colorlib", None)  # on PyPI, that name is another package's'''


def source(url: str, branch: str, tag: str) -> str:
    """The cell's text."""
    return CELL.format(url=url, branch=branch, tag=tag)


def main(root: Path) -> str:
    """Write it into each notebook where another one stands; what was done, in a line."""
    owner, name, branch = current((root / "_config.yml").read_text(encoding="utf-8"))
    code = (root / "colorlib" / "__init__.py").read_text(encoding="utf-8")
    tag = "v" + re.search(r'__version__ = "(\d+)', code)[1]
    lines = source(f"https://github.com/{owner}/{name}", branch, tag).splitlines(keepends=True)
    changed = 0
    for path in sorted((root / "notebooks").rglob("[0-9]*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        if cell["source"] != lines:
            cell["source"], changed = lines, changed + 1
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n",
                            encoding="utf-8")
    return f"{changed} notebooks changed"


if __name__ == "__main__":
    sys.exit(print(main(ROOT)))
