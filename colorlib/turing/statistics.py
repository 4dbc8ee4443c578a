"""Estimate the share labeled real, and differences, with bootstrap intervals (chapter 08).

"Labeled real" is the share of pairs in which the colorized picture was taken for the photograph.
1/2 is perfect: then nobody can tell. Shares are from 0 to 1.
"""

from dataclasses import dataclass

import numpy as np

DRAWS = 2000  # bootstrap samples


@dataclass(frozen=True)
class Answers:
    """What many raters said about many pictures: two tables of counts, shape (raters, pictures).

    Attributes
    ----------
    shown : how often a rater saw a picture, beside its photograph.
    fooled : how often the rater took it for the photograph.
    """

    fooled: np.ndarray
    shown: np.ndarray

    def __post_init__(self):
        if self.fooled.shape != self.shown.shape or self.fooled.ndim != 2:
            raise ValueError("fooled and shown must be tables of one shape (raters, pictures), got "
                             f"{self.fooled.shape} and {self.shown.shape}")
        if not self.shown.sum() > 0:
            raise ValueError("there is not a single answer to count")

    @property
    def rate(self) -> float:
        """Share of the answers that labeled the colorized picture real."""
        return float(self.fooled.sum() / self.shown.sum())


@dataclass(frozen=True)
class Estimate:
    """A share, or a difference of shares, with its bootstrap standard error and interval."""

    value: float
    se: float
    low: float
    high: float

    def __repr__(self) -> str:
        return f"{100 * self.value:.1f}% ± {100 * self.se:.1f}  " \
               f"[{100 * self.low:.1f}, {100 * self.high:.1f}]"


def labeled_real(answers: Answers, over: str = "raters", draws: int = DRAWS,
                  level: float = 0.95, seed: int = 0) -> Estimate:
    """Share of colorized pictures labeled real, with its interval by the bootstrap.

    Parameters
    ----------
    answers : of one method.
    over : what is drawn anew, with replacement. "raters": other people, these pictures. "pictures":
        these people, other pictures. "both": other people and other pictures. "pairs": every answer
        as if it came from a person of its own; too narrow wherever people differ.
    draws, level : number of bootstrap samples, and the share of them that the interval holds.

    Notes
    -----
    B. Efron, Bootstrap methods, 1979; A. Owen, The pigeonhole bootstrap, 2007, for both at once.
    """
    return _estimate(answers.rate, _drawn(answers, over, draws, np.random.default_rng(seed)), level)


def difference(one: Answers, other: Answers, over: str = "raters", draws: int = DRAWS,
               level: float = 0.95, seed: int = 0) -> Estimate:
    """Labeled real of one method minus that of another, each judged by raters of its own.

    The two differ for certain, at this level, if the interval does not hold 0. "pictures" and
    "both" draw the same pictures for the two methods if they have as many: they are then taken for
    the same photographs.
    """
    rng, same = np.random.default_rng(seed), one.shown.shape[1] == other.shown.shape[1]
    pictures = _weights(one.shown.shape[1], draws, rng) if same else None
    drawn = [_drawn(a, over, draws, rng, pictures) for a in (one, other)]
    return _estimate(one.rate - other.rate, drawn[0] - drawn[1], level)


def _weights(n: int, draws: int, rng) -> np.ndarray:
    """How often each of n comes up in n draws with replacement: (draws, n)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=draws)


def _drawn(answers: Answers, over: str, draws: int, rng, pictures=None) -> np.ndarray:
    """The rate in each bootstrap sample, shape (draws,)."""
    fooled, shown = answers.fooled, answers.shown
    if over == "pairs":
        total = int(shown.sum())
        return rng.binomial(total, answers.rate, draws) / total
    if over == "raters":
        weights = _weights(len(shown), draws, rng)
        return (weights @ fooled.sum(1)) / (weights @ shown.sum(1))
    pictures = _weights(shown.shape[1], draws, rng) if pictures is None else pictures
    if over == "pictures":
        return (pictures @ fooled.sum(0)) / np.maximum(pictures @ shown.sum(0), 1e-9)
    if over == "both":
        raters = _weights(len(shown), draws, rng)
        seen = np.maximum(((raters @ shown) * pictures).sum(1), 1e-9)
        return ((raters @ fooled) * pictures).sum(1) / seen
    raise ValueError(f"over must be 'raters', 'pictures', 'both' or 'pairs', got {over!r}")


def _estimate(value: float, drawn: np.ndarray, level: float) -> Estimate:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(drawn.std()), float(low), float(high))
