"""How the network for any photograph does on what it was not trained on, source by source.

``python -m experiments.held_out FOLDER`` measures it beside the course's own network. FOLDER holds
``photos/SOURCE/`` and ``imagenette2-160/val``, as for ``python -m experiments.photo``, which keeps
every 32nd photograph of each source aside. Writes results/photo.json. ``--also NAME=FILE -o OUT``
measures weights of yours beside the two, and what they change against the course's own.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
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
RESULTS = Path("results/photo.json")
LINE = ("auc_rebalanced", "auc", "chroma_share")  # what the model cards print of each


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
    """Sums over photographs of one collection: each network's, and gray's.

    Parameters
    ----------
    names : of the networks. Those that are not of `NAMES` are also compared with the course's own.
    """

    def __init__(self, names: Iterable[str] = NAMES):
        self.names = tuple(names)
        self.sums = {name: Evaluation(course_prior(), draws=DRAWS)
                     for name in (*self.names, "gray")}
        self.neutral = {name: [] for name in self.names}

    def add(self, rgb: torch.Tensor, colored: dict[str, torch.Tensor]) -> None:
        lab = rgb_to_lab(rgb)
        neutral = lab[1:].norm(dim=0) < NEUTRAL
        for name, picture in colored.items():
            self.sums[name].add(picture, rgb)
            if neutral.any():
                self.neutral[name].append(rgb_to_lab(picture)[1:].norm(dim=0)[neutral].mean())
        self.sums["gray"].add(paint(lightness_of(rgb), torch.zeros(2, 1, 1)), rgb)

    def join(self, other: "Tally") -> None:
        """Count what another tally of the same networks has counted."""
        for name, sums in other.sums.items():
            self.sums[name].rows += sums.rows
        for name, means in other.neutral.items():
            self.neutral[name] += means

    def figures(self) -> dict:
        """AuC less gray's with intervals, chroma over the truth's, chroma of what is gray."""
        found = {"photos": self.sums["gray"].photos}
        for name in self.names:
            less = self.sums[name].difference(self.sums["gray"])
            own = self.sums[name].figures()
            found[name] = {key: less[key] for key in less if key.startswith("auc")} | {
                "chroma_share": own["chroma_share"], "colorfulness": own["colorfulness"],
                "chroma_of_gray": float(torch.stack(self.neutral[name]).mean())}
            if name not in NAMES:
                change = self.sums[name].difference(self.sums["course"])
                found[name]["less_course"] = {key: change[key] for line in LINE
                                              for key in (line, f"{line}_interval")}
            elif self.names != NAMES:  # then results/photo.json has the rest
                found[name] = {key: found[name][key] for key in LINE}
        return found


def measure(collections: dict[str, list[Path]], also: dict[str, str] | None = None) -> dict:
    """The figures of each collection, and of all `photos` together.

    `also` has the names and files of weights that are measured beside those that ship.
    """
    nets = {name: Colorizer.from_pretrained(name) for name in NAMES} | {
        name: Colorizer.from_pretrained(file) for name, file in (also or {}).items()}
    whole, found = Tally(nets), {}
    for source, paths in collections.items():
        part = Tally(nets)
        for _, rgb in in_color(paths, source):
            part.add(rgb, {name: net(rgb) for name, net in nets.items()})
        found[source] = part.figures()
        if source != "imagenette val":
            whole.join(part)
    return {"all of photos": whole.figures(), **found}


def named(text: str) -> tuple[str, str]:
    """The name and the file of NAME=FILE."""
    name, _, file = text.partition("=")
    if not file or name in (*NAMES, "gray"):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE with a new name")
    return name, file


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m experiments.held_out", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with photos/SOURCE/ and imagenette2-160/val")
    parser.add_argument("--val", type=int, default=400, help="photographs of the val split")
    parser.add_argument("--also", metavar="NAME=FILE", action="append", default=[], type=named,
                        help="weights to measure beside those that ship; needs -o")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args(argv)
    also = dict(options.also)
    if also and not options.output:
        parser.error("--also needs -o: results/photo.json is about the networks that ship")
    collections = held_out(options.folder)
    collections["imagenette val"] = evenly(collections["imagenette val"], options.val)
    words = [f"--also {name}=FILE" for name in also]
    words += [f"-o {options.output}"] if options.output else []
    figures = {"command": " ".join(["python -m experiments.held_out FOLDER --val",
                                    str(options.val), *words]),
               "torch": torch.__version__, "processor": processor(),
               "interval_kinds": INTERVAL_KINDS,
               "weights": {name: sha256(asset(f"{name}.safetensors")) for name in NAMES} | {
                   name: sha256(file) for name, file in also.items()},
               "collections": measure(collections, also)}
    write_text(json.dumps(figures, indent=1) + "\n", options.output or RESULTS)
    for source, line in figures["collections"].items():
        for name in ("photo", *also):
            ours = line[name]
            print(f"{source:20} {line['photos']:4} {name:7} rebalanced "
                  f"{ours['auc_rebalanced']:+.1f} plain {ours['auc']:+.1f} "
                  f"chroma {ours['chroma_share']:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
