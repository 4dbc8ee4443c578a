"""Rows of the table trained again from other seeds: ``python -m experiments.seeds``.

For chapters 07 and 10. The table's intervals are over photographs, for weights that were trained
once. Here rows are trained anew by the same recipe: other first weights, other crops, other
batches. Writes results/seeds.json, and what the notebooks read of it: each seed's figures, and each
claim about these rows for each seed. A row takes from five minutes to an hour of one core.
"""

import argparse
import json
import shutil
import statistics
import sys
from dataclasses import replace
from pathlib import Path

from colorlib.data import Photos, find_photos
from colorlib.evaluation.claims import CLAIMS, check
from colorlib.evaluation.classifier import small_classifier
from colorlib.evaluation.measure import evaluate_row
from colorlib.evaluation.methods import RIVALS, Row, row
from colorlib.evaluation.provenance import provenance
from colorlib.evaluation.sums import INTERVAL_KINDS, Evaluation
from colorlib.evaluation.train import train_row
from colorlib.io.assets import asset
from colorlib.io.datasets import imagenette, label
from colorlib.io.files import write_text
from colorlib.rebalancing import empirical_prior

ROWS = ("full", "classification", "l2", "lambda_half", *(rival.name for rival in RIVALS))
COMPARED = {"truth", "gray"}  # which no seed changes
FIGURES = ("auc", "auc_rebalanced", "colorfulness", "top1", "psnr", "psnr_pooled")


def seeded(name: str, seed: int, folder: Path) -> Row:
    """A row of the table from another seed; seed 0 is what ships."""
    shipped = row(name)
    if not seed or not shipped.recipe:
        return shipped
    return replace(shipped, recipe=replace(shipped.recipe, seed=seed),
                   weights=folder / str(seed) / "weights" / f"{name}.safetensors")


def spread(values: dict[int, float]) -> dict:
    """What each seed gives, the mean, and the standard deviation if there are two or more."""
    numbers = list(values.values())
    return {"seeds": {str(seed): value for seed, value in values.items()},
            "mean": statistics.mean(numbers),
            "std": statistics.stdev(numbers) if len(numbers) > 1 else None}


def summary(found: dict[str, dict[int, Evaluation]]) -> dict:
    """Figures and claims from the evaluations by row and seed."""
    rows = {}
    for name in found.keys() - COMPARED:
        figures = {seed: evaluation.figures() for seed, evaluation in found[name].items()}
        rows[name] = {figure: spread({seed: row[figure] for seed, row in figures.items()})
                      for figure in FIGURES if figure in figures[0]}
    claims = []
    for claim in CLAIMS:
        rows_of = {claim.of, claim.less}
        if not rows_of <= found.keys() or rows_of <= COMPARED:
            continue
        both = [seed for seed in found[claim.of] if seed in found[claim.less]]
        checked = {seed: check(claim, {name: found[name][seed] for name in (claim.of, claim.less)})
                   for seed in both}
        claims.append({"claim": claim.text, "of": claim.of, "less": claim.less,
                       "figure": claim.figure,
                       **spread({seed: one["difference"] for seed, one in checked.items()}),
                       "says": {str(seed): one["says"] for seed, one in checked.items()}})
    return {"rows": {name: rows[name] for name in ROWS if name in rows}, "claims": claims}


def measure(seeds: list[int], folder: Path, table: Path, paths: list[Path], judge) -> dict:
    """The evaluations by row and seed, of rows trained more than once; seed 0 is the table's."""
    own = empirical_prior(Photos(paths, cache_bytes=0))
    found = {}
    for name in ROWS:
        found[name] = {}
        for seed in (0, *seeds):
            again = seeded(name, seed, folder)
            if again.file.exists():
                sums = (folder / str(seed) if seed else table) / "sums"
                found[name][seed] = evaluate_row(again, paths, [], judge, own, sums)
    found = {name: by_seed for name, by_seed in found.items() if len(by_seed) > 1}
    for name in COMPARED:
        alone = evaluate_row(row(name), paths, [], judge, own, table / "sums")
        found[name] = dict.fromkeys((0, *seeds), alone)
    return found


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m experiments.seeds", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder with train/ and val/ as Imagenette's")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2],
                        help="but 0, the table's")
    parser.add_argument("--rows", nargs="*", default=ROWS, choices=ROWS, help="which to train")
    parser.add_argument("--folder", type=Path, default=Path("training/seeds"))
    parser.add_argument("--table", type=Path, default=Path("training/table"),
                        help="folder in which `colorlib table` kept its sums")
    parser.add_argument("--train-only", action="store_true", help="measure another time")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/seeds.json"))
    options = parser.parse_args(argv)
    training, val = (find_photos(options.data / split if options.data else imagenette(split))
                     for split in ("train", "val"))
    photos = Photos(training, labels=[label(path) for path in training])
    try:
        for seed in options.seeds:
            for again in (seeded(name, seed, options.folder) for name in options.rows):
                if not again.file.exists():
                    again.file.parent.mkdir(parents=True, exist_ok=True)
                    train_row(again, photos, options.folder / str(seed))
    except KeyboardInterrupt as stop:
        parser.exit(130, f"seeds: {stop}\n")
    if not options.train_only:
        judge = small_classifier(training)
        found = measure(options.seeds, options.folder, options.table, val, judge)
        command = " ".join(["python -m experiments.seeds", *(argv or sys.argv[1:])])
        figures = {"command": command, "photos": found["gray"][0].photos,
                   "interval_kinds": INTERVAL_KINDS, **summary(found),
                   "provenance": provenance(val)}
        write_text(json.dumps(figures, indent=1) + "\n", options.output)
        shutil.copy(options.output, asset("table/seeds.json"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
