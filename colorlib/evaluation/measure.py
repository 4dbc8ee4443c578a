"""The paper's table at the course's scale: measured with intervals; its claims (chapter 07)."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from ..data import Photos
from ..images import PhotoError, as_rgb
from ..io.datasets import label
from ..io.files import load_cached, save_atomically
from ..metrics import DRAWS
from ..rebalancing import course_prior, empirical_prior
from .claims import CLAIMS, check
from .classifier import Classifier
from .cost import cost
from .methods import Row, colorizer, painter
from .provenance import provenance
from .sums import INTERVAL_KINDS, SUMS, Evaluation
from .train import to_train, train_row

SAVE_EVERY = 200  # photographs


def evaluate_row(row: Row, paths: Sequence[Path], photos: Sequence, classifier: Classifier | None,
                 own: Tensor | None = None, folder: Path | None = None,
                 draws: int = DRAWS) -> Evaluation:
    """Color photographs by the method of a row, and add up how good the colors are.

    Parameters
    ----------
    paths : the photographs to evaluate; those that can't be read are left out.
    photos : see `methods.painter`.
    classifier : for top-1; None leaves that column out.
    own : the evaluated photographs' own prior, see `sums.Evaluation`.
    folder : for the sums so far; a measurement that was stopped goes on from there.
    """
    evaluation = Evaluation(course_prior(), own, draws)
    state = folder / f"{row.name}.safetensors" if folder else None
    key = _key(row, paths, own, classifier)
    done = _load(evaluation, state, key) if state else 0
    paint = painter(row, photos)

    def measure(job: tuple[int, Path]) -> Tensor | None:
        i, path = job
        try:
            truth = as_rgb(path)
            colored = paint(truth, i)
        except PhotoError:
            return None
        right = float(classifier(colored) == label(path)) if classifier else float("nan")
        return evaluation.measure(colored, truth, right)

    jobs = list(enumerate(paths))[done:]
    with tqdm(total=len(paths), initial=done, unit=" photos", desc=row.title) as bar:
        for sums in _side_by_side(measure, jobs):
            if sums is not None:
                evaluation.count(sums)
            done += 1
            bar.update()
            if state and (done % SAVE_EVERY == 0 or done == len(paths)):
                save_atomically({"rows": torch.stack(evaluation.rows)},
                                {"key": key, "done": str(done)}, state)
    return evaluation


def _side_by_side(function: Callable, jobs: Sequence, workers: int = 2, ahead: int = 8) -> Iterator:
    """``map(function, jobs)`` on threads, in order, never more than `ahead` results waiting."""
    with ThreadPoolExecutor(workers) as pool:
        waiting = []
        for job in jobs:
            waiting.append(pool.submit(function, job))
            if len(waiting) == ahead:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _key(row: Row, paths, own, classifier) -> str:
    """What the sums of a row depend on."""
    parts = [row.name, row.T, SUMS, own is None, *(path.name for path in paths),
             classifier and [_digest(p.detach().numpy().tobytes())
                             for p in classifier.network.parameters()],
             row.recipe and _digest(row.file.read_bytes())]
    return _digest(json.dumps(parts).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _load(evaluation: Evaluation, state: Path, key: str) -> int:
    """Take up the sums of an earlier run of the same thing; returns how many photos were done."""
    tensors, metadata = load_cached(state, key)
    if not tensors:
        return 0
    for row in tensors["rows"]:
        evaluation.count(row)
    return int(metadata["done"])


def build(rows: Sequence[Row], train_paths: Sequence[Path], val_paths: Sequence[Path],
          classifier: Classifier, folder: Path) -> dict:
    """Train what is missing, evaluate every row, check the claims: all of ``table.json``."""
    begun = time.monotonic()
    photos = Photos(train_paths, labels=[label(path) for path in train_paths])
    for r in to_train(rows):
        train_row(r, photos, folder)
    own = empirical_prior(Photos(val_paths, cache_bytes=0))
    evaluations = {r.name: evaluate_row(r, val_paths, photos, classifier, own, folder / "sums")
                   for r in rows}
    lines = {}
    for r in rows:
        recipe = {"recipe": colorizer(r.name).recipe} if r.recipe else {}
        recipe.get("recipe", {}).pop("history", None)
        lines[r.name] = {"title": r.title, "T": r.T, **evaluations[r.name].figures(), **cost(r),
                         **recipe}
    claims = [check(c, evaluations) for c in CLAIMS if {c.of, c.less} <= set(evaluations)]
    return {"photos": evaluations[rows[0].name].photos, "draws": DRAWS,
            "interval_kinds": INTERVAL_KINDS,
            "classifier": classifier.name, "rows": lines, "claims": claims,
            "provenance": provenance(val_paths) | {"seconds": round(time.monotonic() - begun)}}
