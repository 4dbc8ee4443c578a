"""How often intervals of the table's figures hold the true value: ``results/coverage.json``.

    python -m experiments.coverage

Imagenette's val photographs stand for the world: its figure is known. Samples of n are drawn from
them with replacement, and each kind of interval says whether it holds that figure. (The largest n
is that of the table. A world of 3,925 has no color rarer than its rarest, so the shares there are
rather too high.) Cached by population and n; measuring the four rows takes about an hour at first
(the same cache as `colorlib table`).
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy import stats

from colorlib.data import Photos, find_photos
from colorlib.evaluation.classifier import small_classifier
from colorlib.evaluation.intervals import effective, percentile, studentized
from colorlib.evaluation.measure import evaluate_row
from colorlib.evaluation.methods import row
from colorlib.evaluation.sums import SUMS
from colorlib.io.datasets import imagenette
from colorlib.io.files import write_text
from colorlib.rebalancing import empirical_prior

from .cache import cache_json

SIZES = (24, 300, 1500, 3925)
DRAWS = 500
# Of each figure: two rows, or one, and the sums that it is the ratio of.
WEIGHTED, PLAIN = ("weighted", "weight"), ("score", "pixels")
FIGURES = {
    "gray": ("gray", None, *WEIGHTED), "full - gray": ("full", "gray", *WEIGHTED),
    "full - classification": ("full", "classification", *WEIGHTED),
    "classification - L2": ("classification", "l2", *WEIGHTED),
    "gray, clipped": ("gray", None, "clipped_weighted", "clipped_weight"),
    "gray, plain": ("gray", None, *PLAIN),
    "full - classification, plain": ("full", "classification", *PLAIN),
    "full - classification, colorfulness": ("full", "classification", "colorfulness", "photos"),
    "gray - full, PSNR": ("gray", "full", "psnr", "photos"),
}


def populations(rows: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The parts and wholes of each figure, from the counted rows (n, 16) of each method."""
    found = {}
    for name, (of, less, part, whole) in FIGURES.items():
        part, whole = SUMS.index(part), SUMS.index(whole)
        percent = 1 if SUMS[part] in ("colorfulness", "psnr") else 100
        found[name] = (percent * (rows[of][:, part] - (rows[less][:, part] if less else 0)),
                       rows[of][:, whole])
    return found


def bca(part, whole) -> tuple[float, float]:
    """SciPy's bias-corrected and accelerated interval."""
    made = stats.bootstrap((part, whole), lambda x, w, axis: x.sum(axis) / w.sum(axis), paired=True,
                           n_resamples=DRAWS, batch=100, method="BCa",
                           rng=np.random.default_rng(0))
    return made.confidence_interval


def log_studentized(part, whole) -> tuple[float, float]:
    """The studentized interval on the scale log(100 - AuC), by the delta method."""
    ratio = part.sum() / whole.sum()
    low, high = studentized(part, whole, DRAWS)
    return tuple(100 - (100 - ratio) * np.exp((ratio - end) / (100 - ratio)) for end in (low, high))


KINDS = {"percentile": lambda x, w: percentile(x, w, DRAWS),
         "studentized": lambda x, w: studentized(x, w, DRAWS),
         "studentized at 99%": lambda x, w: studentized(x, w, DRAWS, level=0.99),
         "studentized, log": log_studentized, "BCa": bca}


def coverage(part: np.ndarray, whole: np.ndarray, n: int, trials: int) -> dict:
    """Percent of `trials` samples of n whose intervals hold the ratio of all."""
    rng, truth = np.random.default_rng(0), part.sum() / whole.sum()
    kinds = [k for k in KINDS if k != "BCa" or n <= 1500]  # it takes n more figures for each
    held, wide, numbers = dict.fromkeys(kinds, 0), {k: [] for k in kinds}, []
    for _ in range(trials):
        picks = rng.integers(len(part), size=n)
        x, w = part[picks], whole[picks]
        numbers.append(effective(w))
        for name in kinds:
            low, high = KINDS[name](x, w)
            held[name] += bool(low <= truth <= high)
            wide[name].append(high - low)
    return {"effective": float(np.median(numbers)),
            "covers": {k: 100 * held[k] / trials for k in kinds},
            "width": {k: float(np.median(wide[k])) for k in kinds}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="a folder of photographs as Imagenette's val")
    parser.add_argument("--folder", type=Path, default=Path("training/table"))
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("-o", "--output", type=Path, default=Path("results/coverage.json"))
    arguments = parser.parse_args()
    paths = find_photos(arguments.data or imagenette("val"))
    own = empirical_prior(Photos(paths, cache_bytes=0))
    judge = small_classifier()
    rows = {name: np.stack([r.numpy() for r in evaluate_row(
        row(name), paths, [], judge, own, arguments.folder / "sums", draws=0).rows])
        for name in ("gray", "full", "classification", "l2")}
    found = {}
    for name, (part, whole) in populations(rows).items():
        found[name] = {"value": float(part.sum() / whole.sum()),
                       "effective": effective(whole)}
        for n in SIZES:
            key = f"{name} {n} {arguments.trials} {DRAWS} {list(KINDS)} {part.sum()} {whole.sum()}"
            place = arguments.folder / "coverage" / f"{name} {n}.json"
            found[name][str(n)] = cache_json(
                place, key, lambda p=part, w=whole, n=n: coverage(p, w, n, arguments.trials))
            print(name, n, found[name][str(n)]["covers"], flush=True)
    command = "python -m experiments.coverage"
    write_text(json.dumps({"photos": len(paths), "trials": arguments.trials, "draws": DRAWS,
                           "figures": found, "command": command}, indent=1) + "\n",
               arguments.output)


if __name__ == "__main__":
    main()
