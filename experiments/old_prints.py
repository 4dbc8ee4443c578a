"""What repairing old prints brings: ``python -m experiments.old_prints FOLDER`` (chapter 12b).

Photographs in color are made into old prints, as chapter 12b does it, and colored by the network
for any photograph and by the course's own: as they are, and repaired first, as ``colorlib colorize
--old-print`` does it. FOLDER holds ``photos/SOURCE/`` and ``imagenette2-160/val``; neither network
was trained on the photographs that are taken. Writes results/old_prints.json.
"""

import argparse
import json
import sys
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor

from colorlib.color import lightness_of, paint
from colorlib.data import evenly, find_photos
from colorlib.evaluation.provenance import processor
from colorlib.evaluation.sums import Evaluation
from colorlib.images import open_photo
from colorlib.inference import TEMPERATURE, Colorizer
from colorlib.io.assets import asset
from colorlib.io.downloads import sha256
from colorlib.io.files import write_text
from colorlib.limits import old_prints
from colorlib.metrics import DRAWS
from colorlib.rebalancing import course_prior
from experiments.held_out import NAMES, held_out, in_color

OF_VAL = 48  # photographs: the same as chapter 12's
OF_PHOTOS = 96  # of every 32nd of each source, evenly spread over them
SHOWN = ("the photograph", "old print", "old print, repaired")
FIGURES = ("auc_rebalanced", "auc")


def collections(folder: Path) -> dict[str, list[Path]]:
    """Chapter 12's photographs, and some of those of `photos` that were held out."""
    val = find_photos(folder / "imagenette2-160" / "val")
    others = held_out(folder)
    del others["imagenette val"]
    return {"imagenette val": [val[i * len(val) // OF_VAL] for i in range(OF_VAL)],
            "photos": evenly([path for paths in others.values() for path in paths], OF_PHOTOS)}


class Tally:
    """Sums over photographs: gray's, and each network's by what it was shown."""

    def __init__(self, nets: dict[str, Colorizer]):
        self.nets = nets
        self.gray = Evaluation(course_prior(), draws=DRAWS)
        self.sums = {name: {shown: Evaluation(course_prior(), draws=DRAWS) for shown in SHOWN}
                     for name in nets}
        self.recognized = dict.fromkeys(SHOWN[:2], 0)

    def add(self, rgb: Tensor, seed: int) -> None:
        old = old_prints.aged(rgb, seed)
        for shown, picture in zip(SHOWN, (rgb, old, old_prints.prepared(old)), strict=True):
            for name, net in self.nets.items():
                self.sums[name][shown].add(net(picture), rgb)
            if shown in self.recognized:
                self.recognized[shown] += old_prints.is_toned(picture)
        self.gray.add(paint(lightness_of(rgb), torch.zeros(2, 1, 1)), rgb)

    def figures(self) -> dict:
        """AuC less gray's and the share of chroma, what repairing changes, with intervals."""
        found = {"photos": self.gray.photos, "taken for an old print": self.recognized}
        for name, sums in self.sums.items():
            found[name] = {shown: _kept(sums[shown].difference(self.gray)) | _kept(
                sums[shown].figures(), ("chroma_share",)) for shown in SHOWN}
            found[name]["change by repairing"] = _kept(sums[SHOWN[2]].difference(sums[SHOWN[1]]))
        return found


def _kept(figures: dict, names: tuple[str, ...] = FIGURES) -> dict:
    return {key: figures[key] for name in names for key in (name, f"{name}_interval")}


def measure(found: dict[str, list[Path]]) -> dict:
    """The figures of each collection; photographs without color are left out."""
    nets = {name: Colorizer.from_pretrained(name) for name in NAMES}
    result = {}
    for collection, paths in found.items():
        tally = Tally(nets)
        for path, rgb in in_color(paths, collection):
            tally.add(rgb, crc32(path.name.encode()))
        result[collection] = tally.figures()
        for name in NAMES:
            for shown in SHOWN:
                row = result[collection][name][shown]
                print(f"{collection:15} {tally.gray.photos:4} {name:7} {shown:20} rebalanced "
                      f"{row['auc_rebalanced']:+.1f} plain {row['auc']:+.1f} "
                      f"chroma {row['chroma_share']:.2f}", flush=True)
    return result


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m experiments.old_prints", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with photos/SOURCE/ and imagenette2-160/val")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/old_prints.json"))
    options = parser.parse_args(argv)
    figures = {"command": "python -m experiments.old_prints FOLDER", "torch": torch.__version__,
               "processor": processor(), "T": TEMPERATURE, "steps": list(old_prints.RECIPE),
               "weights": {name: sha256(asset(f"{name}.safetensors")) for name in NAMES},
               "real scans taken for an old print": {
                   name: old_prints.is_toned(open_photo(path))
                   for name, path in old_prints.real().items()},
               "collections": measure(collections(options.folder))}
    write_text(json.dumps(figures, indent=1) + "\n", options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
