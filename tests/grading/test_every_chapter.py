"""The grader and every chapter: solutions are right, stubs not yet, networks are told."""

import csv
import json
import shutil
import sys

import pytest
import torch
from conftest import ROOT
from torch import nn

from colorlib.cli.parser import main
from colorlib.grading import layers, messages
from colorlib.grading.judge import grade
from colorlib.grading.sandbox import Limits
from colorlib.grading.submissions import find

linux = pytest.mark.skipif(sys.platform != "linux", reason="the guards that need Linux")
SOLUTIONS = sorted(ROOT.glob("notebooks/solutions/[0-9]*.ipynb"))


@linux
def test_all_solutions_are_right_and_all_stubs_not_yet(tmp_path):
    (tmp_path / "in").mkdir()
    for path in SOLUTIONS:
        shutil.copy(path, tmp_path / "in" / f"ada_{path.name}")
        shutil.copy(ROOT / "notebooks" / path.name, tmp_path / "in" / f"bob_{path.name}")
    assert main(["grade", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    statuses = {"ada": "right", "bob": "not yet"}
    assert [row for row in rows if row["status"] != statuses[row["student"]]] == []
    for student in statuses:
        assert {row["chapter"] for row in rows if row["student"] == student} == {
            path.name.split("_")[0] for path in SOLUTIONS}


CUSTOM = """\
class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 2, 3))

    def forward(self, x):
        return self.layers(x)


def autoencoder(channels):
    return Own()


checks.autoencoder(autoencoder)"""


@linux
@pytest.mark.parametrize("source, status", [
    (CUSTOM, "by hand"), (CUSTOM.replace("return Own()", "return 'a network'"), "wrong"),
    (CUSTOM.replace("return Own()", "return nn.Sequential(nn.Conv2d(1, 2, 3))"), "wrong")])
def test_a_network_of_a_students_own_class_is_left_to_the_teacher(source, status, tmp_path):
    notebook = json.loads((ROOT / "notebooks/solutions/05b_train_on_a_gpu.ipynb").read_text())
    cell = next(c for c in notebook["cells"] if "checks.autoencoder(" in "".join(c["source"]))
    cell["source"] = source
    (tmp_path / "ada_05b_train_on_a_gpu.ipynb").write_text(json.dumps(notebook))
    (one,) = find(tmp_path)
    found = {g.exercise: g for g in grade(one, Limits(20, 2 * 2**30)).grades}
    assert found["autoencoder"].status == status and found["autoencoder"].points == 0
    assert found["throughput"].status == "right"
    if status == "by hand":
        assert "Own(" in found["autoencoder"].says


def network():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.LeakyReLU(0.2),
        nn.Sequential(nn.ConvTranspose2d(4, 2, (4, 4), 2, 1), nn.Upsample(scale_factor=2)))


def test_a_network_is_built_anew_from_its_layers():
    answer = {"one": network(), "names": {"b", "a"}}
    made = messages.decode(messages.encode(answer))
    assert repr(made["one"]) == repr(network()) and made["names"] == {"a", "b"}
    assert made["one"](torch.zeros(1, 1, 8, 8)).shape == (1, 2, 16, 16)
    lazy = messages.decode(messages.encode(nn.Sequential(nn.Linear(2, 2))))
    assert isinstance(lazy, messages.Unknown) and "Linear" in repr(lazy)


def told(*parts):
    return ["Sequential", list(parts)]


CONV = layers.describe(nn.Conv2d(1, 4, 3))


@pytest.mark.parametrize("bad", [
    None, 3, "x", [], ["Sequential"], told(["Linear", {}]), told(["exec", {}]),
    told(["Conv2d", {}]), told(["Conv2d", {**CONV[1], "out_channels": 10**9}]),
    told(["Conv2d", {**CONV[1], "x": 1}]),
    told(["Conv2d", {**CONV[1], "kernel_size": "3"}]), told(*[["ReLU", {}]] * 500),
    told(["Upsample", {"size": None, "scale_factor": 10**6, "mode": "nearest"}]),
    told(*[["Upsample", {"size": None, "scale_factor": 16, "mode": "nearest"}]] * 9)])
def test_what_is_no_network_or_too_large_is_refused(bad):
    with pytest.raises(ValueError):
        layers.build(bad)
    with pytest.raises(ValueError):
        messages.decode(json.dumps({"is": "network", "of": bad}).encode())
