"""Small colors along the edges of L: ``python -m experiments.upsampling FOLDER`` (chapter 06).

The network for any photograph answers at a quarter of what it sees, and `Colorizer` stretches a and
b bilinearly. Would colors keep to the edges of L if they were led by L? Three ways, on photographs
that it was not trained on, with its colors and with the true ones, made as small. FOLDER holds
``photos/SOURCE/``. Writes results/upsampling.json.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from colorlib.color import into_gamut, lab_to_rgb, rgb_to_lab
from colorlib.data import evenly
from colorlib.evaluation.provenance import processor
from colorlib.evaluation.sums import Evaluation
from colorlib.inference import Colorizer
from colorlib.io.assets import asset
from colorlib.io.downloads import sha256
from colorlib.io.files import write_text
from colorlib.metrics import DRAWS
from colorlib.rebalancing import course_prior
from experiments.held_out import held_out, in_color
from experiments.limits_summary import interval, ratio

PHOTOS = 100
STRONG = 12.0  # units of L from pixel to pixel: an edge
NEAR = 2  # pixels from an edge
REACH = 1  # cells on each side that a pixel may take its color from
SPACE, RANGE = 0.5, 5.0  # chapter 06's sigmas, in cells and in units of L
EPSILON = 4.0  # of the guided filter, in squared units of L: below it, cells are one even area


def resized(x: Tensor, like: Tensor, antialias: bool = False) -> Tensor:
    """(C, h, w) at the size of another picture."""
    return F.interpolate(x[None], like.shape[-2:], mode="bilinear", antialias=antialias)[0]


def joint_bilateral(ab: Tensor, L: Tensor) -> Tensor:
    """A mean of the cells around, by their distance and by how unlike their L is (Kopf 2007)."""
    cells = torch.cat([ab, resized(L, ab, antialias=True)])
    at = [(torch.arange(n) + 0.5) * (k / n) - 0.5
          for n, k in zip(L.shape[-2:], ab.shape[-2:], strict=True)]
    color, total = 0, 0
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            y, x = (where.round() + d for where, d in zip(at, (dy, dx), strict=True))
            far = ((y - at[0]) ** 2)[:, None] + (x - at[1]) ** 2
            y, x = (i.clamp(0, k - 1).long() for i, k in zip((y, x), ab.shape[-2:], strict=True))
            cell = cells[:, y][:, :, x]
            weight = torch.exp(-far / (2 * SPACE**2)) * (
                torch.exp(-((cell[2] - L[0]) ** 2) / (2 * RANGE**2)) + 1e-4)
            color, total = color + weight * cell[:2], total + weight
    return color / total


def guided_filter(ab: Tensor, L: Tensor) -> Tensor:
    """Around each cell, ab as a linear function of L; the functions are enlarged (He 2010)."""
    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(F.pad(x[None], [1] * 4, mode="replicate"), 3, 1)[0]

    small = resized(L, ab, antialias=True)
    slope = (mean(ab * small) - mean(ab) * mean(small)) / (
        mean(small**2) - mean(small) ** 2 + EPSILON)
    slope, offset = mean(slope), mean(mean(ab) - slope * mean(small))
    return resized(slope, L) * L + resized(offset, L)


WAYS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bilinear": resized, "joint bilateral": joint_bilateral, "guided filter": guided_filter}
SOURCES = ("the network's colors", "the true colors, made small")


def near_edges(L: Tensor) -> Tensor:
    """Where L (1, H, W) has a strong edge within `NEAR` pixels: bool (H, W)."""
    down, across = (F.pad(L.diff(dim=d), pad) for d, pad in ((1, (0, 0, 0, 1)), (2, (0, 1))))
    strong = ((down.abs() > STRONG) | (across.abs() > STRONG)).float()
    return F.max_pool2d(strong, 2 * NEAR + 1, 1, NEAR)[0] > 0


class Tally:
    """Sums of one way over photographs: the table's, the error near edges, the time."""

    def __init__(self):
        self.sums = Evaluation(course_prior(), draws=DRAWS)
        self.edges: list[Tensor] = []
        self.seconds = 0.0

    def add(self, way: Callable, small: Tensor, L: Tensor, rgb: Tensor) -> None:
        start = time.process_time()
        ab = way(small, L)
        self.seconds += time.process_time() - start
        colored = lab_to_rgb(into_gamut(torch.cat([L, ab])))
        self.sums.add(colored, rgb)
        error = (rgb_to_lab(colored)[1:] - rgb_to_lab(rgb)[1:]).norm(dim=0)[near_edges(L)]
        self.edges.append(torch.tensor([error.sum(), error.numel()], dtype=torch.float64))

    def figures(self, plain: "Tally") -> dict:
        """AuC and the error near edges, and what they change beside the bilinear way."""
        own, change = self.sums.figures(), self.sums.difference(plain.sums)
        edges, other = torch.stack(self.edges), torch.stack(plain.edges)
        both = torch.stack([edges[:, 0] - other[:, 0], edges[:, 1]], dim=1)
        return {"auc_rebalanced": own["auc_rebalanced"], "auc": own["auc"],
                "error near edges": interval(edges, ratio), "change": {
                    key: change[key] for key in ("auc_rebalanced", "auc_rebalanced_interval",
                                                 "auc", "auc_interval")},
                "change of error near edges": interval(both, ratio)}


@torch.inference_mode()
def measure(paths: list[Path]) -> dict:
    """The figures of each way, with the network's colors and with the true ones."""
    net, network = Colorizer.from_pretrained("photo"), 0.0
    tallies = {source: {name: Tally() for name in WAYS} for source in SOURCES}
    for _, rgb in in_color(paths):
        L, true = rgb_to_lab(rgb).split([1, 2])
        start = time.process_time()
        ab = net.ab(net.shown(L))[0]
        network += time.process_time() - start
        for source, small in zip(SOURCES, (ab, resized(true, ab, antialias=True)), strict=True):
            for name, way in WAYS.items():
                tallies[source][name].add(way, small, L, rgb)
    of_net = tallies[SOURCES[0]]
    return {"photos": of_net["bilinear"].sums.photos,
            "time, as a share of the network's": {
                name: float(f"{tally.seconds / network:.2g}") for name, tally in of_net.items()},
            **{source: {name: tally.figures(ways["bilinear"]) for name, tally in ways.items()}
               for source, ways in tallies.items()}}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m experiments.upsampling", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with photos/SOURCE/ and imagenette2-160/val")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/upsampling.json"))
    options = parser.parse_args(argv)
    sources = held_out(options.folder)
    del sources["imagenette val"]
    paths = evenly([path for some in sources.values() for path in some], PHOTOS)
    figures = {"command": "python -m experiments.upsampling FOLDER", "torch": torch.__version__,
               "processor": processor(), "weights": {"photo": sha256(asset("photo.safetensors"))},
               **measure(paths)}
    write_text(json.dumps(figures, indent=1) + "\n", options.output)
    print(json.dumps({source: figures[source] for source in SOURCES}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
