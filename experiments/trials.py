"""What is measured of one photograph for chapter 12; `limits_summary` makes figures of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from colorlib.color import lightness_of, rgb_to_lab
from colorlib.images import as_rgb, read_rgb, sample
from colorlib.inference import TEMPERATURE, Colorizer, annealed_mean
from colorlib.io.assets import asset
from colorlib.limits import calibration, failures, old_prints, skin
from colorlib.limits.conditions import CONDITIONS
from colorlib.limits.predictions import colors, resize_like
from colorlib.rebalancing import course_prior

FACES = asset("limits/faces.json")
T_GRID = torch.arange(TEMPERATURE, 1.8, 0.031)  # tried for the likelihood; 1 is among them
T_TABLES = (TEMPERATURE, *(round(0.7 + 0.1 * i, 1) for i in range(8)))  # for reliability
UNDECIDED = torch.tensor([4.0, 5.0, 5.5, 6.0])  # bits that part pixels into five classes
CELL = 32  # pixels, of the squares that photographs are cut into
SQUARE = 160  # pixels, of the middle that is cut up
# Columns of a row of `hues`: sums over the pixels of a picture. The first two are those of
# `failures.agreement`; "error" is the distance of predicted and true ab, "bits" the entropy.
HUES = ("agreement", "product of chromas", "pixels", "error", "true chroma", "chroma", "bits")


def _old(*steps: str) -> Callable[[Tensor, int], Tensor]:
    return lambda rgb, seed: old_prints.prepared(old_prints.aged(rgb, seed), steps)


# An old print and its mending, as what is done to a photograph before it is colored.
PRINTS: dict[str, Callable[[Tensor, int], Tensor]] = {
    **{f"only {name}": lambda rgb, seed, name=name: old_prints.aged(rgb, seed, [name])
       for name in ("faded", "stained", "grainy", "scratched")},
    "old": lambda rgb, seed: old_prints.aged(rgb, seed),
    **{f"old, {step} alone": _old(step) for step in old_prints.RECIPE},
    "old, prepared": _old(*old_prints.RECIPE),
    "old, prepared but for spots": _old("grain", "levels"),
    "old, prepared and evened out": _old("spots", "grain", "even", "levels"),
}


def hues(predicted: Tensor, truth: Tensor, bits: Tensor | None = None) -> Tensor:
    """The sums `HUES` of one picture, from its predicted and its true ab, both (2, H, W)."""
    chromas = [(predicted - truth).norm(dim=0), truth.norm(dim=0), predicted.norm(dim=0)]
    bits = torch.full_like(chromas[0], torch.nan) if bits is None else bits
    sums = torch.stack([x.double().sum() for x in (torch.ones_like(bits), *chromas, bits)])
    return torch.cat([failures.agreement(predicted, truth), sums])


def claims(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean -ln p of the true colors for each of `T_GRID`, reliability for each of `T_TABLES`."""
    few, some = ((logits[:, ::n, ::n], labels[::n, ::n]) for n in (4, 2))  # that will do
    losses = [calibration.negative_log_likelihood(*few, T) for T in T_GRID.tolist()]
    tables = [calibration.reliability(*some, T) for T in T_TABLES]
    return torch.stack(losses).double(), torch.stack(tables)


def measure(rgb: Tensor, seed: int, nets: dict[str, Colorizer], shift: Tensor) -> dict[str, Tensor]:
    """All rows of one photograph, by name."""
    course, prior = nets["course"], course_prior()
    logits, ab = colors(course, rgb)
    true, bits = calibration.true_ab(rgb, logits.shape[-2:]), calibration.entropy(logits)
    labels = calibration.labels_of(rgb, logits)
    error = (ab - true).norm(dim=0)
    rows = {"why": torch.stack([x.mean().double() for x in (
        error, bits, failures.surprise(true, prior))])}
    which = torch.bucketize(bits, UNDECIDED).flatten()
    rows["by entropy"] = torch.zeros(len(UNDECIDED) + 1, 3).index_add_(0, which, torch.stack(
        [torch.ones_like(error), error, true.norm(dim=0)], dim=-1).flatten(0, 1)).double()
    unbalanced = colors(nets["classification"], rgb)[0]
    for name, made in (("course", logits), ("course, weights divided out", logits - shift),
                       ("classification", unbalanced)):
        rows[f"loss {name}"], rows[f"tables {name}"] = claims(made, labels)
    rows["levels"] = lightness_of(rgb).quantile(torch.tensor([0.01, 0.99])).double()
    fine, truth = resize_like(ab, rgb.shape), rgb_to_lab(rgb)[1:]
    rows["one thing"] = failures.one_thing_two_colors(fine, truth, seed)
    inside = failures.two_sides(rgb)
    rows["bleeding"] = torch.tensor([float("nan")] * 3 if inside is None else [
        failures.bleeding(x, inside) for x in (fine, resize_like(true, rgb.shape), truth)]).double()
    rows |= texture(course, rgb)
    mean = (prior.float() @ course.bins)[:, None, None].expand_as(true)
    for name, condition in CONDITIONS.items():
        shown, meant = condition(rgb)
        answer, ab = colors(course, shown)
        meant = calibration.true_ab(meant, ab.shape[-2:])
        rows[f"condition {name}"] = hues(ab, meant, calibration.entropy(answer))
        rows[f"one color {name}"] = failures.agreement(mean, meant)
    for name, made in PRINTS.items():
        answer, ab = colors(course, made(rgb, seed))
        rows[f"print {name}"] = hues(ab, true, calibration.entropy(answer))
    rows["photos drawn"] = hues(colors(nets["drawn"], rgb, course.size)[1], true)
    return rows


def texture(colorizer: Colorizer, rgb: Tensor) -> dict[str, Tensor]:
    """What remains when the middle of a photograph is cut into squares and shuffled.

    Returns
    -------
    dict: the `hues` of "whole" and of "shuffled", each against the truth; and the agreement of
    "whole and shuffled" with each other, see `failures.agreement`.
    """
    top, left = ((n - SQUARE) // 2 for n in rgb.shape[-2:])
    middle = rgb[:, top : top + SQUARE, left : left + SQUARE]
    mixed, order = failures.shuffled(middle, CELL)
    whole, apart = (annealed_mean(colorizer.logits(x, SQUARE), colorizer.bins)
                    for x in (middle, mixed))
    apart, _ = failures.shuffled(apart, CELL // 4, order)
    true = calibration.true_ab(middle, whole.shape[-2:])
    return {"whole": hues(whole, true), "shuffled": hues(apart, true),
            "whole and shuffled": failures.agreement(apart, whole)}


def portraits(folder: Path | None) -> Iterator[tuple[str, str, Tensor, Tensor]]:
    """Pictures with skin: made-up, bundled, found in Imagenette; kind, name, RGB, mask of skin."""
    for number, code in enumerate(skin.MONK, 1):
        yield from (("made-up", f"tone {number}", *skin.head(code, seed)) for seed in range(20))
    for name, box in skin.FACES.items():
        photo = sample(name)
        rgb = as_rgb(photo.resize((256, 256 * photo.height // photo.width)))
        yield "bundled", name, rgb, skin.face_mask(rgb, box)
    faces = json.loads(FACES.read_text())
    for file, top, left, side in faces["faces: file, top, left, side"] if folder else []:
        rgb = read_rgb(folder / file).float() / 255
        height, width = rgb.shape[1:]
        box = ((top + 0.1 * side) / height, (top + 0.95 * side) / height,
               (left + 0.15 * side) / width, (left + 0.85 * side) / width)
        yield "found", file, rgb, skin.face_mask(rgb, box)
