"""How the network for any photograph does on what it was not trained on, source by source.

``python -m experiments.held_out FOLDER`` measures it beside the course's own network. FOLDER holds
``photos/SOURCE/`` and ``imagenette2-160/val``, as for ``python -m experiments.photo``, which keeps
every 32nd photograph of each source aside. Writes results/photo.json.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from tqdm import tqdm

from colorlib.color import lightness_of, paint, rgb_to_lab
from colorlib.data import evenly, find_photos, is_gray
from colorlib.evaluation.provenance import processor
from colorlib.evaluation.sums import INTERVAL_KINDS, Evaluation
from colorlib.images import PhotoError, read_rgb
from colorlib.inference import Colorizer
from colorlib.io.assets import asset
from colorlib.io.downloads import sha256
from colorlib.io.files import write_text
from colorlib.metrics import DRAWS
from colorlib.rebalancing import course_prior

HOLD_OUT = 32
SIDE = 160  # pixels: the short side of the collections
NEUTRAL = 4.0  # ab units: a pixel with less chroma is gray in truth
NAMES = ("photo", "course")


def held_out(folder: Path) -> dict[str, list[Path]]:
    """Every 32nd photograph of each source, by the source's name, and Imagenette's val split."""
    found = {source.name: find_photos(source)[::HOLD_OUT]
             for source in sorted((folder / "photos").iterdir()) if source.is_dir()}
    return found | {"imagenette val": find_photos(folder / "imagenette2-160" / "val")}


def in_color(paths: list[Path], title: str | None = None) -> Iterator[tuple[Path, torch.Tensor]]:
    """The photographs that have color: path and RGB (3, H, W) in [0, 1], short side `SIDE`.

    Files that can't be read are left out, too, with a line on stderr. `title` is that of the
    progress bar.
    """
    for path in tqdm(paths, desc=title, unit=" photos"):
        try:
            pixels = read_rgb(path, SIDE)
        except PhotoError as error:
            print(f"left out {error}", file=sys.stderr)
            continue
        if not is_gray(pixels):
            yield path, pixels / 255


class Tally:
    """Sums over photographs of one collection: each network's, and gray's."""

    def __init__(self):
        self.sums = {name: Evaluation(course_prior(), draws=DRAWS) for name in (*NAMES, "gray")}
        self.neutral = {name: [] for name in NAMES}

    def add(self, rgb: torch.Tensor, colored: dict[str, torch.Tensor]) -> None:
        lab = rgb_to_lab(rgb)
        neutral = lab[1:].norm(dim=0) < NEUTRAL
        for name, picture in colored.items():
            self.sums[name].add(picture, rgb)
            if name in NAMES and neutral.any():
                self.neutral[name].append(rgb_to_lab(picture)[1:].norm(dim=0)[neutral].mean())
        self.sums["gray"].add(paint(lightness_of(rgb), torch.zeros(2, 1, 1)), rgb)

    def figures(self) -> dict:
        """AuC less gray's with intervals, chroma over the truth's, chroma of what is gray."""
        found = {"photos": self.sums["gray"].photos}
        for name in NAMES:
            less = self.sums[name].difference(self.sums["gray"])
            own = self.sums[name].figures()
            found[name] = {key: less[key] for key in less if key.startswith("auc")} | {
                "chroma_share": own["chroma_share"], "colorfulness": own["colorfulness"],
                "chroma_of_gray": float(torch.stack(self.neutral[name]).mean())}
        return found


def measure(collections: dict[str, list[Path]]) -> dict:
    """The figures of each collection, and of all `photos` together."""
    nets = {name: Colorizer.from_pretrained(name) for name in NAMES}
    whole, found = Tally(), {}
    for source, paths in collections.items():
        part = Tally()
        for _, rgb in in_color(paths, source):
            colored = {name: net(rgb) for name, net in nets.items()}
            part.add(rgb, colored)
            if source != "imagenette val":
                whole.add(rgb, colored)
        found[source] = part.figures()
    return {"all of photos": whole.figures(), **found}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m experiments.held_out", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with photos/SOURCE/ and imagenette2-160/val")
    parser.add_argument("--val", type=int, default=400, help="photographs of the val split")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/photo.json"))
    options = parser.parse_args(argv)
    collections = held_out(options.folder)
    collections["imagenette val"] = evenly(collections["imagenette val"], options.val)
    figures = {"command": f"python -m experiments.held_out FOLDER --val {options.val}",
               "torch": torch.__version__, "processor": processor(),
               "interval_kinds": INTERVAL_KINDS,
               "weights": {name: sha256(asset(f"{name}.safetensors")) for name in NAMES},
               "collections": measure(collections)}
    write_text(json.dumps(figures, indent=1) + "\n", options.output)
    for source, line in figures["collections"].items():
        ours = line["photo"]
        print(f"{source:20} {line['photos']:4} rebalanced {ours['auc_rebalanced']:+.1f} "
              f"plain {ours['auc']:+.1f} chroma {ours['chroma_share']:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
