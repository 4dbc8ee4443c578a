"""A training of one's own: names of files, a quiet stop, a warning, figures, the range test."""

import math
import signal
import sys
import types
from dataclasses import replace

import pytest
import torch

from colorlib.data import batch_source, photographs
from colorlib.images import sample
from colorlib.inference import Colorizer
from colorlib.notebook import workbench
from colorlib.notebook.held_out import held_out
from colorlib.notebook.panel import Panel
from colorlib.notebook.range_test import range_test
from colorlib.recipes import Recipe, Stage
from colorlib.training import train

TINY = Recipe(width=0.05, stages=(Stage(6, 2, 32),), warmup=1, precision="float32")


def test_another_recipe_has_another_file(tmp_path):
    names = {workbench.file_name(replace(TINY, **change)) for change in (
        {}, {"optimizer": "muon"}, {"lr": 1e-3}, {"loss": "l2"}, {"seed": 1})}
    assert len(names) == 5
    first = workbench.keep_training(TINY, photographs(), tmp_path)
    again = workbench.keep_training(replace(TINY, optimizer="muon"), photographs(), tmp_path)
    assert first.done == again.done == 6  # the second one is not refused
    assert len(list(tmp_path.glob("*-weights.safetensors"))) == 2
    assert Colorizer.from_pretrained(workbench.weights_of(first, tmp_path)).recipe["done"] == 6


def test_a_network_of_ones_own_is_trained_and_found_again(tmp_path):
    name = workbench.register(lambda channels: torch.nn.Conv2d(1, 2, 4, 4))
    own = workbench.keep_training(replace(TINY, network=name, loss="l2"), photographs(), tmp_path)
    found = Colorizer.from_pretrained(workbench.weights_of(own, tmp_path))
    assert found(sample("cat"), 1).size == sample("cat").size


def test_a_finished_training_is_shown_again(tmp_path):
    seen = []
    for _ in range(2):
        workbench.keep_training(TINY, photographs(), tmp_path, on_report=seen.append)
    assert [training.done for training in seen] == [6, 6]


def test_a_stop_is_a_line_and_the_same_call_goes_on(tmp_path, capsys):
    def stop(training):
        if training.done == 3:
            signal.raise_signal(signal.SIGINT)

    options = {"report_every": 1, "on_report": stop}
    stopped = workbench.keep_training(TINY, photographs(), tmp_path, **options)
    assert stopped.done == 3 and "Stopped after step 3 of 6" in capsys.readouterr().out
    resumed = workbench.keep_training(TINY, photographs(), tmp_path)
    whole = train(TINY, photographs())
    assert all(torch.equal(value, whole.average[name]) for name, value in resumed.average.items())


def test_without_a_drive_colab_is_told_so(tmp_path, monkeypatch):
    drive = types.ModuleType("drive")

    def refuse(where):
        raise ValueError("not allowed")

    drive.mount = refuse
    colab = types.ModuleType("google.colab")
    colab.drive = drive
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    monkeypatch.setattr(workbench, "Path", lambda _: tmp_path / "lost")
    folder, said = workbench.home()
    assert folder == tmp_path / "lost" and folder.is_dir()
    assert "Nothing will be kept" in said._repr_html_() and "not allowed" in said.alt


def test_with_a_drive_it_is_kept_there(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    for module in ("colorlib.notebook.workbench", "colorlib.engine.checkpoints"):
        monkeypatch.setattr(f"{module}.DRIVE", tmp_path)
    folder, said = workbench.home()
    assert folder == tmp_path / "colorful" and folder.is_dir() and str(folder) in said.alt


def test_elsewhere_a_folder_is_named():
    folder, said = workbench.home()
    assert folder.is_dir() and str(folder) in said.alt
    photos, kept = workbench.training_photos(full=False)
    assert len(photos) == 6 and len(kept) == 2 and not set(photos.paths) & set(kept)


def test_held_out_is_above_gray_for_the_truth():
    class Truth:
        def __call__(self, rgb, T):
            return rgb

    found = held_out(Truth(), [sample("china"), None])
    assert 0 < found["auc"] < found["rebalanced"]
    gray = held_out(lambda rgb, T: rgb.mean(0, keepdim=True).expand(3, -1, -1), [sample("china")])
    assert abs(gray["auc"]) < 0.5


def test_each_training_has_a_picture_of_its_own(monkeypatch):
    made = []
    panel = Panel([sample("cat")], size=48, kept=[sample("china").resize((64, 64))])
    monkeypatch.setattr(panel, "_show", lambda: made.append((panel._view, panel.picture.alt)))
    for seed in (0, 1):
        panel._view = "the one before"
        train(replace(TINY, seed=seed), photographs(), on_report=panel, report_every=3)
    assert [view for view, _ in made] == [None, None, None, None]
    assert "s left" in made[0][1] and "finished; held out: AuC" in made[1][1]


def test_a_panel_waits_but_for_the_end(monkeypatch):
    drawn = []
    panel = Panel([sample("cat")], size=48, every=1000)
    monkeypatch.setattr(panel, "_show", lambda: drawn.append(panel.picture.alt[:12]))
    train(TINY, photographs(), on_report=panel, report_every=1)
    assert drawn == ["After step 1", "After step 6"]


def test_range_test_sets_the_rates():
    batches = batch_source(TINY, photographs())
    losses = range_test(replace(TINY, loss="classification"), batches, [1e-9, 1e-9, 1e-9])
    assert losses[0] == pytest.approx(math.log(313), abs=1) and len(losses) == 3
    broken = range_test(replace(TINY, clip=math.inf), lambda _: (
        torch.full((1, 1, 16, 16), math.nan), torch.zeros(1, 2, 4, 4)), [1.0, 1.0])
    assert all(math.isnan(loss) for loss in broken) and len(broken) == 2
