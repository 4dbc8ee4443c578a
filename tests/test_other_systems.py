"""The library on systems that these tests are not run on, as far as that can be seen from here."""

import ast
import os
import re
import subprocess
import sys
from pathlib import PureWindowsPath

import pytest
from conftest import ROOT
from test_architecture import MODULES, imported, tree

from colorlib.cli.parser import main
from colorlib.images import sample

LIBRARY = sorted(name for name in MODULES if name.startswith("colorlib"))
# What Windows has not. `colorlib grade` needs it and says so there.
UNIX = ["fcntl", "grp", "posix", "pwd", "resource", "termios"]
ELSEWHERE = [name for name in LIBRARY if not name.startswith("colorlib.grading.")]


def test_only_grading_needs_unix():
    wanted = {(name, module) for name in ELSEWHERE for module, _ in imported(name)}
    assert not {pair for pair in wanted if pair[1] in UNIX}
    used = {(name, node.attr) for name in ELSEWHERE for node in ast.walk(tree(name))
            if isinstance(node, ast.Attribute)}
    unix = {"fork", "killpg", "mkfifo", "setsid", "SIGKILL", "SIGALRM", "getuid", "getloadavg"}
    assert not {pair for pair in used if pair[1] in unix}


def test_it_loads_and_colors_without_unix(tmp_path):
    """All but grading, where those modules are not, and on a console that lacks a photo's name."""
    photo = tmp_path / "a b \u6f22.png"
    sample("cat").resize((60, 40)).save(photo)
    script = tmp_path / "run.py"
    script.write_text(f"""
import importlib, multiprocessing, os, sys
if __name__ == "__main__":
    for name in {[name for name in UNIX if name != "posix"]!r}:  # Python stands on that one here
        sys.modules[name] = None
    del os.fork
    multiprocessing.set_start_method("spawn")
    for name in {[name for name in ELSEWHERE if not name.endswith("__main__")]!r}:
        importlib.import_module(name)
    from colorlib.cli.parser import main
    words = ["colorize", sys.argv[1], "--weights", "course"]
    print(main(words), main(words))
""", encoding="utf-8")
    run = subprocess.run([sys.executable, script, photo], capture_output=True, encoding="cp1252",
                         env={**os.environ, "PYTHONIOENCODING": "cp1252"})
    assert run.returncode == 0 and run.stdout.split() == ["0", "2"], run.stderr
    assert "a b \\u6f22_color.png is there already" in run.stderr
    assert (tmp_path / "a b \u6f22_color.png").exists()


@pytest.mark.parametrize("name", LIBRARY)
def test_texts_say_their_encoding(name):
    """Windows takes another than UTF-8 where none is said. What Linux tells in /proc is ASCII."""
    for node in ast.walk(tree(name)):
        words = ast.unparse(node) if isinstance(node, ast.Call) else ""
        called = words and ast.unparse(node.func)
        binary = called == "open" and "b" in getattr(node.args[1], "value", "")
        if called == "open" or called.endswith((".read_text", ".write_text")):
            said = "encoding" in {word.arg for word in node.keywords}
            assert said or binary or "/proc/" in words, f"{name}:{node.lineno}: {words}"


def allowed(name):
    """Whether Windows takes this as the name of a file."""
    return not re.search(r'[<>:"|?*\\\x00-\x1f]|[. ]$', name) and not re.fullmatch(
        r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, re.I)


def test_a_bad_name_is_seen():
    assert all(map(allowed, ["a b.png", "00000.tar", "console.png", ".colorlib-12"]))
    assert not any(map(allowed, ["a:b.png", "12:30", "con.png", "a.", "what?.png", "a\\b"]))


def test_names_of_files_are_such_as_windows_takes():
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("no git here")
    files = tracked.stdout.splitlines()
    assert files and all(allowed(part) for file in files for part in file.split("/"))
    assert len({PureWindowsPath(file) for file in files}) == len(files), "two differ in case alone"
    assert max(map(len, files)) < 120, "with the folder above it, at most 260"


def test_files_that_commands_write_have_names_such_as_windows_takes(tmp_path, monkeypatch):
    pytest.importorskip("webdataset")
    monkeypatch.chdir(tmp_path)
    for name in ("cat", "china"):
        (tmp_path / "in" / name).mkdir(parents=True)
        sample(name).resize((60, 40)).save(tmp_path / "in" / name / "x.png")
    for words in (["colorize", "in", "-o", "out"], ["shards", "in", "packed"],
                  ["train", "--data", "in", "--steps", "3", "--out", "trained", "--width", "0.05"]):
        assert main(words) == 0
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 7 and all(allowed(path.name) for path in written)


def test_lines_end_alike_on_every_system():
    assert "* text=auto eol=lf" in (ROOT / ".gitattributes").read_text("utf-8")
