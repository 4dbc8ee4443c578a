"""Skin, grays, night and snow: ``python -m experiments.photo_limits FOLDER`` (chapters 12 and 12b).

What chapter 12b measures of the course's own network on skin, for the network for any photograph;
and both on what is gray in truth, at night and in snow. FOLDER holds ``photos/SOURCE/`` and
``imagenette2-160/val``; neither network was trained on the photographs that are taken. Writes
results/photo_limits.json.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from torch import Tensor

from colorlib.color import rgb_to_lab
from colorlib.evaluation.provenance import processor
from colorlib.inference import TEMPERATURE, Colorizer
from colorlib.io.assets import asset, results
from colorlib.io.downloads import sha256
from colorlib.io.files import write_text
from experiments.held_out import NAMES, Tally, in_color
from experiments.limits import skin_figures
from experiments.limits_summary import interval, ratio
from experiments.old_prints import collections

GRAY = 5.0  # ab units: a pixel with less chroma counts as gray here
TINTED = 10.0  # ab units: with more, anybody sees a color
TONES = {"dark, L below 35": (0, 35), "middle": (35, 80), "white, L from 80": (80, 101)}
# Chosen by eye among the photographs that neither network was trained on: the darkest of them that
# show the open air at night, and the palest that show snow or ice.
NIGHT = ("n01440764_5361", "n01440764_6380", "n01440764_6432", "n01440764_6990", "n01440764_9031",
         "n01440764_9152", "n01440764_12620", "n03028079_9160", "n03028079_10410",
         "n03028079_21762", "n03028079_35160", "n03417042_3242", "n03425413_13232")
SNOW = ("00207", "00788", "01236", "02059", "02127", "02673", "02977", "03254", "04589")


def scenes(folder: Path) -> dict[str, list[Path]]:
    """The photographs at night and in snow."""
    val = folder / "imagenette2-160" / "val"
    return {"night": [val / name.partition("_")[0] / f"{name}.JPEG" for name in NIGHT],
            "snow": [folder / "photos" / "intel_scenes" / f"{name}.jpg" for name in SNOW]}


def gray_sums(rgb: Tensor, colored: Tensor) -> Tensor:
    """Of the pixels that are gray in truth, by tone: their chroma, the tinted ones, their number.

    Parameters
    ----------
    rgb, colored : tensors, shape (3, H, W), in [0, 1]: the photograph, and as colored.

    Returns
    -------
    tensor, shape (1 + len(TONES), 3): all tones together, then each.
    """
    L, *ab = rgb_to_lab(rgb)
    gray = torch.stack(ab).norm(dim=0) < GRAY
    made = rgb_to_lab(colored)[1:].norm(dim=0)
    where = [gray, *(gray & (least <= L) & (most > L) for least, most in TONES.values())]
    return torch.stack([torch.stack([made[at].sum(), (made[at] > TINTED).sum(), at.sum()])
                        for at in where]).double()


def grays(nets: dict[str, Colorizer], paths: list[Path]) -> dict:
    """Mean chroma, and the tinted share, of what is gray in truth; with 95% intervals."""
    rows: dict[str, list[Tensor]] = {name: [] for name in nets}
    for _, rgb in in_color(paths, "grays"):
        for name, net in nets.items():
            rows[name].append(gray_sums(rgb, net(rgb)))
    sums = {name: torch.stack(each) for name, each in rows.items()}
    pixels = sums[NAMES[0]][..., 2].sum(0)
    return {"photos": len(rows[NAMES[0]]), "tones": {
        tone: {"share of gray pixels": float(pixels[i] / pixels[0]), **{
            name: {"chroma": interval(rows[:, i][:, [0, 2]], ratio),
                   "tinted": interval(rows[:, i][:, [1, 2]], ratio)}
            for name, rows in sums.items()}} for i, tone in enumerate(("all", *TONES))}}


def scene_figures(nets: dict[str, Colorizer], paths: list[Path]) -> dict:
    """AuC less gray's and so on, as `experiments.held_out` has them."""
    tally = Tally()
    for _, rgb in in_color(paths, "scenes"):
        tally.add(rgb, {name: net(rgb) for name, net in nets.items()})
    return tally.figures()


def side_by_side(photo: dict, course: dict) -> dict:
    """What `limits.skin_figures` gives of two networks, by kind of picture and group of skin."""
    shared = ("pictures", "gray error", "mean true ab")
    return {kind: {group: {key: row[key] for key in shared} | {
        name: {key: value for key, value in made.items() if key not in shared}
        for name, made in (("photo", row), ("course", course[kind][group]))}
        for group, row in groups.items()} for kind, groups in photo.items()
        if isinstance(groups, dict)}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m experiments.photo_limits",
                                     description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with photos/SOURCE/ and imagenette2-160/val")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/photo_limits.json"))
    options = parser.parse_args(argv)
    nets = {name: Colorizer.from_pretrained(name) for name in NAMES}
    paths = [path for some in collections(options.folder).values() for path in some]
    figures = {
        "command": "python -m experiments.photo_limits FOLDER", "torch": torch.__version__,
        "processor": processor(), "T": TEMPERATURE,
        "weights": {name: sha256(asset(f"{name}.safetensors")) for name in NAMES},
        "scenes": {name: scene_figures(nets, some)
                   for name, some in scenes(options.folder).items()},
        "gray: chroma below": GRAY, "tinted: chroma above": TINTED,
        "grays": grays(nets, paths),
        "skin": side_by_side(
            skin_figures(nets["photo"], options.folder / "imagenette2-160" / "val"),
            results("limits/limits")["skin"])}
    write_text(json.dumps(figures, indent=1) + "\n", options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
