"""Train the network with hints, and measure it, both by simulated clicks (chapter 10)."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm.auto import tqdm

from colorlib.color import rgb_to_lab
from colorlib.data import Photos, find_photos
from colorlib.engine.checkpoints import save_weights, thinned
from colorlib.images import as_rgb
from colorlib.inference import Colorizer
from colorlib.io.assets import asset
from colorlib.io.datasets import imagenette
from colorlib.io.downloads import sha256
from colorlib.io.files import write_text
from colorlib.metrics import auc
from colorlib.recipes import COURSE, HOLD_OUT, Recipe, Stage
from colorlib.rivals.hints import LEARNED, WIDTH, Hinted
from colorlib.rivals.interactive import ByHints
from colorlib.training import Training, train
from experiments.bootstrap import estimate

RECIPE = Recipe(
    network="hinted", width=WIDTH, stages=(Stage(300, 16, 96, lam=0.9),), lr=3e-3, warmup=30,
    average=0.99, precision="float32", size=COURSE.size, seed=1)
# Of the clicks that are simulated for the training:
NONE = 1 / 8  # share of pictures without a click; the mean is 7 clicks
ALL = 0.01  # share of pictures in which every place is a hint
NOISE = 4.0  # ab units: standard deviation of a click's color from the true one
SIDES = (1, 2, 3)  # of a click, in places of 4 x 4 pixels
MEASURED = (0, 1, 2, 5, 10, 50)  # numbers of clicks after which the colors are measured


def simulate(ab: Tensor, rng: torch.Generator) -> Tensor:
    """Clicks of a person who knows the true colors.

    Parameters
    ----------
    ab : tensor, shape (N, 2, h, w): the true colors, as coarse as the hints are.

    Returns
    -------
    tensor, shape (N, 3, h, w), as `rivals.hints.Hinted.logits` takes it. The number of clicks is
    drawn from a geometric distribution. Each click is a square in the mean color of the pixels
    under it, plus noise. In a share `ALL` of the pictures every place is a hint.
    """
    hints = ab.new_zeros(len(ab), 3, *ab.shape[-2:])
    counts = torch.empty(len(ab)).geometric_(NONE, generator=rng).int() - 1
    given = torch.rand(len(ab), generator=rng) < ALL
    for i, count in enumerate(counts.tolist()):
        if given[i]:
            hints[i] = torch.cat([ab[i], torch.ones_like(ab[i, :1])])
            continue
        places = torch.rand(count, 3, generator=rng).tolist()
        noise = NOISE * torch.randn(count, 2, 1, 1, generator=rng)
        for (x, y, size), off in zip(places, noise, strict=True):
            click(hints[i], ab[i], x, y, SIDES[int(size * len(SIDES))], off)
    return hints


def click(hints: Tensor, ab: Tensor, x: float, y: float, side: int, off: Tensor | int = 0) -> None:
    """Write a click into hints (3, h, w): the mean of ab (2, h, w) in a square, plus `off`.

    The square lies at x, y, shares of the picture's sides in [0, 1).
    """
    height, width = ab.shape[-2:]
    top, left = (int(at * max(1, size - side + 1)) for at, size in ((y, height), (x, width)))
    square = hints[:, top : top + side, left : left + side]
    square[:2] = ab[:, top : top + side, left : left + side].mean((1, 2), keepdim=True) + off
    square[2] = 1


class HintTraining(Training):
    """A training with clicks that are simulated anew for each batch."""

    def loss(self, lightness: Tensor, ab: Tensor, labels: Tensor | None = None) -> Tensor:
        """The loss with hints, drawn by the number of the step: a stop changes nothing."""
        rng = torch.Generator().manual_seed(self.recipe.seed * 1_000_003 + self.done)
        return super().loss(lightness, ab, labels, simulate(ab.cpu(), rng).to(ab))


def initial_weights() -> dict[str, Tensor]:
    """The weights of the course's network, and random ones for the parts that take hints."""
    torch.manual_seed(RECIPE.seed)
    network = Hinted(WIDTH)
    network.load_state_dict(Colorizer.from_pretrained("course").network.state_dict(), strict=False)
    return network.state_dict()


def measure(colorizer: ByHints, paths: Sequence[Path], side: int = 2) -> dict:
    """How good the colors are after clicks in the true colors, at random places.

    Parameters
    ----------
    paths : photographs that neither network was trained on. A photo gets the same clicks each time,
        and more clicks are added to those that were there.
    side : of a click, in places of 4 x 4 of the pixels that the network is shown.

    Returns
    -------
    for each number of `MEASURED`: `error`, the mean ab error in the photo's own pixels, mean over
    photographs, and `auc` in percent, both with the ends of their 95% intervals over photographs.
    """
    errors = torch.stack([_errors(colorizer, as_rgb(path), side, seed)
                          for seed, path in enumerate(tqdm(paths, unit=" photos"))])
    found = {}
    for count, values in zip(MEASURED, errors.unbind(1), strict=True):
        line = found[str(count)] = {}
        for name, column in zip(("error", "auc"), values.unbind(1), strict=True):
            line[name], *line[f"{name}_interval"] = estimate(column)
    return found


def _errors(colorizer: ByHints, truth: Tensor, side: int, seed: int) -> Tensor:
    """Mean ab error of one photo and its AuC, after each number of `MEASURED` clicks."""
    lightness, true = rgb_to_lab(truth).split([1, 2])
    shown = colorizer.shown(lightness)
    ab = F.interpolate(true[None], [s // 4 for s in shown.shape[-2:]], mode="area")[0]
    places = torch.rand(max(MEASURED), 2, generator=torch.Generator().manual_seed(seed)).tolist()
    found = []
    with torch.inference_mode():
        seen = colorizer.network.look(shown)
        for count in MEASURED:
            hints = torch.zeros(3, *ab.shape[-2:])
            for x, y in places[:count]:
                click(hints, ab, x, y, side)
            made = colorizer.decode(colorizer.network.mix(*seen, hints[None]))
            made = F.interpolate(made, true.shape[-2:], mode="bilinear")[0]
            error = (made - true).norm(dim=0)
            found.append(torch.stack([error.mean(), torch.tensor(100 * auc(error))]))
    return torch.stack(found)


def save(weights: dict[str, Tensor], recipe: dict, path: Path) -> None:
    """Write the weights that were trained; the others are in the course's own file."""
    learned = {name: value for name, value in weights.items() if name.startswith(LEARNED)}
    save_weights(learned, recipe, path)


def recipe_of(training: Training) -> dict:
    """How the weights were made, for `save`."""
    return {**asdict(training.recipe), "course": sha256(asset("course.safetensors")),
            "data": "Imagenette train", "seconds": round(training.seconds),
            "torch": torch.__version__, "history": thinned(training.history)}


def main(argv=None) -> int:
    """Train, and measure; or measure what is there."""
    parser = argparse.ArgumentParser(description="Train and measure the network with hints.")
    parser.add_argument("--measure", action="store_true", help="only measure the weights there are")
    parser.add_argument("--photos", type=int, default=100, help="to measure by")
    parser.add_argument("--folder", type=Path, default=Path("training/hints"),
                        help="for checkpoints: stopped, it goes on from there")
    parser.add_argument("--weights", type=Path, default=asset("hints.safetensors"))
    parser.add_argument("-o", "--output", type=Path, default=Path("results/hints.json"))
    options = parser.parse_args(argv)
    start = time.process_time()
    if not options.measure:
        paths = [p for i, p in enumerate(find_photos(imagenette("train"))) if i % HOLD_OUT]
        training = train(RECIPE, Photos(paths), options.folder / "checkpoint.safetensors",
                         initial=initial_weights(), kind=HintTraining)
        save(training.finished(), recipe_of(training), options.weights)
    colorizer = ByHints.from_pretrained(options.weights)
    paths = find_photos(imagenette("val"))
    paths = [paths[i * len(paths) // options.photos] for i in range(options.photos)]
    found = measure(colorizer, paths)
    for count, line in found.items():
        (low, high), (a, b) = line["error_interval"], line["auc_interval"]
        print(f"{count:>3} clicks: ab error {line['error']:5.2f} [{low:.2f}, {high:.2f}], "
              f"AuC {line['auc']:5.2f} [{a:.2f}, {b:.2f}]")
    save(colorizer.network.state_dict(), colorizer.recipe | {"measured": found}, options.weights)
    provenance = {"command": f"python -m experiments.hints --photos {options.photos}",
                  "photos": len(paths), "clicks": "simulated: the true color at random places",
                  "weights": sha256(options.weights), "torch": torch.__version__, "device": "cpu",
                  "seconds_of_cpu": round(time.process_time() - start)}
    write_text(json.dumps(provenance | {"measured": found}, indent=1) + "\n", options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
