"""Where the network fails, measured: ``python -m colorlib.limits`` (chapter 12).

Every figure is a sum over photographs, or a ratio of such sums, with the 95% interval of a
bootstrap over the photographs. What was measured ships with the package: see `committed`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from zlib import crc32

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from tqdm import tqdm

from . import calibration, drawings, failures, skin
from .checkpoints import save_atomically, save_weights
from .color import rgb_to_lab
from .conditions import CONDITIONS
from .data import find_photos, imagenette, sha256
from .files import write_text
from .gamut import gamut_bins
from .images import read_rgb
from .inference import TEMPERATURE, Colorizer
from .rebalancing import class_weights, course_prior, empirical_prior
from .training import train
from .trials import (
    CELL,
    PRINTS,
    SQUARE,
    T_GRID,
    T_TABLES,
    UNDECIDED,
    colors,
    hues,
    larger,
    measure,
    portraits,
)

ASSETS = Path(str(files("colorlib") / "assets"))
DRAWN = ASSETS / "drawn.safetensors"
DRAWS = 1000  # bootstrap samples
KEEP_EVERY = 20  # photographs


def committed() -> dict:
    """What was measured for the weights that ship: `results/limits.json`."""
    return json.loads((ASSETS / "limits" / "limits.json").read_text(encoding="utf-8"))


def interval(rows: Tensor, statistic: Callable[[Tensor], Tensor]) -> list[float]:
    """A statistic of rows, one a photograph, and the ends of its 95% bootstrap interval.

    Parameters
    ----------
    rows : tensor, shape (n, ...). statistic : takes such rows, gives a number.
    """
    picks = torch.randint(len(rows), (DRAWS, len(rows)), generator=torch.Generator().manual_seed(0))
    drawn = torch.stack([torch.as_tensor(statistic(rows[pick])).double() for pick in picks])
    ends = drawn.nanquantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return [float(f"{x:.5g}") for x in (float(statistic(rows)), *ends)]


def figures(rows: Tensor) -> dict[str, list[float]]:
    """From rows of `hues`, (n, 7): agreement of hues, ab error, that of gray, chroma, entropy."""
    parts = {"agreement": (0, 1), "error": (3, 2), "gray error": (4, 2), "chroma": (5, 4),
             "bits": (6, 2)}
    made = {name: interval(rows, lambda r, a=a, b=b: r[:, a].sum() / r[:, b].sum())
            for name, (a, b) in parts.items()}
    return {name: values for name, values in made.items() if values[0] == values[0]}


def ratio(rows: Tensor) -> Tensor:
    """Of rows of sums, (n, 2): all of the first by all of the second."""
    return rows[:, 0].sum() / rows[:, 1].sum()


def change(new: Tensor, old: Tensor, by: str) -> dict[str, list[float]]:
    """From rows of `hues` for the same photographs: what changed, photograph by photograph."""
    both = torch.stack([new, old], dim=1)
    return {f"change of {name} by {by}": interval(both, lambda r, a=a, b=b: (
        r[:, 0, a].sum() / r[:, 0, b].sum() - r[:, 1, a].sum() / r[:, 1, b].sum()))
        for name, a, b in (("agreement", 0, 1), ("error", 3, 2))}


def rank_correlation(pairs: Tensor) -> Tensor:
    """Spearman's rank correlation of the two columns of (n, 2)."""
    ranks = pairs.argsort(0).argsort(0).double()
    return torch.corrcoef(ranks.T)[0, 1]


def calibrated(loss: Tensor, tables: Tensor) -> dict:
    """Temperature by likelihood on even-numbered photographs, what it brings on the others."""
    fit, loss, tables = loss[::2], loss[1::2], tables[1::2]
    fitted = interval(fit, lambda rows: T_GRID[rows.mean(0).argmin()])
    found = {"T": fitted, "by T": {}}
    for T in (1.0, fitted[0], TEMPERATURE):
        near = min(range(len(T_TABLES)), key=lambda i, T=T: abs(T_TABLES[i] - T))
        at, table = (T_GRID - T_TABLES[near]).abs().argmin(), tables[:, near]
        count, confidence, right = table.sum(0).unbind(-1)
        found["by T"][f"{T_TABLES[near]:g}"] = {
            "ece": interval(table, lambda rows: calibration.calibration_error(rows.sum(0))),
            "loss": interval(loss[:, at], torch.mean),
            "confidence": interval(table, lambda r: r[..., 1].sum() / r[..., 0].sum()),
            "right": interval(table, lambda r: r[..., 2].sum() / r[..., 0].sum()),
            "diagram: share of pixels, confidence, right": [
                [float(f"{x:.4g}") for x in (n / count.sum(), c / n, r / n)]
                for n, c, r in zip(count, confidence, right, strict=True) if n]}
    return found


def summarized(rows: dict[str, Tensor]) -> dict:
    """The figures of chapter 12 from all photographs' rows, each (n, ...)."""
    why, part = rows["why"], rows["by entropy"]
    split = [0.0, *UNDECIDED.tolist(), 8.3]
    edges = rows["bleeding"][~rows["bleeding"].isnan().any(1)]  # of photographs that have one
    return {
        "why": {
            "rank correlation of error with": {
                "entropy": interval(why[:, [0, 1]], rank_correlation),
                "surprise by the prior": interval(why[:, [0, 2]], rank_correlation)},
            "entropy, bits": interval(why[:, 1], torch.mean),
            "by entropy": {f"{split[i]:g} to {split[i + 1]:g} bits": {
                "pixels": interval(part, lambda r, i=i: r[:, i, 0].sum() / r[:, :, 0].sum()),
                "error": interval(part[:, i], lambda r: r[:, 1].sum() / r[:, 0].sum()),
                "gray error": interval(part[:, i], lambda r: r[:, 2].sum() / r[:, 0].sum())}
                for i in range(len(split) - 1)}},
        "calibration": {name: calibrated(rows[f"loss {name}"], rows[f"tables {name}"]) for name in
                        ("course", "course, weights divided out", "classification")},
        "levels": dict(zip(("black", "white"), rows["levels"].median(0)[0].tolist(), strict=True)),
        f"cut into squares of {CELL} pixels": {
            "whole": figures(rows["texture"][:, :7]),
            "shuffled": figures(rows["texture"][:, 7:14]),
            "agreement of the two": interval(rows["texture"][:, 14:], ratio),
            **change(rows["texture"][:, 7:14], rows["texture"][:, :7], "shuffling")},
        "one thing, two colors": {f"{a} to {b} pixels apart": {
            name: interval(rows["one thing"][:, i], lambda r, k=k: r[:, k].sum() / r[:, 0].sum())
            for k, name in ((1, "predicted"), (2, "true"))}
            for i, (a, b) in enumerate(failures.DISTANCES)},
        "bleeding": {"photos": len(edges), **{
            name: interval(edges[:, i], torch.mean) for i, name in enumerate(
                ("predicted", "true at the network's size", "true"))}},
        "conditions": {name: figures(rows[f"condition {name}"]) | {
            "agreement of one color": interval(rows[f"one color {name}"], ratio)}
            for name in CONDITIONS} | change(
                rows["condition infrared"], rows["condition as it is"], "infrared"),
        "old prints": {name: figures(rows[f"print {name}"]) for name in PRINTS} | {
            **change(rows["print old, prepared"], rows["print old"], "preparing"),
            **change(rows["print old, prepared"], rows["print old, prepared but for spots"],
                     "mending spots")},
    }


def drawn_figures(nets: dict[str, Colorizer], photos: Tensor) -> dict:
    """Drawings against photographs: how their colors are spread, and each network on each."""
    pictures = [drawings.drawing(i).float() / 255 for i in range(drawings.HELD_OUT)]
    prior, own = course_prior(), empirical_prior(pictures)
    floor = prior[prior > 0].min()
    vivid = gamut_bins().norm(dim=1) >= 20
    true = [calibration.true_ab(x, (drawings.SIDE // 4,) * 2) for x in pictures]
    on = {name: figures(torch.stack([hues(colors(net, x, drawings.SIDE)[1], t) for x, t in zip(
        pictures, true, strict=True)])) for name, net in nets.items() if name != "classification"}
    return {
        "bits a color": {
            "photographs, by their prior": float(-(prior * prior.clamp(min=floor).log2()).sum()),
            "drawings, by photographs' prior": float(-(own * prior.clamp(min=floor).log2()).sum()),
            "drawings, by their own": float(-(own * own.clamp(min=1e-12).log2()).sum())},
        "share with chroma 20 or more": {"photographs": float(prior[vivid].sum()),
                                         "drawings": float(own[vivid].sum())},
        "on drawings": on, "on photographs": {"drawn": figures(photos)}}


def skin_figures(colorizer: Colorizer, folder: Path | None) -> dict:
    """Colors that skin is given: by tone of made-up heads, by ITA group of what was found."""
    kinds: dict[str, dict[str, list[Tensor]]] = {}
    left_out = 0
    for kind, name, rgb, mask in portraits(folder):
        L, *ab = rgb_to_lab(rgb)[:, mask]
        ab = torch.stack(ab)
        if kind == "found" and (ab.mean(1).norm() < 5 or len(L) < 100):
            left_out += 1
            continue
        made = larger(colors(colorizer, rgb)[1], rgb.shape)[:, mask]
        if kind == "found":
            name = skin.group_of(skin.ita(L.mean(), ab[1].mean()).item())
        rows = kinds.setdefault(kind, {}).setdefault(name, [])
        rows.append(torch.cat([hues(made, ab), made.mean(1).double(), ab.mean(1).double()]))
    found: dict = {"found, but gray or with too little skin": left_out}
    if "found" in kinds:  # from light to dark
        kinds["found"] = {name: kinds["found"][name] for name, _ in skin.GROUPS
                          if name in kinds["found"]}
    for kind, groups in kinds.items():
        found[kind] = {}
        for group, rows in groups.items():
            stacked = torch.stack(rows)
            mean = [round(x, 1) for x in stacked[:, 7:].mean(0).tolist()]
            found[kind][group] = {"pictures": len(rows), "mean predicted ab": mean[:2],
                                  "mean true ab": mean[2:], **figures(stacked[:, :7])}
    return found


def all_rows(paths: list[Path], nets: dict[str, Colorizer], shift: Tensor, state: Path) -> dict:
    """Rows of all photographs, (n, ...) each; goes on from `state` if it was stopped before."""
    key = json.dumps([[path.name for path in paths],
                      [net.network.model8[-1].weight.sum().item() for net in nets.values()]])
    rows: dict[str, Tensor] = {}
    try:
        with safe_open(state, "pt") as file:
            if file.metadata()["key"] == key:
                rows = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError):
        pass  # there is none, or it is torn: from the start
    done = len(rows["why"]) if rows else 0
    fresh = []
    for i in tqdm(range(done, len(paths)), initial=done, total=len(paths), unit=" photos"):
        seed = crc32(paths[i].name.encode())  # the same for a photograph, whichever go with it
        fresh.append(measure(read_rgb(paths[i], SQUARE).float() / 255, seed, nets, shift))
        if len(fresh) == KEEP_EVERY or i + 1 == len(paths):
            rows = {name: torch.cat([*([rows[name]] if name in rows else []),
                                     torch.stack([row[name] for row in fresh])])
                    for name in fresh[0]}
            save_atomically(rows, {"key": key}, state)
            fresh = []
    return rows


def drawn_colorizer() -> Colorizer:
    """The network that has seen drawings only."""
    return Colorizer.from_pretrained(str(DRAWN))


def train_drawn() -> None:
    """Train the network that knows drawings only, from nothing."""
    seen = range(drawings.HELD_OUT, drawings.HELD_OUT + drawings.TRAINING)
    made = train(drawings.RECIPE, [drawings.drawing(i) for i in tqdm(seen, unit=" drawings")])
    save_weights(made, DRAWN, data=f"{len(seen)} drawings of colorlib.drawings")


def main(argv=None) -> int:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(prog="python -m colorlib.limits", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder; default: Imagenette's val split")
    parser.add_argument("--photos", type=int, default=48, help="so many, evenly spread over it")
    parser.add_argument("--train", action="store_true", help="train the drawn network anew")
    parser.add_argument("--state", type=Path, default=Path("training/limits.safetensors"),
                        help="for what is not finished; default: %(default)s")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/limits.json"))
    options = parser.parse_args(argv)
    start = time.process_time()
    if options.train:
        train_drawn()
    folder = options.data or imagenette("val")
    paths = find_photos(folder)
    paths = [paths[i * len(paths) // options.photos] for i in range(options.photos)]
    weights = {"course": ASSETS / "course.safetensors", "drawn": DRAWN,
               "classification": ASSETS / "table" / "classification.safetensors"}
    nets = {name: Colorizer.from_pretrained(str(path)) for name, path in weights.items()}
    # What the rebalanced loss and the last touch of the recipe have multiplied p by.
    recipe, prior = nets["course"].recipe, course_prior()
    shift = sum(class_weights(prior, lam).log() for lam in (
        recipe["finish"], recipe["stages"][-1]["lam"]))[:, None, None].float()
    rows = all_rows(paths, nets, shift, options.state)
    found = {
        "command": " ".join(["python -m colorlib.limits", *sys.argv[1:]]),
        "torch": torch.__version__, "device": "cpu",
        "photographs": f"{len(paths)} of {options.data or 'Imagenette2-160, val'}: of the paths in "
                       f"order, number i * {len(find_photos(folder))} // {len(paths)}",
        "weights": {name: sha256(path) for name, path in weights.items()},
        "T": TEMPERATURE, "bootstrap": f"{DRAWS} draws of photographs, 95%; value, low, high",
        **summarized(rows),
        "drawings": drawn_figures(nets, rows["photos drawn"]),
        "skin": skin_figures(nets["course"], None if options.data else folder),
        "seconds of CPU, of the last run": round(time.process_time() - start),
    }
    write_text(json.dumps(found, indent=1) + "\n", options.output)
    print(f"wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
