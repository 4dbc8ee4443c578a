"""Two processes train as one: the same result, any number goes on, a dead one stops the others."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import LONG
from test_training import PHOTOS, TINY, same
from torch import nn
from two_processes import SHORT, in_float64

from colorlib import networks
from colorlib.data import batch_source
from colorlib.engine import checkpoints, distributed
from colorlib.engine.distributed import (
    PeerError,
    SyncBatchNorm2d,
    mean,
    place,
    processes,
    synchronized,
)
from colorlib.evaluation.methods import RIVALS
from colorlib.images import samples
from colorlib.networks import zhang
from colorlib.training import Training, train

EQUAL = 1e-6  # but for the order of adding
HERE = Path(__file__).parent
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2",
            str(HERE / "two_processes.py")]


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def float64():
    with pytest.MonkeyPatch.context() as patch:
        in_float64(patch.setattr)
        yield


@pytest.fixture(scope="module")
def alone(float64):
    return train(SHORT, PHOTOS)


@pytest.fixture(scope="module")
def folder(float64, tmp_path_factory):
    """Where two processes did everything, beginning with what one had left."""
    folder = tmp_path_factory.mktemp("two")

    def kill(training):
        if training.done == 3:
            raise Killed

    with pytest.raises(Killed):
        train(SHORT, PHOTOS, folder / "of_one.safetensors", save_every=0, report_every=1,
              on_report=kill)
    run = subprocess.run([*TORCHRUN, "everything", folder], text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture(scope="module")
def found(folder):
    return [torch.load(folder / f"{rank}.pt") for rank in (0, 1)]


def distance(one, other):
    """Between the weights of two trainings, against how far they came from the first ones."""
    torch.manual_seed(SHORT.seed)
    start = zhang(SHORT.width).state_dict()
    names = [name for name, value in start.items() if value.is_floating_point()
             and "running" not in name and name != "model_out.weight"]
    gap = sum((one[n] - other[n]).square().sum() for n in names)
    return (gap / sum((one[n] - start[n]).square().sum() for n in names)).sqrt().item()


def test_two_processes_with_the_same_total_batch_are_one(alone, found):
    for key in ("network", "average"):
        ours = alone.network.state_dict() if key == "network" else alone.average
        assert distance(found[0]["sync True"][key], ours) < EQUAL
    losses = [h["loss"] for h in found[0]["sync True"]["history"]]
    assert losses == pytest.approx([h["loss"] for h in alone.history], rel=1e-6)
    for name, value in found[0]["sync True"]["network"].items():
        if "running" in name:
            assert torch.allclose(value, alone.network.state_dict()[name]), name


def test_all_processes_have_the_same_weights(found):
    for run in ("sync True", "sync False", "in parts", "resumed"):
        one, two = (f[run]["network"] for f in found)
        assert all(torch.equal(one[name], two[name]) for name, _ in zhang(0.05).named_parameters())
    assert found[0]["mean"] == found[1]["mean"] == [0.5, 2.0]


@pytest.mark.parametrize("row", RIVALS, ids=lambda row: row.name)
def test_rivals_train_in_two_processes(found, row):
    """Whatever of them learns gets its gradient in each step, or torch would refuse the second."""
    one, two = (f["rivals"][row.name] for f in found)
    assert all(torch.equal(one[name], two[name]) for name in one)
    torch.manual_seed(row.recipe.seed)
    start = dict(networks.build(row.recipe.network, 1 / 16).named_parameters())
    learned = {name for name in one if not torch.equal(one[name], start[name])}
    assert learned == {name for name, value in start.items() if value.requires_grad}


def test_batchnorm_over_each_process_alone_is_another_training(alone, found):
    assert distance(found[0]["sync False"]["network"], alone.network.state_dict()) > 0.05


def test_batchnorm_over_all_processes_is_that_of_the_whole_batch(found):
    torch.manual_seed(0)
    x = torch.randn(6, 3, 5, 4).requires_grad_()
    layer = nn.BatchNorm2d(3)
    y = layer(x)
    (y**3).sum().backward()
    parts = [f["normalized"] for f in found]
    assert torch.allclose(torch.cat([p["y"] for p in parts]), y, atol=1e-5)
    assert torch.allclose(torch.cat([p["gradient"] for p in parts]), x.grad, atol=1e-4)
    assert torch.allclose(sum(p["weight"] for p in parts), layer.weight.grad, rtol=1e-4)
    assert torch.allclose(parts[1]["mean"], layer.running_mean, atol=1e-6)
    assert torch.allclose(parts[1]["var"], layer.running_var, atol=1e-5)


def test_another_number_of_processes_goes_on(alone, folder, found):
    assert distance(found[0]["resumed"]["network"], alone.network.state_dict()) < EQUAL
    # Both stopped after the same step; the first one alone wrote.
    assert [f["stopped"].partition(";")[0] for f in found] == ["stopped after step 2"] * 2
    rest = train(SHORT, PHOTOS, folder / "of_two.safetensors")
    assert rest.done == 5
    assert distance(rest.network.state_dict(), alone.network.state_dict()) < EQUAL


def test_gradients_of_parts_add_up_to_those_of_the_batch():
    """But for BatchNorm, which sees the parts one by one: here it is frozen."""
    recipe = replace(SHORT, loss="l2")
    whole, parts = Training(recipe), Training(recipe, accumulate=4)
    batch = batch_source(recipe, PHOTOS)(0)
    for run in (whole, parts):
        for module in run.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum, module.training = 0.0, False
                module.train = lambda mode=True: None
        run.step(*batch)
    for one, other in zip(whole.network.parameters(), parts.network.parameters(), strict=True):
        assert torch.allclose(one.grad, other.grad, 1e-3, 1e-5) if one.requires_grad else True
    with pytest.raises(ValueError, match="8 crops can't be shared out evenly to 3 parts"):
        Training(recipe, accumulate=3).step(*batch)


def test_alone_nothing_changes(whole_of_chapter_5, monkeypatch):
    with processes("cpu") as device:
        assert place() == (0, 1) and device == torch.device("cpu") and mean(3.0) == [3.0]
    assert same(train(TINY, PHOTOS, sync_batchnorm=True), whole_of_chapter_5)
    names = zhang(0.05).state_dict().keys()
    network = synchronized(zhang(0.05))
    assert network.state_dict().keys() == names
    assert sum(isinstance(m, SyncBatchNorm2d) for m in network.modules()) == 7
    monkeypatch.setattr("colorlib.data.place", lambda: (0, 3))
    with pytest.raises(ValueError, match="batch of 8 can't be shared out evenly to 3 processes"):
        batch_source(SHORT, PHOTOS)


@pytest.fixture
def whole_of_chapter_5():
    return train(TINY, PHOTOS)


def test_checkpoints_that_not_all_can_read_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr("colorlib.training.mean", lambda *numbers, device: [7.0])
    with pytest.raises(checkpoints.TrainingError, match="all of them can read"):
        train(SHORT, PHOTOS, tmp_path / "c.safetensors")


def test_errors_of_the_network_and_others():
    assert distributed._of_the_network(RuntimeError("[gloo/pair.cc:1] Connection closed by peer"))
    assert not distributed._of_the_network(RuntimeError("out of memory"))
    assert issubclass(PeerError, RuntimeError)


def children(process):
    """Ids of the processes that torchrun started, the first one first."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    rank = {}
    for child in listed:
        words = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        rank |= {int(w[5:]): int(child) for w in words if w.startswith(b"RANK=")}
    return [rank[r] for r in sorted(rank)]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes by /proc")
@pytest.mark.parametrize("victim", [0, 1] if LONG else [0])  # the first one writes
def test_one_process_killed_stops_all_with_one_line(victim, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for path in list(samples().values())[:2]:
        (photos / path.name).symlink_to(path)
    out = tmp_path / "out"
    words = ["train", "--data", photos, "--out", out, "--width", "0.02", "--steps", "5000"]
    run = subprocess.Popen([*TORCHRUN, *words], stderr=subprocess.PIPE, text=True)
    older, until = out / "checkpoint.1.safetensors", time.monotonic() + 400
    while not older.exists() and run.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    assert older.exists(), run.poll()
    workers = children(run.pid)
    os.kill(workers[victim], signal.SIGKILL)
    begun = time.monotonic()
    _, said = run.communicate(timeout=60)
    assert time.monotonic() - begun < 60 and run.returncode != 0
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    ours = [line for line in said.replace("\r", "\n").split("\n") if line.startswith("colorlib:")]
    assert len(ours) == 1, said
    assert "another process of this run is gone; the same command" in ours[0]
    newest = next(p for p in (out / "checkpoint.safetensors", older) if p.exists())
    tensors, state = checkpoints.load(newest)
    assert state["done"] >= 1
    assert all(value.isfinite().all() for value in tensors.values())
