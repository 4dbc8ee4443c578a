"""From rows of sums, one a photograph, to the figures of chapter 12 with their intervals."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from colorlib.inference import TEMPERATURE
from colorlib.limits import calibration, failures
from colorlib.limits.conditions import CONDITIONS
from experiments.bootstrap import estimate
from experiments.trials import CELL, HUES, PRINTS, T_GRID, T_TABLES, UNDECIDED

# Each figure is the sum of one column of `HUES` by the sum of another.
FIGURES = {
    "agreement": ("agreement", "product of chromas"),
    "error": ("error", "pixels"),
    "gray error": ("true chroma", "pixels"),
    "chroma": ("chroma", "true chroma"),
    "bits": ("bits", "pixels"),
}



def interval(rows: Tensor, statistic: Callable[[Tensor], Tensor]) -> list[float]:
    """`bootstrap.estimate` in five significant digits: value, low, high."""
    return [float(f"{x:.5g}") for x in estimate(rows, statistic)]


def figure(rows: Tensor, name: str) -> Tensor:
    """One of `FIGURES` from rows of `trials.hues`, (n, 7)."""
    above, below = (rows[:, HUES.index(column)].sum() for column in FIGURES[name])
    return above / below


def figures(rows: Tensor) -> dict[str, list[float]]:
    """All `FIGURES` of rows of `trials.hues`, (n, 7), without those that were not measured."""
    made = {name: interval(rows, lambda r, name=name: figure(r, name)) for name in FIGURES}
    return {name: values for name, values in made.items() if not math.isnan(values[0])}


def ratio(rows: Tensor) -> Tensor:
    """Of rows of sums, (n, 2): all of the first by all of the second."""
    return rows[:, 0].sum() / rows[:, 1].sum()


def change(new: Tensor, old: Tensor, by: str) -> dict[str, list[float]]:
    """From rows of `hues` for the same photographs: what changed, photograph by photograph."""
    both = torch.stack([new, old], dim=1)
    return {f"change of {name} by {by}": interval(
        both, lambda r, name=name: figure(r[:, 0], name) - figure(r[:, 1], name))
        for name in ("agreement", "error")}


def rank_correlation(pairs: Tensor) -> Tensor:
    """Spearman's rank correlation of the two columns of (n, 2)."""
    ranks = pairs.argsort(0).argsort(0).double()
    return torch.corrcoef(ranks.T)[0, 1]


def calibrated(loss: Tensor, tables: Tensor) -> dict:
    """Temperature by likelihood on even-numbered photographs, what it brings on the others."""
    fit, loss, tables = loss[::2], loss[1::2], tables[1::2]
    fitted = interval(fit, lambda rows: T_GRID[rows.mean(0).argmin()])
    found = {"T": fitted, "by T": {}}
    for T in (1.0, fitted[0], TEMPERATURE):
        near = min(range(len(T_TABLES)), key=lambda i, T=T: abs(T_TABLES[i] - T))
        at, table = (T_GRID - T_TABLES[near]).abs().argmin(), tables[:, near]
        count, confidence, right = table.sum(0).unbind(-1)
        found["by T"][f"{T_TABLES[near]:g}"] = {
            "ece": interval(table, lambda rows: calibration.calibration_error(rows.sum(0))),
            "loss": interval(loss[:, at], torch.mean),
            "confidence": interval(table, lambda r: r[..., 1].sum() / r[..., 0].sum()),
            "right": interval(table, lambda r: r[..., 2].sum() / r[..., 0].sum()),
            "diagram: share of pixels, confidence, right": [
                [float(f"{x:.4g}") for x in (n / count.sum(), c / n, r / n)]
                for n, c, r in zip(count, confidence, right, strict=True) if n]}
    return found


def summarized(rows: dict[str, Tensor]) -> dict:
    """The figures of chapter 12 from all photographs' rows, each (n, ...)."""
    why, part = rows["why"], rows["by entropy"]
    split = [0.0, *UNDECIDED.tolist(), 8.3]
    edges = rows["bleeding"][~rows["bleeding"].isnan().any(1)]  # of photographs that have one
    return {
        "why": {
            "rank correlation of error with": {
                "entropy": interval(why[:, [0, 1]], rank_correlation),
                "surprise by the prior": interval(why[:, [0, 2]], rank_correlation)},
            "entropy, bits": interval(why[:, 1], torch.mean),
            "by entropy": {f"{split[i]:g} to {split[i + 1]:g} bits": {
                "pixels": interval(part, lambda r, i=i: r[:, i, 0].sum() / r[:, :, 0].sum()),
                "error": interval(part[:, i], lambda r: r[:, 1].sum() / r[:, 0].sum()),
                "gray error": interval(part[:, i], lambda r: r[:, 2].sum() / r[:, 0].sum())}
                for i in range(len(split) - 1)}},
        "calibration": {name: calibrated(rows[f"loss {name}"], rows[f"tables {name}"]) for name in
                        ("course", "course, weights divided out", "classification")},
        "levels": dict(zip(("black", "white"), rows["levels"].median(0)[0].tolist(), strict=True)),
        f"cut into squares of {CELL} pixels": {
            "whole": figures(rows["whole"]), "shuffled": figures(rows["shuffled"]),
            "agreement of the two": interval(rows["whole and shuffled"], ratio),
            **change(rows["shuffled"], rows["whole"], "shuffling")},
        "one thing, two colors": {f"{a} to {b} pixels apart": {
            name: interval(rows["one thing"][:, i], lambda r, k=k: r[:, k].sum() / r[:, 0].sum())
            for k, name in ((1, "predicted"), (2, "true"))}
            for i, (a, b) in enumerate(failures.DISTANCES)},
        "bleeding": {"photos": len(edges), **{
            name: interval(edges[:, i], torch.mean) for i, name in enumerate(
                ("predicted", "true at the network's size", "true"))}},
        "conditions": {name: figures(rows[f"condition {name}"]) | {
            "agreement of one color": interval(rows[f"one color {name}"], ratio)}
            for name in CONDITIONS} | change(
                rows["condition infrared"], rows["condition as it is"], "infrared"),
        "old prints": {name: figures(rows[f"print {name}"]) for name in PRINTS} | {
            **change(rows["print old, prepared"], rows["print old"], "preparing"),
            **change(rows["print old, prepared"], rows["print old, prepared but for spots"],
                     "mending spots")},
    }
