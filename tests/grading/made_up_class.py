"""A class of forty made-up students, made from the solutions and from what can go wrong."""

import json
import zipfile

from conftest import ROOT

CHAPTER = "01_lab_color"
LOOP = "while True:\n    pass\n"
# What a student may put in front of an answer, and what becomes of that exercise.
TROUBLE = {
    "loop": (LOOP, "out of time"),
    "sleep": ("import time\ntime.sleep(3600)\n", "out of time"),
    "exit": ("import sys\nsys.exit(0)\n", "exited"),
    "os_exit": ("import os\nos._exit(0)\n", "exited"),
    "crash": ("import ctypes\nctypes.string_at(0)\n", "crashed"),
    # Memory that is never written to: to fill two GB takes some machines longer than the limit.
    "memory": ("import numpy as np\nkept = [np.empty(2**24) for _ in range(10**6)]\n",
               "out of memory"),
    "tensor": ("kept = torch.ones(2**42)\n", "out of memory"),
    "raise": ("1 / 0\n", "stopped"),
    "fork": ("import os\nif os.fork() == 0:\n    os.setsid()\n    while True:\n        pass\n",
             "right"),
    "kill": ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n", "right"),
    "parents": ("import os\nfor number in range(2, 40000):\n    try:\n"
                "        os.kill(number, 9)\n    except OSError:\n        pass\n", "right"),
    "remove": ("import os\nfrom pathlib import Path\nfor path in Path(HERE).rglob('*'):\n"
               "    try:\n        os.remove(path)\n    except OSError:\n        pass\n",
               "right"),
    "network": ("import socket\ntry:\n    socket.create_connection(('127.0.0.1', PORT), 2)\n"
                "    found = True\nexcept OSError:\n    found = False\nassert not found\n",
                "right"),
    "forge": ("import os\nfor number in range(3, 30):\n    try:\n"
              "        os.write(number, b'\\0\\0\\0\\x04true')\n"
              "    except OSError:\n        pass\n",
              "crashed"),
    "half": ("import os\nfor number in range(3, 30):\n    try:\n"
             "        os.write(number, b'\\0\\0\\x40\\0[')\n"
             "    except OSError:\n        pass\n" + LOOP,
             "out of time"),
}


def solution(stem=CHAPTER):
    return json.loads((ROOT / f"notebooks/solutions/{stem}.ipynb").read_text())


def lesson(stem=CHAPTER):
    return json.loads((ROOT / f"notebooks/{stem}.ipynb").read_text())


def cell_of(notebook, call):
    """The cell that calls a checker."""
    return next(cell for cell in notebook["cells"]
                if cell["cell_type"] == "code" and f"checks.{call}(" in "".join(cell["source"]))


def edit(notebook, call, change):
    cell = cell_of(notebook, call)
    cell["source"] = change("".join(cell["source"]))
    return notebook


def says_right(notebook):
    """Outputs that claim success for every exercise."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "checks." in "".join(cell["source"]):
            cell["outputs"] = [{"output_type": "execute_result", "execution_count": 1,
                                "metadata": {}, "data": {"text/plain": "✓ Right. Indeed."}}]
    return notebook


def dump(notebook):
    return json.dumps(notebook).encode()


def write_class(folder, port=9):
    """Forty students: `student01` has all right; returns what `grades.csv` must say of exercise 1.

    The first fifteen have the troubles above, then come other ways to hand in.
    """
    files, expected = {}, {}

    def hand_in(content, status, name=None, student=None):
        student = student or f"student{len(expected) + 1:02d}"
        files[(name or "{}_" + CHAPTER + ".ipynb").format(student)] = content
        expected[student] = status

    hand_in(dump(solution()), "right")
    for code, status in TROUBLE.values():
        code = code.replace("HERE", repr(str(folder))).replace("PORT", str(port))
        hand_in(dump(edit(solution(), "to_light", lambda s, code=code: code + s)), status)
    hand_in(b"this is no notebook", "unreadable")
    hand_in(b'{"cells": [{"cell_type": "code"}]}', "unreadable")
    hand_in(b"", "unreadable")
    patch = "checks.to_light = lambda f: True\nimport colorlib.notebook.checks as c\n" \
            "c.Exercise.__call__ = lambda *a: True\n"
    hand_in(dump(says_right(edit(lesson(), "to_light", lambda s: patch + s))), "not yet")
    hand_in(dump(says_right(lesson())), "not yet")
    borrow = "to_light = checks.to_light.reference\nchecks.to_light(to_light)"
    hand_in(dump(edit(solution(), "to_light", lambda s: borrow)), "borrowed")
    hand_in(dump(edit(solution(), "to_light", lambda s: "def broken(:\nchecks.to_light(x)")),
            "stopped")
    hand_in(dump(edit(solution(), "to_light", lambda s: "x = 1")), "missing")
    mistake = "def to_light(v):\n    return v ** 2.2\n\n\nchecks.to_light(to_light)"
    for name in ("{}/" + CHAPTER + ".ipynb", "sub/{}_" + CHAPTER + "-2.ipynb",
                 "{}/notebooks/Copy of " + CHAPTER + ".ipynb"):
        hand_in(dump(edit(solution(), "to_light", lambda s: mistake)), "wrong", name)
    hand_in(dump(edit(solution(), "to_light", lambda s: "%%time\n!ls\n" + s)), "right")
    split = edit(solution(), "to_light", lambda s: "answer = to_light\nchecks.to_light(answer)")
    split["cells"].insert(3, {"cell_type": "code", "metadata": {}, "outputs": [],
                              "execution_count": None, "source": "import math\n\n\n"
                              "POWER = 2.4\n\n\ndef to_light(v):\n    c = ((v + 0.055) / 1.055) ** "
                              "POWER\n    return torch.where(v <= 0.04045, v / 12.92, c)"})
    hand_in(dump(split), "right")
    while len(expected) < 36:
        hand_in(dump(solution()), "right")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    # A later try counts, wherever it lies; a broken one doesn't.
    (folder / f"student01_{CHAPTER}-1.ipynb").write_bytes(dump(lesson()))
    (folder / f"student01_{CHAPTER}-2.ipynb").write_bytes(dump(solution()))
    (folder / f"student01_{CHAPTER}-3.ipynb").write_bytes(b"{")
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        for number, ending in ((37, "1001_77_"), (38, "LATE_1002_78_")):
            archive.writestr(f"made{number}_{ending}{CHAPTER}-1.ipynb", dump(solution()))
        archive.writestr(f"Made Up_1003_assignsubmission_file_/{CHAPTER}.ipynb", dump(solution()))
        archive.writestr("__MACOSX/._x.ipynb", b"")
    expected |= {"1001": "right", "1002": "right", "1003": "right", "broken": None}
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 and then nothing")
    return expected
