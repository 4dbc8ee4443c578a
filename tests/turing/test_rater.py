"""The machine that takes the Turing test: it learns what can be learned, and only that."""

import json

import pytest
import torch
from conftest import ROOT

from colorlib import Colorizer
from colorlib.images import sample
from colorlib.turing.pairs import make_pairs
from colorlib.turing.rater import HANDICAPS, Rater, scores, what_gives_it_away
from experiments.rater import METHODS, colorized_versions, labeled_real, main, train_rater

RESULTS = json.loads((ROOT / "results" / "turing.json").read_text())


def noise(seed, n=16):
    return torch.randint(256, (n, 3, 160, 160), generator=torch.Generator().manual_seed(seed),
                         dtype=torch.uint8)


def test_a_rater_learns_a_tint_and_sees_it_on_other_pictures():
    real = noise(0)
    tinted = real.clone()
    tinted[:, 0] = tinted[:, 0] // 2
    rater = train_rater({"real": real} | dict.fromkeys(METHODS, tinted), steps=25, batch=8)
    other = noise(1)
    dark = other.clone()
    dark[:, 0] = dark[:, 0] // 2
    assert labeled_real(scores(rater, other), scores(rater, dark))[0] < 0.1


def test_without_color_nothing_can_tell():
    rater, photo = Rater.from_pretrained(), noise(2, 4)
    gray = scores(rater, photo, "color")
    lab_only = HANDICAPS["color"](torch.rand(1, 3, 8, 8))
    assert (lab_only[:, 1:] == 0).all() and gray.shape == (4,)


def test_scores_as_good_as_equal_count_as_a_guess():
    assert labeled_real(torch.zeros(10), torch.zeros(10)) == [0.5, 0.5, 0.5]
    assert labeled_real(torch.zeros(10), torch.full((10,), 2e-5)) == [0.5, 0.5, 0.5]
    assert labeled_real(torch.zeros(4), torch.tensor([0.02, 0.02, -0.02, 0.0]))[0] == 0.625


def test_versions_keep_the_lightness_and_random_has_another_photos_color():
    from colorlib.color import rgb_to_lab
    from colorlib.images import as_rgb, center

    photos = [(center(as_rgb(sample(n).resize((240, 200))), 160) * 255).byte()
              for n in ("cat", "coffee", "china")]
    versions = colorized_versions(photos, Colorizer.from_pretrained())
    lab = {name: rgb_to_lab(v.float() / 255) for name, v in versions.items()}
    assert set(versions) == {"real", *METHODS}
    for name in METHODS:
        assert (lab[name][:, 0] - lab["real"][:, 0]).abs().mean() < 1
    cat, coffee = (lab["real"][i, 1:].mean((-2, -1)) for i in (0, 1))
    lent = lab["random"][1, 1:].mean((-2, -1))
    assert (lent - cat).norm() < (lent - coffee).norm()


def test_truth_put_back_in_one_patch_moves_the_score_there_only():
    rater = Rater.from_pretrained()
    pair = make_pairs(pairs=2, catch=0, methods={"course": 0.38})[0]
    real = torch.nn.functional.interpolate(pair.real[None], 112, mode="area")[0]
    fake = real.clone()
    fake[0, :16, :16] = 1 - fake[0, :16, :16]
    cost = what_gives_it_away(rater, real, fake)
    assert cost.shape == (7, 7)
    assert cost.flatten()[1:].abs().max() < 1e-5 < cost[0, 0].abs()


def test_shipped_results_are_those_of_the_file_and_of_the_shipped_colorizer():
    """`make rater` wrote both; after new weights of the colorizer it has to run again."""
    from colorlib.io.downloads import sha256

    shipped = Rater.from_pretrained()
    assert shipped.results == RESULTS
    assert RESULTS["colorizer"] == sha256(ROOT / "colorlib" / "assets" / "course.safetensors")
    assert (ROOT / "colorlib" / "assets" / "rater.safetensors").stat().st_size < 300_000


def test_results_are_as_the_chapter_tells_them():
    """Random, which people find out best, fools the machine best; a tint alone gives others away;
    and without color nothing can tell."""
    sharp, coarse = (RESULTS["labeled_real"][who] for who in ("sharp", "coarse"))
    for found in (sharp["nothing"], coarse["nothing"]):
        assert all(found["random"][1] > found[m][2] for m in METHODS if m != "random")
    assert all(sharp["place of color"][m][2] < 0.5 for m in METHODS if m != "random")
    for found in (sharp["color"], coarse["color"]):
        assert all(abs(share - 0.5) < 0.05 for share, *_ in found.values())


def test_shipped_rater_does_as_reported_on_other_photographs(imagenette, tmp_path):
    """100 photographs of the train split: the shares of the report, within what sampling allows."""
    from colorlib.data import find_photos
    from experiments.rater import squares

    paths = find_photos(imagenette.parent / "train")[::90]
    versions = colorized_versions(squares(paths)[:80], Colorizer.from_pretrained())
    rater = Rater.from_pretrained()
    real = scores(rater, versions["real"])
    for name in METHODS:
        share = labeled_real(real, scores(rater, versions[name]))[0]
        reported = RESULTS["labeled_real"]["sharp"]["nothing"][name][0]
        assert share == pytest.approx(reported, abs=0.18)


def test_the_command_writes_weights_and_results(tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("cat", "coffee", "china", "flower"):
        sample(name).save(photos / f"{name}.jpg")
    weights, report = tmp_path / "r.safetensors", tmp_path / "r.json"
    assert main(["--data", str(photos), "--photos", "4", "--steps", "20", "--weights",
                 str(weights), "-o", str(report)]) == 0
    found = json.loads(report.read_text())
    assert set(found["labeled_real"]) == {"sharp", "coarse", "mean chroma"}
    assert Rater.from_pretrained(coarse=True, path=weights).results == found
    assert "labeled real" in capsys.readouterr().out
