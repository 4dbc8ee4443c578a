"""The panel of a training: drawn at each report, and with no effect on the training itself."""

import pytest
import torch

from colorlib.data import photographs
from colorlib.images import sample
from colorlib.inference import Colorizer
from colorlib.notebook.curves import curve
from colorlib.notebook.panel import Panel
from colorlib.recipes import Recipe, Stage
from colorlib.training import train

TINY = Recipe(width=0.05, stages=(Stage(4, 2, 32),), warmup=1, precision="float32")


def test_a_panel_shows_curve_and_photos_and_changes_nothing(capsys):
    alone = train(TINY, photographs())
    panel, seen = Panel([sample("cat"), sample("china")], size=48), []

    def watch(training):
        panel(training)
        seen.append(panel.picture.alt)

    watched = train(TINY, photographs(), on_report=watch, report_every=2)
    html = panel.picture._repr_html_()
    assert html.count("<img") == 3
    assert [alt[:17] for alt in seen] == ["After step 2 of 4", "After step 4 of 4"]
    assert f"the loss is {watched.history[-1]['loss']:.2f}" in seen[-1]
    for name, value in alone.network.state_dict().items():
        assert torch.equal(watched.network.state_dict()[name], value)


def test_weights_show_how_their_training_went(tmp_path):
    recipe = Recipe(width=0.05, stages=(Stage(4, 2, 32), Stage(2, 2, 48)), precision="float32")
    training = train(recipe, photographs(), report_every=2)
    training.save_weights(tmp_path / "w.safetensors")
    told = Colorizer.from_pretrained(tmp_path / "w.safetensors").recipe
    alt = curve(told).alt
    assert f"at step 2 is {training.history[0]['loss']:.2f}" in alt
    assert f"at step 6 {training.history[-1]['loss']:.2f}" in alt and "2 stages" in alt


def test_weights_without_a_history_say_so():
    with pytest.raises(ValueError, match="without the history"):
        curve({"width": 1.0})
