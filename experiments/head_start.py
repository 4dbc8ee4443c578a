"""What ImageNet's features are worth: ``python -m experiments.head_start`` (chapter 14).

The same small network learns to color on frozen features of two encoders of one form: one with
ImageNet's weights, one with random ones. With the 313 bins it learns from 1%, 10% and 100% of
Imagenette's train split, and with an L2 decoder from all of it, always for the same number of
steps; judged is on the val split. Stopped, it goes on from where it was. Writes
results/head_start.json and what the notebook reads of it.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorlib.after.features import Seen
from colorlib.after.queries import WIDTH, BinNet, Pixels
from colorlib.color import rgb8_to_lab
from colorlib.data import find_photos
from colorlib.evaluation.intervals import studentized
from colorlib.evaluation.provenance import provenance
from colorlib.evaluation.sums import WEIGHTED_LEVEL, inverse
from colorlib.gamut import AbGamut
from colorlib.inference import Colorizer
from colorlib.io.assets import asset
from colorlib.io.datasets import imagenette
from colorlib.io.files import write_text
from colorlib.metrics import DRAWS, auc_scores
from colorlib.rebalancing import class_weights, course_prior
from experiments.after_data import Looked, looked
from experiments.after_train import BATCH, CACHE, batch, train
from experiments.bootstrap import estimate

ENCODERS = ("imagenet", "random")
SHARES = (1, 10, 100)  # percent of the photographs
STEPS = 1_500
PART = 50  # photographs that are colored together
CHROMA = 25.0  # ab units: colors over this have a size near 1


class Regression(nn.Module):
    """The L2 decoder on the same pixels: one color each, the document's own baseline."""

    def __init__(self):
        super().__init__()
        self.pixels = Pixels()
        self.head = nn.Conv2d(WIDTH, 2, 1)

    def colors(self, seen: Seen) -> Tensor:
        """ab (N, 2, 32, 32)."""
        return CHROMA * self.head(self.pixels(seen))

    def loss(self, ab: Tensor, seen: Seen, class_weights: Tensor) -> Tensor:
        """Mean squared error, in units of `CHROMA` squared; the class weights are not used."""
        return F.mse_loss(self.colors(seen), ab) / CHROMA**2


NETWORKS = {"bins": BinNet, "l2": Regression}
RUNS = [*(("bins", share) for share in SHARES), ("l2", 100)]


@torch.inference_mode()
def colors(network: BinNet | Regression, data: Looked) -> Tensor:
    """What a trained network answers: ab (N, 2, 32, 32)."""
    network.eval()
    return torch.cat([network.colors(data.seen.pick(slice(begin, begin + PART)))
                      for begin in range(0, len(data.labels), PART)])


@torch.inference_mode()
def course(data: Looked) -> Tensor:
    """What the course's own network answers: ab (N, 2, 32, 32)."""
    colorizer = Colorizer.from_pretrained("course")
    return torch.cat([colorizer.ab(rgb8_to_lab(part)[:, :1]) for part in data.rgb.split(PART)])


def scored(ab: Tensor, truth: Tensor) -> Tensor:
    """Of each photograph: AuC, weighted AuC and weight, chroma and true chroma, (N, 5)."""
    gamut, rarity = AbGamut(), inverse(course_prior())
    rows = []
    for mine, true in zip(ab.float().split(PART), truth.float().split(PART), strict=True):
        score = auc_scores((mine - true).norm(dim=1))
        weight = rarity[gamut.nearest(true)]
        rows.append(torch.stack([score.mean((1, 2)), (weight * score).sum((1, 2)),
                                 weight.sum((1, 2)), mine.norm(dim=1).mean((1, 2)),
                                 true.norm(dim=1).mean((1, 2))], 1))
    return torch.cat(rows)


def figures(rows: Tensor, less: Tensor | None = None) -> dict:
    """Plain and rebalanced AuC in percent, chroma over the truth's: value, low, high.

    The interval of rebalanced AuC is that which `Evaluation` gives it; the others are bootstraps.
    With the rows of another method, `less`, the differences instead, without chroma.
    """
    auc, weighted = rows[:, 0], rows[:, 1]
    if less is not None:
        auc, weighted = auc - less[:, 0], weighted - less[:, 1]
    weight = rows[:, 2]
    found = {"auc": estimate(100 * auc), "auc_rebalanced": [
        float(100 * weighted.sum() / weight.sum()),
        *studentized(100 * weighted.numpy(), weight.numpy(), DRAWS, level=WEIGHTED_LEVEL)]}
    if less is None:
        found["chroma_share"] = estimate(
            rows[:, 3:], lambda part: part[:, 0].sum() / part[:, 1].sum())
    return found


def study(steps: int, cache: Path, count: int | None = None) -> dict:
    """Train and judge every network: its figures by encoder, by name and by share.

    Parameters
    ----------
    count : so many photographs of the train split instead of all of them.
    """
    weights = class_weights(course_prior()).float()
    found, rows = {"steps": steps, "batch": BATCH}, {}
    for encoder in ENCODERS:
        val = looked("val", encoder, cache)
        everything = looked("train", encoder, cache, count)
        found[encoder] = {}
        for name, share in RUNS:
            data = everything.first(len(everything.labels) * share // 100)
            torch.manual_seed(0)
            network = NETWORKS[name]().to(memory_format=torch.channels_last)
            title = f"{name} on {encoder}, {share}%"

            def loss(step: int, network=network, data=data) -> Tensor:
                return network.loss(*batch(data, BATCH)[:2], weights)

            path = cache / f"head_start_{name}_{encoder}_{share}.ckpt"
            recipe = train(network, loss, steps, path, title)
            rows[encoder, name, share] = scored(colors(network, val), val.ab)
            found[encoder][f"{name} {share}"] = figures(rows[encoder, name, share]) | {
                "photos": len(data.labels), "seconds_of_cpu": recipe["seconds_of_cpu"]}
            print(title, found[encoder][f"{name} {share}"], flush=True)
    found["photos"] = len(val.labels)
    found["imagenet less random"] = {
        f"{name} {share}": figures(rows["imagenet", name, share], rows["random", name, share])
        for name, share in RUNS}
    gray = scored(torch.zeros_like(val.ab), val.ab)
    found["gray"], found["course"] = figures(gray), figures(scored(course(val), val.ab))
    return found


def main(argv=None) -> int:
    """Train, judge, and write what was found."""
    parser = argparse.ArgumentParser(prog="python -m experiments.head_start", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of {BATCH} pictures")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder; default: training/after")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/head_start.json"))
    options = parser.parse_args(argv)
    found = {"command": "python -m experiments.head_start", **study(options.steps, options.cache)}
    found["provenance"] = provenance(find_photos(imagenette("val")))
    write_text(json.dumps(found, indent=1) + "\n", options.output)
    shutil.copy(options.output, asset("after/head_start.json"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
