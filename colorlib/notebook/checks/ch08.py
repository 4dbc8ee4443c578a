"""Exercises of chapter 08: count, catch, resample raters, in which order, and with what power."""

import torch
from scipy.stats import binom
from torch import Tensor

from ..checks import Exercise, Mistake

_PRACTICE = torch.tensor([1, 1, 0, 0, 0, 0, 0, 0], dtype=torch.bool)
_CATCH = torch.tensor([0, 0, 0, 1, 0, 0, 1, 0], dtype=torch.bool)
_FOOLED = torch.tensor([1, 1, 0, 1, 1, 0, 0, 0], dtype=torch.bool)
_ALL = torch.tensor([0, 0, 1, 0, 1, 1, 0, 1], dtype=torch.bool)


def _labeled_real(practice: Tensor, catch: Tensor, fooled: Tensor) -> Tensor:
    return fooled[~practice & ~catch].float().mean()


labeled_real = Exercise(
    reference=_labeled_real,
    cases=[(_PRACTICE, _CATCH, _FOOLED), (_PRACTICE, _CATCH, _ALL),
           (_PRACTICE.roll(3), _CATCH.roll(-2), _FOOLED)],
    right="Practice teaches and catch trials guard; only the rest is the measurement.",
    mistakes=[
        Mistake("the catch trials were counted too: they have Random's colors, not the method's.",
                lambda practice, catch, fooled: fooled[~practice].float().mean()),
        Mistake("the practice pairs were counted too.",
                lambda practice, catch, fooled: fooled[~catch].float().mean()),
        Mistake("this leaves out only trials that are both: no trial is. Practice and catch trials "
                "both go: not the one *and* not the other.",
                lambda practice, catch, fooled: fooled[~practice | ~catch].float().mean()),
        Mistake("every trial was counted.",
                lambda practice, catch, fooled: fooled.float().mean()),
        Mistake("this is the share of right answers; labeled real is the share of fooled ones.",
                lambda practice, catch, fooled: 1 - _labeled_real(practice, catch, fooled)),
        Mistake("the sum was divided by all trials, not by those that count.",
                lambda practice, catch, fooled: (fooled & ~practice & ~catch).float().mean()),
    ],
)


def _passes(p: float, trials: int, allowed: int) -> float:
    return float(binom.cdf(allowed, trials, p))


passes = Exercise(
    reference=_passes,
    cases=[(0.5, 4, 0), (0.5, 4, 1), (0.13, 4, 1), (0.5, 10, 2)],
    right="A sum over all numbers of errors that the rule lets pass.",
    tolerance=1e-5,
    mistakes=[
        Mistake("this is the chance of exactly so many errors. Fewer pass as well: add them up.",
                lambda p, trials, allowed: float(binom.pmf(allowed, trials, p))),
        Mistake("this is the chance that a fixed choice of trials, trials - allowed of them, has "
                "no error. Add up the chances of 0, 1, ... `allowed` errors, wherever they are.",
                lambda p, trials, allowed: (1 - p) ** (trials - allowed)),
        Mistake("this is the chance to be left out.",
                lambda p, trials, allowed: float(binom.sf(allowed, trials, p))),
        Mistake("the number of ways is missing: one error can be the first, the second, ...",
                lambda p, trials, allowed: sum(
                    p**k * (1 - p) ** (trials - k) for k in range(allowed + 1))),
        Mistake("one error too few is let pass: range(allowed) ends before `allowed`.",
                lambda p, trials, allowed: float(binom.cdf(allowed - 1, trials, p))),
        Mistake("p is the chance of an error, not of a right answer.",
                lambda p, trials, allowed: float(binom.cdf(allowed, trials, 1 - p))),
    ],
)

_ENDS = torch.tensor([0.025, 0.975])


def _interval(rates: Tensor, picks: Tensor) -> Tensor:
    return rates[picks].mean(1).quantile(_ENDS)


def _bell(middle: Tensor, spread: Tensor) -> Tensor:
    return middle + 1.96 * spread * torch.tensor([-1.0, 1.0])


def _class(raters: int, seed: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    rates = torch.randint(4, 20, (raters,), generator=rng) / 36
    return rates, torch.randint(raters, (200, raters), generator=rng)


interval = Exercise(
    reference=_interval,
    cases=[_class(6, 0), _class(40, 1)],
    right="New classes from the one you have: whole raters are drawn, with all their answers.",
    mistakes=[
        Mistake("this is where the raters lie, not where the mean of a class may lie: mean first.",
                lambda rates, picks: rates.quantile(_ENDS)),
        Mistake("the mean was taken over the draws, not over the raters of each draw.",
                lambda rates, picks: rates[picks].mean(0).quantile(_ENDS)),
        Mistake("the rates of a class were summed. Take their mean.",
                lambda rates, picks: rates[picks].sum(1).quantile(_ENDS)),
        Mistake("this interval holds 90%: 2.5% belong to each end.",
                lambda rates, picks: rates[picks].mean(1).quantile(torch.tensor([0.05, 0.95]))),
        Mistake("the mean plus and minus 1.96 standard deviations fits a bell. Take the quantiles, "
                "which fit any shape.",
                lambda rates, picks: _bell(rates.mean(), rates[picks].mean(1).std())),
        Mistake("the draws' mean plus and minus 1.96 standard deviations fits a bell. Take the "
                "quantiles, which fit any shape.",
                lambda rates, picks: _bell(rates[picks].mean(), rates[picks].mean(1).std())),
        Mistake("this is the mean plus and minus 1.96 standard errors, and no draw was used. Take "
                "the quantiles of the drawn classes.",
                lambda rates, picks: _bell(rates.mean(), rates.std() / len(rates) ** 0.5)),
        Mistake("this is the mean plus and minus 1.96 standard deviations of single raters. The "
                "mean of a class lies much closer: take the quantiles of the draws.",
                lambda rates, picks: _bell(rates.mean(), rates.std())),
        Mistake("the median of each draw was taken. The rate of a class is its mean.",
                lambda rates, picks: rates[picks].median(1).values.quantile(_ENDS)),
    ],
)


_ORDER = "EABCD"


def _letters(got) -> str:
    return "".join(c for c in "".join(map(str, got)).upper() if c.isalpha())


def _in_order(got) -> str | None:
    letters = _letters(got) if isinstance(got, str | list | tuple) else ""
    if sorted(letters) != list("ABCDE"):
        return 'five letters are asked for, each once, such as "ABCDE"'
    if letters == _ORDER:
        return None
    needs = {"AE": "A filters `rates`, which E has yet to make.",
             "BE": "B asks for the number of `rates`, which E has yet to make.",
             "CB": "C uses `picks`, which B has yet to make.",
             "DC": "D uses `classes`, which C has yet to make."}
    for (early, late), why in needs.items():
        if letters.index(early) < letters.index(late):
            return why
    return "the lines run in this order, but the rule (A) comes too late"


order = Exercise(
    reference=lambda: _ORDER,
    judge=_in_order,
    right="The rule first, then the resampling: raters who are left out are in no drawn class.",
    mistakes=[
        Mistake("B draws from all raters, but A then removes some: the indices no longer fit.",
                lambda: "EBACD"),
        Mistake("The classes are drawn before A applies the rule: guessing raters are in them.",
                lambda: "EBCAD"),
        Mistake("A comes last: the interval is already computed, with guessing raters in it.",
                lambda: "EBCDA"),
    ],
)

_LOW = torch.tensor([0.01, -0.03, 0.02, -0.09, -0.01])
_HIGH = torch.tensor([0.08, 0.05, 0.10, -0.01, 0.0])


def _power(low: Tensor, high: Tensor) -> Tensor:
    return ((low > 0) | (high < 0)).float().mean()


power = Exercise(
    reference=_power,
    cases=[(_LOW, _HIGH), (-_HIGH, -_LOW + 0.001)],
    right="An experiment finds a difference if its interval leaves out 0, on either side.",
    mistakes=[
        Mistake("this counts the experiments that found nothing.",
                lambda low, high: ((low <= 0) & (high >= 0)).float().mean()),
        Mistake("an interval wholly below 0 finds a difference as well, if the wrong way round.",
                lambda low, high: (low > 0).float().mean()),
        Mistake("an interval that touches 0 holds 0: write < and >, not <= and >=.",
                lambda low, high: ((low >= 0) | (high <= 0)).float().mean()),
        Mistake("that the middle is above 0 is no finding: an interval may still hold 0.",
                lambda low, high: (low + high > 0).float().mean()),
        Mistake("this is the number of experiments; their share is asked for.",
                lambda low, high: ((low > 0) | (high < 0)).float().sum()),
    ],
)
