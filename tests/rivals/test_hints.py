"""The network with hints: what it begins with, how clicks are made up, what a file must hold."""

import json

import numpy as np
import pytest
import torch
from conftest import ROOT
from safetensors.torch import load_file, save_file

from colorlib.classic.scribbles import draw, on_grid
from colorlib.color import rgb_to_lab
from colorlib.data import Photos
from colorlib.images import as_rgb, sample, samples
from colorlib.inference import Colorizer
from colorlib.io.assets import asset
from colorlib.io.downloads import sha256
from colorlib.networks import build
from colorlib.recipes import Recipe, Stage
from colorlib.rivals.hints import LEARNED, Hinted
from colorlib.rivals.interactive import ByHints
from colorlib.training import train
from experiments import hints as clicks

TINY = Recipe(network="hinted", stages=(Stage(3, 2, 32, lam=0.9),), lr=1e-3, warmup=1,
              average=0.5, size=64)


@pytest.fixture(scope="module")
def course():
    return Colorizer.from_pretrained("course").network


def test_without_hints_it_is_the_network_of_the_course(course):
    network = Hinted()
    network.load_state_dict(clicks.initial_weights())
    lightness = 100 * torch.rand(2, 1, 32, 48)
    with torch.no_grad():
        wanted, got = course.logits(lightness), network.eval().logits(lightness)
    torch.testing.assert_close(got.softmax(1), wanted.softmax(1), atol=2e-4, rtol=1e-3)


def test_a_place_that_is_alike_gets_the_color_and_another_does_not():
    """Keys by hand: the left half of the picture is of one kind, the right half of another."""
    network = Hinted(1 / 64)
    keys = torch.zeros(1, 32, 4, 8)
    keys[:, 0, :, 4:] = 9.0
    hints = torch.zeros(1, 3, 4, 8)
    hints[0, :, 1, 1] = torch.tensor([30.0, 40.0, 1.0])
    with torch.no_grad():
        network.alone.weight.zero_()
        network.alone.bias.fill_(-8.0)
        network.near.fill_(-8.0)
        wanted, listens = network.attend(keys, hints)
    assert listens[..., :4].min() > 0.99 and listens[..., 4:].max() < 0.01
    torch.testing.assert_close(wanted[0, :, :, :4], hints[0, :2, 1:2, 1:2].expand(2, 4, 4))
    hints[0, :, 2, 2] = torch.tensor([-30.0, 0.0, 1.0])  # of the same kind: the nearer counts more
    network.near.data.fill_(0.0)
    wanted, _ = network.attend(keys, hints)
    assert wanted[0, 0, 0, 0] > 20 and wanted[0, 0, 3, 3] < -20


def test_hints_and_lightness_must_fit():
    network = Hinted(1 / 64)
    with pytest.raises(ValueError, match=r"hints must be \(1, 3, 4, 4\)"):
        network.logits(torch.zeros(1, 1, 16, 16), torch.zeros(1, 3, 16, 16))
    with pytest.raises(ValueError, match="multiples of 8"):
        network.logits(torch.zeros(1, 1, 12, 16))


def test_what_is_frozen_stays_as_it_was():
    start = clicks.initial_weights()
    training = train(TINY, Photos(samples().values()), initial=start, kind=clicks.HintTraining)
    for name, value in training.network.state_dict().items():
        same = torch.equal(value, start[name])
        assert same != name.startswith(LEARNED), name
    again = train(TINY, Photos(samples().values()), initial=start, kind=clicks.HintTraining)
    assert all(torch.equal(a, b) for a, b in zip(
        training.average.values(), again.average.values(), strict=True))


def test_simulated_clicks_are_true_but_for_the_noise():
    rng = torch.Generator().manual_seed(0)
    ab = torch.zeros(4000, 2, 12, 12)
    ab[:, 0, :, 6:], ab[:, 1] = 60.0, -20.0
    hints = clicks.simulate(ab, rng)
    known = hints[:, 2] == 1
    assert set(hints[:, 2].unique().tolist()) == {0, 1} and not hints[:, :2].movedim(1, -1)[
        ~known].any()
    none = (known.flatten(1).sum(1) == 0).float().mean()
    everything = known.flatten(1).all(1).float().mean()
    assert abs(none - clicks.NONE) < 0.03 and abs(everything - clicks.ALL) < 0.006
    off = (hints[:, 1] + 20)[known]
    assert abs(off.mean()) < 1 and 0.7 * clicks.NOISE < off.std() < clicks.NOISE
    left, right = (hints[:, 0, :, side][known[:, :, side]] for side in (0, -1))
    assert abs(left.mean()) < 1.5 and abs(right.mean() - 60) < 1.5


@pytest.mark.parametrize("side", [1, 2, 3])
def test_a_click_stays_in_the_picture(side):
    ab = torch.rand(2, 5, 7)
    for x, y in ((0, 0), (0.999, 0.999), (0.5, 0)):
        hints = torch.zeros(3, 5, 7)
        clicks.click(hints, ab, x, y, side)
        assert hints[2].sum() == side**2
    torch.testing.assert_close(hints[:2][:, :side].sum((1, 2)), ab[:, :side, int(
        0.5 * (8 - side)):][:, :, :side].sum((1, 2)))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Weights of a training too short to have learned anything."""
    path = tmp_path_factory.mktemp("hints") / "hints.safetensors"
    training = train(TINY, Photos(samples().values()), initial=clicks.initial_weights(),
                     kind=clicks.HintTraining)
    clicks.save(training.finished(), clicks.recipe_of(training), path)
    return path


def test_a_file_holds_what_was_learned_and_no_more(file):
    assert file.stat().st_size < 1.3e6
    assert not [name for name in load_file(file) if not name.startswith(LEARNED)]
    colorizer = ByHints.from_pretrained(file)
    photo = sample("cat").resize((96, 64))
    plain, hinted = colorizer(photo), colorizer(photo, draw("#ff0000 20,20", photo.size))
    assert plain.size == hinted.size == (96, 64) and plain.tobytes() != hinted.tobytes()


def test_other_files_are_refused(file, tmp_path):
    for bad in (tmp_path / "none.safetensors", samples()["cat"],
                asset("course.safetensors")):
        with pytest.raises(ValueError, match="no such file|no weights of a network with hints"):
            ByHints.from_pretrained(bad)
    other = tmp_path / "other.safetensors"
    save_file(load_file(file), other, {"recipe": json.dumps({"course": "0" * 64, "size": 64})})
    with pytest.raises(ValueError, match="belongs to other weights"):
        ByHints.from_pretrained(other)


def test_more_clicks_of_the_same_places_are_measured(file):
    found = clicks.measure(ByHints.from_pretrained(file), [samples()["cat"], samples()["china"]])
    assert list(found) == [str(n) for n in clicks.MEASURED]
    for line in found.values():
        low, high = line["error_interval"]
        assert low <= line["error"] <= high
        assert line["error"] == pytest.approx(1.5 * (100 - line["auc"]), rel=0.01)


def test_the_shipped_network_hears_a_click_where_it_was_made():
    colorizer, photo = ByHints.from_pretrained(), sample("coffee").reduce(2)
    plain = rgb_to_lab(as_rgb(colorizer(photo)))
    hinted = rgb_to_lab(as_rgb(colorizer(photo, draw("#e05060 145,68", photo.size, width=6))))
    moved = (hinted - plain)[1:].norm(dim=0)
    assert moved[64:72, 140:150].mean() > 20  # in the cup
    assert moved[140:, 180:].mean() < 3 and moved[:20, :60].mean() < 3  # saucer and table
    assert colorizer.recipe["measured"]["50"]["error"] < colorizer.recipe["measured"]["0"]["error"]


def test_a_stroke_touches_the_cells_of_a_grid():
    """A dot is half an 80th of the long side wide on either side; later strokes lie above."""
    planes = on_grid("#ff0000 5,5", (640, 320), (8, 16))
    assert planes[2].nonzero().tolist() == [[0, 0]]
    corner = on_grid("#ff0000 79.5,79.5", (640, 320), (8, 16))
    assert corner[2].nonzero().tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]
    edge = on_grid("#ff0000 35,5\n#0000ff 45,5", (640, 320), (8, 16))
    red, blue = (rgb_to_lab(torch.tensor(c)[:, None, None])[1:, 0, 0]
                 for c in ([1.0, 0, 0], [0, 0, 1.0]))
    torch.testing.assert_close(edge[:2, 0, 0], red)
    torch.testing.assert_close(edge[:2, 0, 1], blue)
    line = on_grid("#ff0000 20,20 620,300", (640, 320), (8, 16))
    drawn = draw("#ff0000 20,20 620,300", (640, 320))
    touched = torch.tensor(np.asarray(drawn.getchannel("A").reduce(40)) > 0)
    assert (touched != line[2].bool()).sum() <= 2  # Pillow's pixels are not that exact
    with pytest.raises(ValueError, match="640,5 lies outside the photo, which has 640 x 320"):
        on_grid("#ff0000 640,5", (640, 320), (8, 16))


@pytest.mark.parametrize("base", ["course", "photo"])
def test_text_and_picture_of_the_same_hint_are_nearly_the_same(base):
    colorizer, photo = ByHints.from_pretrained(base=base), sample("coffee").reduce(2)
    text = "#e05060 145,68"
    written, drawn = (rgb_to_lab(as_rgb(colorizer(photo, hints)))
                      for hints in (text, draw(text, photo.size)))
    plain = rgb_to_lab(as_rgb(Colorizer.from_pretrained(base)(photo)))
    torch.testing.assert_close(as_rgb(colorizer(photo)), as_rgb(
        Colorizer.from_pretrained(base)(photo)), atol=2 / 255, rtol=0)
    assert (written - plain)[1:, 66:70, 143:147].norm(dim=0).mean() > 15
    assert (written - drawn)[1:].norm(dim=0).mean() < 3


def test_hints_need_a_network_of_distributions():
    with pytest.raises(ValueError, match="gives a distribution over the 313 bins"):
        ByHints(Hinted(1 / 64), 64, base=Colorizer(build("dahl", 0.25)))


def test_results_say_what_the_file_says():
    results = json.loads((ROOT / "results" / "hints.json").read_text(encoding="utf-8"))
    assert results["measured"] == ByHints.from_pretrained().recipe["measured"]
    assert results["weights"] == sha256(asset("hints.safetensors"))
