"""A training of one's own: names of files, a quiet stop, a warning, figures, the range test."""

import math
import signal
import sys
import types
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from colorlib.data import batch_source, photographs
from colorlib.images import sample
from colorlib.inference import Colorizer
from colorlib.notebook import workbench
from colorlib.notebook.checks import ch05b
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
    name = workbench.register(lambda channels: nn.Conv2d(1, 2, 4, 4))
    own = workbench.keep_training(replace(TINY, network=name, loss="l2"), photographs(), tmp_path)
    found = Colorizer.from_pretrained(workbench.weights_of(own, tmp_path))
    assert found(sample("cat"), 1).size == sample("cat").size


class Plain(nn.Module):
    """A right answer to the autoencoder's exercise, its ReLU a function or a layer named last."""

    def __init__(self, channels, relu, pool=None):
        super().__init__()
        stride, self.pool = (1, pool) if pool else (2, lambda x: x)
        self.down = nn.ModuleList(
            [nn.Conv2d(i, channels, 3, stride, 1) for i in (1, channels, channels)])
        self.up = nn.ConvTranspose2d(channels, 2, 4, 2, 1)
        self.relu = relu

    def forward(self, x):
        for layer in self.down:
            x = self.pool(self.relu(layer(x)))
        return self.up(x)


class Heads(nn.Module):
    """One output layer each for a and b, and a shortcut past the bottleneck."""

    def __init__(self, channels):
        super().__init__()
        self.down = nn.Sequential(layer(1, channels, 2), nn.SiLU(), layer(channels, 8, 2))
        self.deep = nn.Sequential(nn.SiLU(), layer(8, 8, 2), nn.SiLU(), nn.Upsample(scale_factor=2))
        self.a, self.b = layer(16, 1), layer(16, 1)

    def forward(self, x):
        x = self.down(x)
        x = torch.cat([F.relu(x), self.deep(x)], 1)
        return torch.cat([self.a(x), self.b(x)], 1)


def layer(fan_in, fan_out, stride=1):
    return nn.Conv2d(fan_in, fan_out, 3, stride, 1)


def stack(act=nn.ReLU, *, last=(), norm=nn.Identity):
    """Right answers to the same exercise, as a list of layers."""
    return lambda channels: nn.Sequential(
        layer(1, channels, 2), norm(channels), act(), layer(channels, 8, 2), act(),
        layer(8, 8, 2), act(), nn.Upsample(scale_factor=2), layer(8, 2), *last)


@pytest.mark.parametrize("build", [
    stack(), stack(nn.PReLU), stack(nn.Tanh), stack(last=[nn.Tanh()]), stack(norm=nn.BatchNorm2d),
    stack(lambda: nn.ReLU(inplace=True)), Heads,
    lambda channels: Plain(channels, F.relu), lambda channels: Plain(channels, torch.relu),
    lambda channels: Plain(channels, nn.ReLU()),
    lambda channels: Plain(channels, nn.ReLU(), nn.MaxPool2d(2)),
    lambda channels: Plain(channels, F.relu, nn.AvgPool2d(2)),
    lambda channels: Plain(channels, F.relu, lambda x: F.max_pool2d(x, 2)),
])
def test_autoencoders_that_are_right_are_accepted(build):
    assert ch05b.autoencoder(build)
    network, before = build(16), torch.get_rng_state()
    assert ch05b.autoencoder.judge(network, 16) is None and workbench.register(build)
    assert torch.equal(torch.get_rng_state(), before)  # the learner's seed stays


def test_what_is_wrong_with_an_autoencoder_is_said_in_a_line(capsys):
    class Speaks(Plain):
        def forward(self, x):
            print("seen")
            super().forward(x)

    said = ch05b.autoencoder(lambda channels: Speaks(channels, F.relu))
    assert repr(said).splitlines()[-1].endswith("it gave None: is `return` missing?")
    assert capsys.readouterr().out == "seen\n"
    said = ch05b.autoencoder(lambda channels: nn.Sequential(nn.BatchNorm1d(1)))
    assert "stopped on L of (2, 1, 32, 48) with ValueError: expected 2D" in repr(said)


@pytest.mark.parametrize("build", [stack(nn.SiLU), stack(last=[nn.Tanh()]), stack(nn.PReLU),
                                   lambda channels: Plain(channels, F.relu)])
def test_another_network_is_trained_from_the_start(tmp_path, build):
    """The exercise is solved after its training has run once: with other keys, with the same."""
    recipe = replace(TINY, network=workbench.register(stack()), loss="l2")
    workbench.keep_training(recipe, photographs(), tmp_path)
    steps = []
    other = replace(recipe, network=workbench.register(build))
    workbench.keep_training(other, photographs(), tmp_path, report_every=1,
                            on_report=lambda training: steps.append(training.done))
    assert steps == [1, 2, 3, 4, 5, 6] and len(list(tmp_path.glob("mine_*-checkpoint*"))) == 2


def test_the_same_network_has_the_same_name_wherever_it_is_written():
    source = """
class Net(nn.Module):
    def forward(self, x):
        return (lambda y: F.relu(y))(x) + 1
"""

    def name(text):
        space = {"nn": nn, "F": F, "__name__": "__main__"}
        exec(compile(text, f"<cell {len(text)}>", "exec"), space)
        return workbench.register(lambda channels: space["Net"]())

    assert name(source) == name("\n\n" + source)  # a cell of another number, other lines
    assert len({name(source), name(source.replace("relu", "silu")), name(source.replace("1", "2")),
                name(source.replace("+", "-"))}) == 4


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
