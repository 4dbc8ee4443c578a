"""Simulate raters whose true rate is known: coverage, power, and session files (chapter 08)."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from .plan import Trial, plan
from .sessions import Session
from .statistics import Answers, labeled_real


def simulate(rate: float, raters: int = 40, pictures: int = 36, rater_sd: float = 0.0,
             picture_sd: float = 0.0, seed=0, each: int = 1) -> Answers:
    """Answers of a made-up class whose true rate is known.

    Rater r takes picture i for real with the probability Phi(m + u_r + v_i). The u and v are drawn
    from normal distributions, and m is such that over all raters and pictures the mean is `rate`.

    Parameters
    ----------
    rater_sd, picture_sd : how much raters differ, and pictures: the standard deviations of u and v
        (on the scale of Phi's argument). 0: all alike.
    seed : an integer, or a numpy generator to go on with.
    each : how many pairs of every picture a rater sees, such as windows of one scene.
    """
    if not 0 < rate < 1:
        raise ValueError(f"rate must lie between 0 and 1, got {rate}")
    rng = np.random.default_rng(seed)
    m = ndtri(rate) * np.sqrt(1 + rater_sd**2 + picture_sd**2)
    u = rater_sd * rng.standard_normal((raters, 1))
    v = picture_sd * rng.standard_normal((1, pictures))
    fooled = (rng.random((each, raters, pictures)) < ndtr(m + u + v)).sum(0)
    return Answers(fooled, np.full((raters, pictures), each))


def rater_sd_of(se: float, rate: float, raters: int, pairs: int) -> float:
    """How much raters must differ for a class to have this standard error over raters.

    Parameters
    ----------
    se : of the labeled-real share, found with so many `raters` of so many `pairs` each.

    Returns
    -------
    what `simulate` calls rater_sd; 0 if chance alone gives an error as large.
    """
    chance = rate * (1 - rate) / pairs
    wanted = max(0.0, raters * se**2 - chance) / (1 - 1 / pairs)  # variance of raters' own rates
    return float(brentq(lambda sd: _between(rate, sd) - wanted, 0, 10)) if wanted else 0.0


def _between(rate: float, sd: float) -> float:
    """Variance of Phi(m + u) over raters u ~ N(0, sd) when its mean is `rate`."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    own = ndtr(ndtri(rate) * np.sqrt(1 + sd**2) + sd * nodes)
    return weights @ (own - rate) ** 2 / weights.sum()


def coverage(rate: float, over: str = "raters", classes: int = 400, seed: int = 0,
             draws: int = 500, **simulated) -> float:
    """Share of made-up classes whose 95% interval holds the true rate: it should be 0.95.

    Parameters
    ----------
    over : as for `labeled_real`. simulated : as for `simulate`.
    """
    rng, held = np.random.default_rng(seed), 0
    for i in range(classes):
        found = labeled_real(simulate(rate, seed=rng, **simulated), over, draws, seed=i)
        held += found.low <= rate <= found.high
    return held / classes


def power(rate: float, other: float, raters: int = 40, pairs: int = 36, rater_sd: float = 0.0,
          classes: int = 1000, seed: int = 0) -> float:
    """Chance to find that two methods differ, with raters of its own for each: by simulation.

    Parameters
    ----------
    rate, other : true shares of the two methods. raters, pairs : for each method.
    classes : how many experiments to simulate.

    Returns
    -------
    share of the experiments in which the 95% interval of the difference leaves out 0. The interval
    is 1.96 standard errors over raters to each side: the bootstrap's standard error of a mean has
    a formula, so nothing has to be drawn.
    """
    if raters < 2:
        raise ValueError("raters must be at least 2, or nobody knows how much raters differ")
    rng = np.random.default_rng(seed)
    means, variances = [], []
    for true in (rate, other):
        m, u = ndtri(true) * np.sqrt(1 + rater_sd**2), rng.standard_normal((classes, raters))
        own = rng.binomial(pairs, ndtr(m + rater_sd * u)) / pairs  # rates of the raters
        means.append(own.mean(1))
        variances.append(own.var(1) / raters)
    z = np.abs(means[0] - means[1]) / np.sqrt(np.maximum(variances[0] + variances[1], 1e-12))
    return float((z > norm.ppf(0.975)).mean())


def simulate_sessions(raters: int, rate: float = 0.32, catch_rate: float = 0.13,
                      rater_sd: float = 0.4, picture_sd: float = 0.3, method: str = "course",
                      guessers: float = 0.0, scenes: int = 8, seed: int = 0) -> list[Session]:
    """Sittings of a made-up class, as files would hold them.

    Parameters
    ----------
    rate, rater_sd, picture_sd : as for `simulate`; pictures of one scene are alike.
    catch_rate : share of the catch pictures that a rater takes for real.
    guessers : share of the raters who don't look and guess.
    """
    rng = np.random.default_rng(seed)
    m = ndtri(rate) * np.sqrt(1 + rater_sd**2 + picture_sd**2)
    v, sessions = picture_sd * rng.standard_normal(scenes), []
    for i in range(raters):
        guesses, u = rng.random() < guessers, rater_sd * rng.standard_normal()
        session = Session(f"{rng.integers(2**62):016x}", int(rng.integers(2**32)), method,
                          "simulated", started=f"2026-01-{1 + i % 28:02}", frame_ms=16.7)
        session.trials = [_answered(trial, scenes, rng) for trial in plan(session.seed)]
        for trial in session.trials:
            chance = ndtr(m + u + v[trial.pair % scenes]) if trial.kind == "colorized" else (
                catch_rate)
            fooled = rng.random() < (0.5 if guesses else chance)
            trial.fake_is = trial.real if fooled else _other(trial.real)
        sessions.append(session)
    return sessions


def _answered(trial: Trial, scenes: int, rng) -> Trial:
    trial.scene = f"scene {trial.pair % scenes}"
    trial.first_ms, trial.second_ms = 1000.0, 1000.0
    trial.response_ms = round(float(rng.lognormal(6.5, 0.4)), 1)
    return trial


def _other(side: str) -> str:
    return "second" if side == "first" else "first"
