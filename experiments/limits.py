"""Where the network fails, measured: ``python -m experiments.limits`` (chapter 12).

Every figure is a sum over photographs, or a ratio of such sums, with the 95% interval of a
bootstrap over the photographs. What was measured ships with the package, as
``colorlib/assets/limits/limits.json``.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor
from tqdm import tqdm

from colorlib.color import rgb_to_lab
from colorlib.data import find_photos
from colorlib.gamut import gamut_bins
from colorlib.images import read_rgb
from colorlib.inference import TEMPERATURE, Colorizer
from colorlib.io.assets import asset
from colorlib.io.datasets import imagenette
from colorlib.io.downloads import sha256
from colorlib.io.files import load_cached, save_atomically, write_text
from colorlib.limits import calibration, drawings, skin
from colorlib.limits.predictions import DRAWN, colors, resize_like
from colorlib.metrics import DRAWS
from colorlib.rebalancing import class_weights, course_prior, empirical_prior
from colorlib.training import train
from experiments.limits_summary import figures, summarized
from experiments.trials import SQUARE, hues, measure, portraits

KEEP_EVERY = 20  # photographs


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
    kinds: dict[str, dict[str, list[tuple[Tensor, Tensor]]]] = {}  # sums, mean colors
    left_out = 0
    for kind, name, rgb, mask in portraits(folder):
        L, *ab = rgb_to_lab(rgb)[:, mask]
        ab = torch.stack(ab)
        if kind == "found" and (ab.mean(1).norm() < 5 or len(L) < 100):
            left_out += 1
            continue
        made = resize_like(colors(colorizer, rgb)[1], rgb.shape)[:, mask]
        if kind == "found":
            name = skin.group_of(skin.ita(L.mean(), ab[1].mean()).item())
        rows = kinds.setdefault(kind, {}).setdefault(name, [])
        rows.append((hues(made, ab), torch.stack([made.mean(1), ab.mean(1)]).double()))
    found: dict = {"found, but gray or with too little skin": left_out}
    if "found" in kinds:  # from light to dark
        kinds["found"] = {name: kinds["found"][name] for name, _ in skin.GROUPS
                          if name in kinds["found"]}
    for kind, groups in kinds.items():
        found[kind] = {}
        for group, rows in groups.items():
            sums, means = map(torch.stack, zip(*rows, strict=True))
            predicted, true = ([round(x, 1) for x in ab] for ab in means.mean(0).tolist())
            found[kind][group] = {"pictures": len(rows), "mean predicted ab": predicted,
                                  "mean true ab": true, **figures(sums)}
    return found


def all_rows(paths: list[Path], nets: dict[str, Colorizer], shift: Tensor, state: Path) -> dict:
    """Rows of all photographs, (n, ...) each; goes on from `state` if it was stopped before."""
    key = json.dumps([[path.name for path in paths],
                      [net.network.model8[-1].weight.sum().item() for net in nets.values()]])
    rows, _ = load_cached(state, key)
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


def train_drawn() -> None:
    """Train the network that knows drawings only, from nothing."""
    seen = range(drawings.HELD_OUT, drawings.HELD_OUT + drawings.TRAINING)
    made = train(drawings.RECIPE, [drawings.drawing(i) for i in tqdm(seen, unit=" drawings")])
    made.save_weights(DRAWN, data=f"{len(seen)} drawings of colorlib.limits.drawings")


def main(argv=None) -> int:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(prog="python -m experiments.limits", description=__doc__)
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
    weights = {"course": asset("course.safetensors"), "drawn": DRAWN,
               "classification": asset("table/classification.safetensors")}
    nets = {name: Colorizer.from_pretrained(str(path)) for name, path in weights.items()}
    # What the rebalanced loss and the last touch of the recipe have multiplied p by.
    recipe, prior = nets["course"].recipe, course_prior()
    shift = sum(class_weights(prior, lam).log() for lam in (
        recipe["finish"], recipe["stages"][-1]["lam"]))[:, None, None].float()
    rows = all_rows(paths, nets, shift, options.state)
    found = {
        "command": " ".join(["python -m experiments.limits", *sys.argv[1:]]),
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
