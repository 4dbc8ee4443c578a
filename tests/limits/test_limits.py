"""Chapter 12's measures against cases whose answers are known, and the numbers that ship."""

import json

import numpy as np
import pytest
import torch
from conftest import ROOT
from PIL import Image

from colorlib import images
from colorlib.color import lab_to_rgb, rgb_to_lab
from colorlib.gamut import AbGamut
from colorlib.images import as_rgb, sample
from colorlib.io import downloads
from colorlib.io.assets import asset, results
from colorlib.limits import (
    calibration,
    conditions,
    drawings,
    failures,
    old_prints,
    predictions,
    skin,
)
from colorlib.rebalancing import course_prior, empirical_prior
from experiments import limits, limits_summary, photo_limits, trials

PHOTO = as_rgb(sample("china").resize((120, 80)))


def drawn_labels(logits):
    """Labels that keep every promise of the distributions: drawn from them."""
    p = logits.softmax(0).flatten(1).T
    return torch.multinomial(p, 1, generator=torch.Generator().manual_seed(0))[:, 0]


@pytest.fixture(scope="module")
def honest():
    logits = 3 * torch.randn(20, 30_000, generator=torch.Generator().manual_seed(1))
    return logits, drawn_labels(logits)


def test_the_likelihood_is_best_at_the_temperature_that_was_used(honest):
    logits, labels = honest
    for T in (0.4, 1.0, 1.6):
        losses = [calibration.negative_log_likelihood(logits * T, labels, tried)
                  for tried in trials.T_GRID.tolist()]
        assert trials.T_GRID[np.argmin(losses)].item() == pytest.approx(T, abs=0.05)


def test_ece_is_nil_for_honest_claims_and_large_for_boasts(honest):
    logits, labels = honest
    ece = {T: calibration.calibration_error(calibration.reliability(logits, labels, T)).item()
           for T in (1.0, 0.38)}
    assert ece[1.0] < 0.01 and ece[0.38] > 0.1
    whole = calibration.reliability(logits, labels)
    halves = [calibration.reliability(logits[:, i], labels[i]) for i in
              (slice(0, 10_000), slice(10_000, None))]
    assert torch.allclose(sum(halves), whole)  # it adds up over photographs
    assert whole[:, 0].sum() == len(labels)


def test_entropy_of_known_distributions():
    assert calibration.entropy(torch.zeros(313, 1, 1)).item() == pytest.approx(np.log2(313))
    sure = torch.zeros(313, 1, 1)
    sure[5] = 500
    assert calibration.entropy(sure).item() == pytest.approx(0, abs=1e-5)


def test_true_colors_are_found_at_the_size_of_the_answer():
    logits = torch.zeros(313, 20, 30)
    flat = as_rgb(np.full((80, 120, 3), (200, 40, 40), np.uint8))
    labels = calibration.labels_of(flat, logits)
    assert labels.shape == (20, 30)
    ab = rgb_to_lab(flat)[1:, :1, :1]
    assert (labels == AbGamut().nearest(ab).item()).all()


def test_surprise_is_least_for_gray():
    prior = course_prior()
    ab = torch.tensor([[0.0, 60.0], [0.0, -90.0]])[:, None]
    gray, rare = failures.surprise(ab, prior)[0]
    assert gray.item() == pytest.approx(-prior.max().log2().item()) and rare > gray + 5


def test_agreement_knows_right_opposite_and_unrelated():
    ab = torch.randn(2, 9, 9)
    for other, expected in ((3 * ab, 1), (-ab, -1), (torch.stack([-ab[1], ab[0]]), 0)):
        top, bottom = failures.agreement(other, ab)
        assert (top / bottom).item() == pytest.approx(expected, abs=1e-5)


def test_bleeding_of_sharp_blurred_and_flat():
    from scipy.ndimage import gaussian_filter

    inside = torch.zeros(64, 64, dtype=torch.bool)
    inside[16:48, 16:48] = True
    sharp = torch.stack([40.0 * inside, -30.0 * inside])
    blurred = torch.stack([torch.from_numpy(gaussian_filter(x.numpy(), 4)) for x in sharp])
    assert failures.bleeding(sharp, inside) == 0
    assert 0.1 < failures.bleeding(blurred, inside) < 0.5
    assert failures.bleeding(blurred, inside) == pytest.approx(
        failures.bleeding(blurred, ~inside))  # neither side is preferred
    assert np.isnan(failures.bleeding(torch.zeros(2, 64, 64), inside))
    assert np.isnan(failures.bleeding(sharp, torch.zeros_like(inside)))


def test_two_sides_finds_a_disk_and_nothing_in_gray():
    y, x = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
    disk = (x - 48) ** 2 + (y - 48) ** 2 < 24**2
    rgb = torch.where(disk, torch.tensor([0.8, 0.2, 0.1])[:, None, None],
                      torch.tensor([0.3, 0.5, 0.8])[:, None, None])
    found = failures.two_sides(rgb)
    assert (found != disk).float().mean() < 0.02
    assert failures.two_sides(torch.full((3, 32, 32), 0.5)) is None


def test_one_thing_in_two_colors_is_noticed_far_off_only():
    true = torch.full((2, 160, 160), 20.0)
    drift = true + torch.linspace(0, 40, 160)
    rows = failures.one_thing_two_colors(drift, true)
    near, middle, far = (rows[:, 1] / rows[:, 0]).tolist()
    assert near < middle < far and far > 15
    assert failures.one_thing_two_colors(true, true)[:, 1].sum() == 0
    assert failures.one_thing_two_colors(drift, torch.zeros_like(true)).sum() == 0  # all gray


def test_shuffling_comes_undone():
    picture = torch.rand(3, 64, 96)
    mixed, order = failures.shuffled(picture, 32)
    assert not torch.equal(mixed, picture)
    assert torch.equal(failures.shuffled(mixed, 32, order)[0], picture)


@pytest.mark.parametrize("name", conditions.CONDITIONS)
def test_conditions_are_pictures(name):
    shown, truth = conditions.CONDITIONS[name](PHOTO)
    assert shown.shape == truth.shape == PHOTO.shape
    assert shown.isfinite().all() and shown.min() >= 0 and shown.max() <= 1


def test_water_takes_red_first_and_night_is_dark():
    red, green, blue = conditions.underwater(torch.ones(3, 4, 4)).mean((1, 2))
    assert red < green < blue + 0.1 and red < 0.5
    assert conditions.night(PHOTO).mean() < 0.6 * PHOTO.mean()
    leaf = torch.tensor([0.2, 0.4, 0.1])[:, None, None].expand(3, 4, 4)
    sky = torch.tensor([0.4, 0.6, 0.9])[:, None, None].expand(3, 4, 4)
    assert conditions.infrared(leaf).mean() > conditions.infrared(sky).mean()


def test_an_old_print_is_sepia_faded_and_the_same_for_the_same_seed():
    print_ = old_prints.aged(PHOTO, seed=3)
    assert torch.equal(print_, old_prints.aged(PHOTO, seed=3))
    assert not torch.equal(print_, old_prints.aged(PHOTO, seed=4))
    L, a, b = rgb_to_lab(print_)
    assert b.mean() > 5 and a.mean() > 0
    assert L.quantile(0.01) > 20 > rgb_to_lab(PHOTO)[0].quantile(0.01)


def test_the_recipe_brings_a_print_nearer_to_what_it_was():
    L = rgb_to_lab(PHOTO)[0]
    for ages, steps in ((["faded"], ["levels"]), (["grainy"], ["grain"]),
                        (["grainy", "scratched"], ["spots", "grain"]),
                        (list(old_prints.AGES), list(old_prints.RECIPE))):
        old = old_prints.aged(PHOTO, 0, ages)
        off = [(rgb_to_lab(x)[0] - L).abs().mean().item() for x in
               (old, old_prints.prepared(old, steps))]
        assert off[1] < off[0], ages
    assert rgb_to_lab(old_prints.prepared(old))[1:].abs().max() < 0.1  # gray


def test_any_kind_of_picture_is_prepared_and_stays_of_its_kind():
    old = old_prints.aged(PHOTO)
    wanted = old_prints.prepared(old)
    picture = images.like(old, None, sample("china"))
    clear = picture.copy()
    clear.putalpha(100)
    for made in (old_prints.prepared(picture), old_prints.prepared(clear),
                 old_prints.prepared(np.asarray(picture))):
        rgb, alpha = images.rgb_and_alpha(made)
        assert (rgb - wanted).abs().mean() < 0.01  # a byte has 256 steps, and a spot may be none
        assert alpha is None or (alpha == 100 / 255).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 30), (3, 2)])
@pytest.mark.parametrize("mode", ["L", "RGBA", "I;16", "1"])
def test_tiny_pictures_are_prepared_too(size, mode):
    picture = Image.new(mode, size)
    assert old_prints.prepared(picture).size == size
    assert not old_prints.is_toned(picture)


def test_grain_is_removed_in_strips_as_in_one_piece():
    L = rgb_to_lab(old_prints.aged(PHOTO, 0, ["grainy"]))[0].numpy()
    whole = old_prints.STEPS["grain"](L, rows=len(L))
    assert np.abs(whole - L).mean() > 0.5
    np.testing.assert_allclose(old_prints.STEPS["grain"](L, rows=17), whole, atol=1e-3)


def test_a_tint_is_told_from_color_and_from_gray():
    for name in images.samples():
        photo = as_rgb(sample(name).resize((120, 80)))
        assert not old_prints.is_toned(photo), name
        assert not old_prints.is_toned(photo.mean(0)), name
        assert old_prints.is_toned(old_prints.aged(photo)), name
    print_ = old_prints.aged(PHOTO)
    half = torch.cat([print_, PHOTO], dim=-1)
    assert not old_prints.is_toned(half)
    assert {name for name, path in old_prints.real().items() if old_prints.is_toned(path)} == {
        "brothers", "expedition", "librarian"}
    large = images.like(print_, None, sample("china")).resize((1200, 800))
    for picture in (large.convert("RGBA"), large.quantize(200)):  # a look at few of its pixels
        assert old_prints.is_toned(picture), picture.mode


def test_drawings_are_flat_and_vivid():
    pictures = [drawings.drawing(i) for i in range(6)]
    assert torch.equal(pictures[0], drawings.drawing(0))
    assert not torch.equal(pictures[0], pictures[1])
    own = empirical_prior(pictures)
    vivid = AbGamut().bins.norm(dim=1) >= 20
    assert own[vivid].sum() > 2 * course_prior()[vivid].sum()


def test_the_drawn_network_knows_drawings_it_has_not_seen():
    colorizer = predictions.drawn_colorizer()
    sums = sum(trials.hues(predictions.colors(colorizer, picture, drawings.SIDE)[1],
                           calibration.true_ab(picture, (32, 32)))
               for picture in (drawings.drawing(i).float() / 255 for i in range(8)))
    assert sums[0] / sums[1] > 0.7
    assert sums[3] < 0.6 * sums[4]  # less than half the error of gray, nearly


def test_ita_and_its_groups():
    assert skin.ita(torch.tensor(50.0), torch.tensor(10.0)).item() == 0
    assert skin.group_of(60) == "very light" and skin.group_of(0) == "brown"
    assert skin.group_of(-80) == "dark"
    found = []
    for code in skin.MONK:
        rgb, mask = skin.head(code, 1)
        assert rgb.shape == (3, 160, 160) and mask.sum() > 500
        L, _, b = rgb_to_lab(rgb)[:, mask].mean(1)
        found.append(skin.ita(L, b).item())
    assert found[0] > 40 and found[-1] < -30 and max(found[5:]) < min(found[:5])


def test_bundled_faces_are_found():
    for name, box in skin.FACES.items():
        rgb = as_rgb(sample(name))
        L, a, b = rgb_to_lab(rgb)[:, skin.face_mask(rgb, box)]
        assert L.mean() > 50 and a.mean() > 3 and b.mean() > 10


def test_interval_holds_the_value_and_narrows():
    rows = torch.randn(400, 1, generator=torch.Generator().manual_seed(0)).double() + 5
    wide, narrow = (limits_summary.interval(rows[:n], torch.mean) for n in (40, 400))
    for value, low, high in (wide, narrow):
        assert low < value < high
    assert narrow[2] - narrow[1] < 0.6 * (wide[2] - wide[1])


def test_measuring_goes_on_where_it_stopped_and_adds_up(tmp_path, monkeypatch):
    """Five photographs in two goes are measured as in one, each once."""
    names = ["china", "cat", "coffee"]
    paths = []
    for name in names:
        paths.append(tmp_path / f"{name}.png")
        sample(name).resize((240, 170)).save(paths[-1])
    calls = []

    def fake(rgb, seed, nets, shift):
        calls.append(seed)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return {"why": rgb.mean((1, 2)).double()}

    monkeypatch.setattr(limits, "measure", fake)
    monkeypatch.setattr(limits, "KEEP_EVERY", 1)
    nets, state = {"course": predictions.drawn_colorizer()}, tmp_path / "state.safetensors"
    with pytest.raises(KeyboardInterrupt):
        limits.all_rows(paths, nets, torch.zeros(1), state)
    rows = limits.all_rows(paths, nets, torch.zeros(1), state)
    assert len(calls) == 4 and rows["why"].shape == (3, 3)
    assert torch.equal(rows["why"], limits.all_rows(paths, nets, torch.zeros(1), state)["why"])


def test_what_ships_is_what_was_measured():
    found = json.loads((ROOT / "results" / "limits.json").read_text())
    assert found == results("limits/limits")
    for name, file in (("course", "course.safetensors"), ("drawn", "drawn.safetensors"),
                       ("classification", "table/classification.safetensors")):
        assert found["weights"][name] == downloads.sha256(asset(file)), name
    assert found["command"] and found["T"] == 0.38


def test_gray_pixels_are_counted_by_tone_and_by_their_tint():
    def lab(L, a, b):
        return lab_to_rgb(torch.tensor([L, a, b])[:, None, None].expand(3, 2, 4))

    truth = torch.cat([lab(20.0, 0.0, 0.0), lab(90.0, 2.0, 2.0), lab(50.0, 20.0, 0.0)], dim=-1)
    made = torch.cat([lab(20.0, 4.0, 3.0), lab(90.0, 0.0, 12.0), lab(50.0, 0.0, 0.0)], dim=-1)
    everything, dark, middle, white = photo_limits.gray_sums(truth, made).tolist()
    assert dark == pytest.approx([8 * 5, 0, 8], abs=0.1)
    assert white == pytest.approx([8 * 12, 8, 8], abs=0.1)
    assert middle == [0, 0, 0]  # red in truth
    assert everything == pytest.approx([8 * 17, 8, 16], abs=0.2)


def test_colors_flicker_only_with_the_grain():
    scene = as_rgb(sample("cat").resize((32, 24)))

    def by_lightness(rgb):
        return torch.stack([rgb[0], rgb[1] * 0.8, rgb[2] * 0.5])

    assert failures.flicker(by_lightness, scene, 0.0) == 0
    little, much = (failures.flicker(by_lightness, scene, grain) for grain in (1.0, 8.0))
    assert 0 < little < much
    assert failures.flicker(lambda rgb: torch.full_like(rgb, 0.5), scene, 8.0) == 0


def test_real_old_photographs_have_credits():
    credits = (asset("old_photos") / "CREDITS.md").read_text("utf-8")
    assert len(old_prints.real()) >= 4
    for path in old_prints.real().values():
        line = next(line for line in credits.splitlines() if line.startswith(f"| {path.name} "))
        assert "license" in credits and any(
            words in line for words in ("public domain", "CC BY", "no known copyright"))
        assert max(as_rgb(images.open_photo(path)).shape) <= 512
