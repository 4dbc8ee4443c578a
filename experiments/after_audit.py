"""Audit a leaderboard: what a Fréchet distance depends on beside the pictures (chapter 15)."""

from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

from colorlib.after.features import SIDE
from colorlib.after.frechet import STEP, at_infinity, features, frechet_distance, moments
from colorlib.data import find_photos, is_gray
from colorlib.evaluation.classifier import Classifier
from colorlib.images import center, read_rgb
from colorlib.io.datasets import imagenette
from colorlib.io.files import save_atomically
from colorlib.metrics import colorfulness

COUNTS = (50, 100, 200, 400)
KEPT = 64  # directions of the features that ship
DRAWN = 10  # sets of pictures of each size


def measured(classifier: Classifier, pictures: Tensor) -> Tensor:
    """Features of uint8 pictures (N, 3, 128, 128)."""
    return torch.cat([features(classifier, part.float() / 255) for part in pictures.split(64)])


def all_photos(classifier: Classifier) -> dict[str, Tensor]:
    """Features of every fourth photograph of the val split: made smaller, the same in gray, cut.

    Also both colorfulnesses of each, (N, 2).
    """
    found: dict[str, list[Tensor]] = {"truth": [], "gray": [], "cut": [], "colorfulness": []}
    for path in find_photos(imagenette("val"))[::4]:
        square = center(read_rgb(path, shrink_to=SIDE), SIDE)
        if is_gray(square):
            continue
        cut = center(read_rgb(path), SIDE)  # the middle of the photograph, not made smaller
        rgb = square.float() / 255
        gray = (rgb * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(0).expand(3, -1, -1)
        three = features(classifier, torch.stack([rgb, gray, cut.float() / 255]))
        for name, value in zip(("truth", "gray", "cut"), three, strict=True):
            found[name].append(value)
        found["colorfulness"].append(torch.tensor(
            [colorfulness(rgb, formula) for formula in ("signed", "absolute")]))
    return {name: torch.stack(values) for name, values in found.items()}


def by_count(pictures: Tensor, reference: Tensor) -> dict:
    """Mean distance of so many pictures, drawn ten times, and where the line to 1 / N = 0 ends."""
    rng, against = torch.Generator().manual_seed(0), moments(reference)
    means = []
    for count in COUNTS:
        drawn = [pictures[torch.randperm(len(pictures), generator=rng)[:count]]
                 for _ in range(DRAWN)]
        means.append(np.mean([frechet_distance(moments(x), against) for x in drawn]))
    return {"counts": COUNTS, "distances": means,
            "at infinity": at_infinity(torch.tensor(COUNTS), torch.tensor(means))}


def audit(classifier: Classifier, pictures: dict[str, Tensor], path: Path) -> dict:
    """Distances by count, by reference, by crop; two colorfulnesses; features that ship."""
    found = all_photos(classifier)
    truth, gray = found["truth"], found["gray"]
    halves = truth[::2], truth[1::2]
    rows = {name: measured(classifier, value) for name, value in pictures.items()}
    print("audit: features of", len(truth), "photographs", flush=True)
    ship(truth, rows | {"truth": truth, "gray": gray}, path)
    signed, absolute = found["colorfulness"].double().T
    return {
        "photos": len(truth),
        "truth against truth": by_count(halves[1], halves[0]),
        "gray against truth": by_count(gray[1::2], halves[0]),
        "rows": {name: [frechet_distance(moments(value), moments(half)) for half in halves]
                 for name, value in rows.items()},
        "cut against made smaller": frechet_distance(moments(found["cut"]), moments(truth)),
        "colorfulness": {"signed": signed.mean().item(), "absolute": absolute.mean().item(),
                         "rank correlation": float(spearmanr(signed, absolute)[0])}}


def ship(truth: Tensor, rows: dict[str, Tensor], path: Path) -> None:
    """Write features in the directions in which the true ones vary most, in steps of 1/32."""
    spread = moments(truth)
    values, vectors = torch.linalg.eigh(spread.covariance)
    axes = vectors[:, -KEPT:].flip(1)
    unit = values[-1].sqrt()  # one unit for all: distances keep their proportions
    kept = {name: ((value.double() - spread.mean) @ axes / unit / STEP)
            .round().clamp(-128, 127).to(torch.int8).contiguous() for name, value in rows.items()
            if name != "mean"}
    save_atomically(kept, {"what": "features of the course's classifier, first 64 principal axes"},
                    path)
