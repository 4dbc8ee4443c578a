"""The Turing test's numbers: from a class's files to an estimate that means something (chapter 08).

"Labeled real" is the share of pairs in which the colorized picture was taken for the photograph.
1/2 is perfect: then nobody can tell. Shares are from 0 to 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from .sessions import Session, SessionError, Trial, plan, read

MAX_CATCH_ERRORS = 1  # a rater who takes more Random pictures for real is left out
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


def simulate(rate: float, raters: int = 40, pictures: int = 36, rater_sd: float = 0.0,
             picture_sd: float = 0.0, seed=0) -> Answers:
    """Answers of a made-up class whose true rate is known.

    Rater r takes picture i for real with the probability Phi(m + u_r + v_i). The u and v are drawn
    from normal distributions, and m is such that over all raters and pictures the mean is `rate`.

    Parameters
    ----------
    rater_sd, picture_sd : how much raters differ, and pictures: the standard deviations of u and v
        (on the scale of Phi's argument). 0: all alike.
    seed : an integer, or a numpy generator to go on with.
    """
    if not 0 < rate < 1:
        raise ValueError(f"rate must lie between 0 and 1, got {rate}")
    rng = np.random.default_rng(seed)
    m = ndtri(rate) * np.sqrt(1 + rater_sd**2 + picture_sd**2)
    u = rater_sd * rng.standard_normal((raters, 1))
    v = picture_sd * rng.standard_normal((1, pictures))
    fooled = rng.random((raters, pictures)) < ndtr(m + u + v)
    return Answers(fooled.astype(int), np.ones((raters, pictures), dtype=int))


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


# --- a class's files ---


@dataclass
class Pooled:
    """A class's files as one result.

    Attributes
    ----------
    sessions : what counts. left_out : (file, reason) of each that does not.
    other_vision : sessions of raters who can't tell some colors apart: whole, and a group of their
        own, for the question was asked of people who can.
    """

    sessions: list[Session] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    other_vision: list[Session] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        """The methods that were judged."""
        return sorted({session.method for session in self.sessions})

    def answers(self, method: str | None = None, by: str = "scene") -> Answers:
        """The counts of one method, or of the only one.

        Parameters
        ----------
        by : what a column is: "scene", the photograph that pairs were cut from, or "pair". Two
            pairs of one scene are not two pictures, so "scene" is the honest unit to draw from.
        """
        if method is None and len(self.methods) > 1:
            raise ValueError(f"say which method: {', '.join(self.methods)}")
        chosen = [s for s in self.sessions if method in (None, s.method)]
        if not chosen:
            raise ValueError(f"no session of the method {method!r} counts")
        return answers_of(chosen, by)

    def __repr__(self) -> str:
        lines = [f"{len(self.sessions)} sessions count"]
        for method in self.methods:
            raters = len({s.rater for s in self.sessions if s.method == method})
            lines.append(f"  {method}: labeled real {labeled_real(self.answers(method))}, "
                         f"{raters} raters")
        if self.other_vision:
            lines.append(f"{len(self.other_vision)} of raters with another color vision: apart")
        lines += [f"left out {name}: {reason}" for name, reason in self.left_out]
        return "\n".join(lines)


def answers_of(sessions: Sequence[Session], by: str = "scene") -> Answers:
    """Count the test's colorized trials that were on time, neither practice nor catch."""
    trials = [(row, getattr(trial, by), trial) for row, session in enumerate(sessions)
              for trial in session.trials
              if (trial.phase, trial.kind) == ("test", "colorized") and trial.on_time]
    columns = {name: i for i, name in enumerate(sorted({name for _, name, _ in trials}))}
    shown = np.zeros((len(sessions), len(columns)), dtype=int)
    fooled = shown.copy()
    for row, name, trial in trials:
        shown[row, columns[name]] += 1
        fooled[row, columns[name]] += trial.fooled
    return Answers(fooled, shown)


def catch_errors(session: Session) -> int:
    """How many pictures in the colors of another photo were taken for real."""
    return sum(trial.fooled for trial in session.trials if trial.kind == "catch")


def pool(files: str | Path | Iterable[str | Path],
         max_catch_errors: int = MAX_CATCH_ERRORS) -> Pooled:
    """One result from the files of a class.

    Parameters
    ----------
    files : a folder, or paths of CSV and JSON files that the page or the widget wrote.
    max_catch_errors : a rater with more is left out. Fix it before you have seen a single answer.

    Returns
    -------
    what counts, and of every file that does not, the name and the reason: truncated, tampered with,
    the same as another, a rater's second sitting (the pictures are known by then), too many
    catch trials failed.
    """
    folder = isinstance(files, str | Path)
    if folder and not Path(files).is_dir():
        raise ValueError(f"{files} is not a folder; give one, or a list of files")
    paths = sorted(p for p in Path(files).iterdir() if p.suffix.lower() in (".csv", ".json")) \
        if folder else [Path(p) for p in files]
    result, readable = Pooled(), []
    for path in paths:
        try:
            readable.append((read(path), path.name))
        except SessionError as error:
            result.left_out.append((path.name, str(error)))
    seen: dict[tuple, str] = {}
    # In the order of time: of two sittings the first one counts.
    for session, name in sorted(readable, key=lambda r: (r[0].started, r[1])):
        same = session.checksum()
        late = sum(not trial.on_time for trial in session.trials)
        if (session.rater, same) in seen:
            reason = f"the same as {seen[session.rater, same]}"
        elif session.rater in seen:
            reason = f"a second sitting of the rater of {seen[session.rater]}"
        elif late > len(session.trials) // 2:
            reason = f"{late} of {len(session.trials)} pairs were not seen for one second"
        elif session.vision == "different":
            result.other_vision.append(session)
            reason = ""
        elif catch_errors(session) > max_catch_errors:
            reason = f"failed {catch_errors(session)} catch trials"
        else:
            result.sessions.append(session)
            reason = ""
        seen.setdefault(session.rater, name)
        seen.setdefault((session.rater, same), name)
        if reason:
            result.left_out.append((name, reason))
    result.left_out.sort()
    return result


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
