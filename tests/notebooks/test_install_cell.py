"""The first cell of every notebook, run where the library is missing: what it says and installs.

The course's repository, its tag or none, and pip's index are folders here, and the packages are
empty: what counts is which versions are there before and after. Nothing asks a network.
"""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "tools"))

import install_cell

# The package's own build backend, so that a build fetches nothing: it gives the wheel beside it.
BACKEND = """
import pathlib, shutil

def build_wheel(folder, *_):
    made = next(pathlib.Path().glob("*.whl"))
    return pathlib.Path(shutil.copy(made, folder)).name
"""


def wheel(folder, name, version, requires=(), modules=None):
    """An empty package as a wheel, or with modules: names to their text."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    modules = {plain: f"__version__ = {version!r}"} if modules is None else modules
    files = {f"{module}/__init__.py": text + "\n" for module, text in modules.items()}
    files |= {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(
            f"Requires-Dist: {line}\n" for line in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
                         "Tag: py3-none-any\n"}
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    path = folder / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


@pytest.fixture
def environment(tmp_path):
    """An environment of pip alone: its folder of packages, and a function that runs code in it."""
    pip = pytest.importorskip("pip", reason="this environment was made without pip")
    folder, index = tmp_path / "env", tmp_path / "index"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    packages = next((folder / "lib").glob("python*/site-packages"))
    shutil.copytree(Path(pip.__file__).parent, packages / "pip")  # faster than to install it
    index.mkdir()
    for name, version in (("numpy", "2.4.0"), ("torch", "2.13.0"), ("jupyterquiz", "2.9.6")):
        wheel(index, name, version)
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_NO_CACHE_DIR": "1"}

    def run(code):
        return subprocess.run([folder / "bin" / "python", "-c", code], env=env, cwd=tmp_path,
                              capture_output=True, text=True)

    return packages, run


def repository(folder, tagged):
    """The course's: the branch has version 1.5, and the tag, if there is one, 1.2."""
    folder.mkdir()

    def git(*words):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("config", "user.name", "A")
    git("config", "user.email", "a@example.org")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n')
    (folder / "backend.py").write_text(BACKEND)
    for what, version in (("the tag", "1.2"), ("the branch", "1.5")):
        for old in folder.glob("*.whl"):
            old.unlink()
        wheel(folder, "colorful-course", version, ["torch>=2.6", "numpy>=2.1"], {
            "colorlib": "import torch", "colorlib/notebook": "",
            "colorlib/of": f"WHAT = {what!r}"})
        git("add", ".")
        git("commit", "-qm", what)
        if tagged and what == "the tag":
            git("tag", "v1")
    return f"file://{folder}"


def listed(packages):
    """Names to versions of what is installed."""
    return {dist.name: dist.version for dist in importlib.metadata.distributions(path=[packages])}


# What each place brings of what the library asks for. None of it is the newest of the index.
PLACES = {
    "a bare Jupyter": {},
    "Colab": {"numpy": "2.1.3", "torch": "2.11.0+cu128"},
    "Kaggle, with a numpy that is too old": {"numpy": "1.26.4", "torch": "2.6.0+cu124"},
    "Studio Lab, made by conda": {"numpy": "2.2.0"},
    "another colorlib": {"colorlib": "0.1", "torch": "2.11.0", "numpy": "2.1.3"},
}


@pytest.mark.parametrize("place, tagged", [*((place, True) for place in PLACES), ("Colab", False)])
def test_it_installs_what_is_missing_and_moves_nothing(environment, tmp_path, place, tagged):
    packages, run_code = environment
    for name, version in PLACES[place].items():
        with zipfile.ZipFile(wheel(tmp_path, name, version)) as archive:
            archive.extractall(packages)
        if "conda" in place:  # `pip freeze` then names a folder of the machine that built it
            (packages / f"{name}-{version}.dist-info" / "direct_url.json").write_text(
                json.dumps({"url": "file:///home/conda/numpy/work", "dir_info": {}}))
    before = listed(packages)
    url = repository(tmp_path / "course", tagged)
    cell = install_cell.source(url, "main", "v1")
    after_it = "import colorlib.of, numpy, jupyterquiz; colorlib.torch; print(colorlib.of.WHAT)"
    run = run_code(f"{cell}\n{after_it}\n{cell}")
    assert run.returncode == 0, run.stderr
    *said, last = filter(None, run.stdout.splitlines())
    assert last == ("the tag" if tagged else "the branch")
    assert len(said) == (not tagged)
    for line in said:
        assert "lacks the tag" in line and line.endswith(f"git+{url}@main")
    after = listed(packages)
    assert before == {name: after[name] for name in before}
    assert after.keys() - before.keys() == {"colorful-course", "jupyterquiz", "numpy",
                                            "torch"} - before.keys()


def test_it_is_short_and_does_nothing_where_the_library_is(capsys):
    cell = install_cell.source("https://example.org/course", "main", "v1")
    assert len(cell.splitlines()) <= 15
    exec(cell, names := {})
    assert capsys.readouterr().out == "" and "pip" not in names


def test_the_tool_writes_it_and_nothing_else(tmp_path):
    for file in ("_config.yml", "colorlib/__init__.py", "notebooks/00_start_here.ipynb",
                 "notebooks/solutions/01_lab_color.ipynb"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    path, other = sorted(tmp_path.rglob("*.ipynb"))
    install_cell.main(tmp_path)
    texts = path.read_text("utf-8"), other.read_text("utf-8")
    path.write_text(texts[0].replace('"import subprocess', '"import os, subprocess', 1), "utf-8")
    assert install_cell.main(tmp_path).startswith("1 ")
    assert (path.read_text("utf-8"), other.read_text("utf-8")) == texts
    assert install_cell.main(tmp_path).startswith("0 ")
