"""Grading where a process can't be forked, and what is handed in from Windows."""

import io
import json
import subprocess
import sys
import zipfile

import pytest

pytest.importorskip("resource", reason="grading runs in WSL on Windows")
from colorlib.grading import student, submissions
from colorlib.grading.sandbox import Limits
from colorlib.grading.student import STOPPED, TIME, Ended, Student

LIMITS = Limits(5, 2**30)


@pytest.fixture(params=["fork", "spawn"])
def start(request, monkeypatch):
    if request.param == "fork" and sys.platform != "linux":
        pytest.skip("fork is not safe here")
    monkeypatch.setattr(student, "START", request.param)
    return request.param


def test_a_students_process_answers_however_it_starts(start):
    with Student(["def twice(x):\n    return 2 * x\n"], "twice", LIMITS) as asked:
        assert asked(21) == 42 and asked(0.5) == 1.0
    assert not asked.process.is_alive()
    assert type(asked.process).__name__ == f"{start.title()}Process"


def test_it_ends_in_the_same_ways_however_it_starts(start):
    with pytest.raises(Ended) as end, Student(["1 / 0\n"], "None", LIMITS):
        pass
    assert end.value.status == STOPPED
    code = "def twice(x):\n    while True:\n        pass\n"
    with pytest.raises(Ended) as end, Student([code], "twice", Limits(1, 2**30)) as asked:
        asked(21)
    assert end.value.status == TIME


def test_what_pytorch_lacks_is_not_an_exercise_left_open(start):
    """It raises a NotImplementedError of its own, with a message."""
    code = "import torch\ndef square(x):\n    return torch.tensor([x])^2\n"
    with Student([code], "square", LIMITS) as asked:
        with pytest.raises(Exception, match="bitwise_xor") as end:
            asked(1.5)
        assert not isinstance(end.value, NotImplementedError)
    code = "def square(x):\n    raise NotImplementedError\n"
    with Student([code], "square", LIMITS) as asked, pytest.raises(NotImplementedError):
        asked(1.5)


SPENT = """
import resource, sys, time
from pathlib import Path
from colorlib.grading import sandbox
while time.process_time() < 4:
    pass
sandbox._own_world = lambda: []  # as where there are no namespaces
sandbox.enter(sandbox.Limits(2, 2**30), Path(sys.argv[1]))
print(resource.getrlimit(resource.RLIMIT_CPU)[0] - time.process_time())
"""


def test_what_the_process_took_to_start_is_not_the_students(tmp_path):
    run = subprocess.run([sys.executable, "-c", SPENT, tmp_path], check=True, text=True,
                         capture_output=True)
    assert 1 < float(run.stdout) < 3


@pytest.mark.parametrize("name", ["ada/01_lab_color.ipynb", "ada\\01_lab_color.ipynb"])
def test_a_zip_with_the_slashes_of_windows(tmp_path, name):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "x = 1", "outputs": [],
            "execution_count": None}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, json.dumps(notebook))
    (tmp_path / "class.zip").write_bytes(file.getvalue())
    [one] = submissions.find(tmp_path)
    assert (one.student, one.chapter, one.problem) == ("ada", "01", "")
