"""Intervals of a ratio of two sums over photographs, and what they are worth (chapter 07)."""

from functools import lru_cache

import numpy as np

LEVEL = 0.95
PART = 50  # bootstrap samples that are drawn and summed at a time


def effective(weights) -> float:
    """Kish's effective number: n photographs with these weights tell as much as so many equal ones.

    (sum of w)^2 / (sum of w^2), from 1 to n. Kish, *Survey Sampling* (1965).

    Parameters
    ----------
    weights : array or tensor, shape (n,): the sum of each photograph's pixel weights.

    Returns
    -------
    the number; NaN without photographs.
    """
    weights = np.asarray(weights, dtype=np.float64)
    return float(weights.sum() ** 2 / np.square(weights).sum()) if len(weights) else float("nan")


def resampled(rows: np.ndarray, draws: int, seed: int = 0) -> np.ndarray:
    """Sums of bootstrap samples: each draws as many rows as there are, with replacement.

    Parameters
    ----------
    rows : array, shape (n, columns), a row a photograph.

    Returns
    -------
    array, shape (draws, columns). The same n and seed draw the same photographs.
    """
    times = _times(len(rows), draws, seed)
    parts = [times[i : i + PART].astype(np.float64) @ rows for i in range(0, draws, PART)]
    return np.concatenate(parts) if parts else np.empty((0, rows.shape[1]))


@lru_cache(maxsize=1)
def _times(n: int, draws: int, seed: int) -> np.ndarray:
    """How often each sample holds each of n rows, shape (draws, n); 2 bytes each."""
    times, rng = np.zeros((draws, n), np.uint16), np.random.default_rng(seed)
    for i in range(0, draws if n else 0, PART):
        part = times[i : i + PART]
        part[:] = rng.multinomial(n, np.full(n, 1 / n), len(part))
    return times


def _draw(part: np.ndarray, whole: np.ndarray, draws: int, seed: int):
    """The ratio and its standard error, of the sample and of bootstrap draws of it.

    The error is the linear one: sqrt(sum of (part - ratio * whole)^2) / (sum of whole).
    """
    terms = np.stack([part, whole, part * part, part * whole, whole * whole], 1)
    x, w, xx, xw, ww = np.vstack([terms.sum(0), resampled(terms, draws, seed)]).T
    ratio = x / w
    error = np.sqrt(np.maximum(xx - 2 * ratio * xw + ratio**2 * ww, 0)) / w
    return ratio[0], error[0], ratio[1:], error[1:]


def percentile(part: np.ndarray, whole: np.ndarray, draws: int = 1000, seed: int = 0,
               level: float = LEVEL) -> list[float]:
    """Where the middle of the bootstrap's ratios lies: too narrow if few photographs weigh most.

    Parameters and result are those of `studentized`.
    """
    _, _, ratios, _ = _draw(part, whole, draws, seed)
    return np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2]).tolist()


def studentized(part: np.ndarray, whole: np.ndarray, draws: int = 1000, seed: int = 0,
                level: float = LEVEL) -> list[float]:
    """The bootstrap-t interval of sum(part) / sum(whole) over photographs: low, high.

    Each draw gives t, its ratio's distance from the sample's in standard errors of its own. The
    quantiles of t stand where a normal distribution's 1.96 would.

    Parameters
    ----------
    part, whole : arrays, shape (n,), a number a photograph. For the difference of two methods on
        the same photographs, `part` is the difference of theirs: the weights are the same.
    draws, seed : of the bootstrap.
    level : share of such intervals that should hold the true ratio; fewer do where few photographs
        weigh most. results/coverage.json has the share that does.

    Notes
    -----
    Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 12. A draw with no
    spread at all has no t and is left out.
    """
    ratio, error, ratios, errors = _draw(part, whole, draws, seed)
    usable = errors > 1e-12 * max(abs(ratio), 1e-300)
    if not usable.any():
        return [float(ratio), float(ratio)]
    t = (ratios[usable] - ratio) / errors[usable]
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    return [float(ratio - high * error), float(ratio - low * error)]
