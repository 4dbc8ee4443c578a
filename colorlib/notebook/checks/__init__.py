"""Exercises that check themselves (all chapters).

An `Exercise` compares what a learner wrote with a reference, on cases. The usual mistakes are
functions too: an answer that gives what one of them gives is told which mistake it is.
"""

import traceback
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

import colorlib

NOT_YET, WRONG, RIGHT = "not yet", "wrong", "right"
NO_RETURN = "nothing came back (None). Is `return` missing? `print` only shows a value."
# Part of an error's message, and what to do about it.
ADVICE = {
    "is ambiguous": "`if`, `not`, `min` and `max` need one yes or no, but this tensor has one for "
                    "each element. torch.where(condition, x, y) chooses element by element; "
                    "x.clamp(min=..., max=...) sets limits; ~x, x & y and x | y are not, and, or.",
    "could not infer output dtype": "A mean needs numbers, not True and False: x.float().mean().",
    "with two bool tensors": "Make numbers of True and False first: x.float().",
    "numpy boolean subtract": "Make numbers of True and False first: x.astype(float).",
}
GRAPH_KEPT = "These are tensors that still hold their graph. Take the number of each: .item()"


class Verdict:
    """What a checker says: its text in a notebook, true for a right answer."""

    def __init__(self, status: str, text: str):
        self.status, self.text = status, text

    def __bool__(self) -> bool:
        return self.status == RIGHT

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Mistake:
    """A usual wrong answer: what to say about it, and a function that makes it."""

    says: str
    function: Callable


def judge_of_three(right: tuple, what: str, place: str) -> Callable:
    """A judge of three numbers, one for each of a, b and c: says which of them are wrong."""

    def judge(got) -> str | None:
        numbers = got.tolist() if isinstance(got, Tensor) else got
        try:
            numbers = [float(number) for number in numbers]  # "2" is the number 2, too
        except (TypeError, ValueError):
            numbers = ()
        if isinstance(got, str) or len(numbers) != 3:
            return f"three numbers are asked for: ({what} of a, {what} of b, {what} of c)"
        off = [name for name, number, is_right in zip("abc", numbers, right, strict=True)
               if number != is_right]
        return f"not the {what} of {place}{f' and not of {place}'.join(off)}" if off else None

    return judge


@dataclass(frozen=True)
class Exercise:
    """A checker: call it with the learner's answer.

    Parameters
    ----------
    reference : the right function; for an exercise whose answer is a value, one without arguments.
    cases : the arguments of each call, as tuples; plain cases first, the learner sees the first
        that fails. Leave it out for a value.
    right : what the learner has got right, in a sentence.
    mistakes : the usual wrong answers, each recognized by what it gives on the cases.
    judge : for exercises with many right answers: called with what the learner's function gave and
        the arguments; returns None, or what is wrong with it. Then `reference` is one of them.
    tolerance : how far a number may be off, as a share of it and in its own unit; 0 for counts.
    show_input : the arguments of a call in a few words, where their values say nothing.
    """

    reference: Callable
    right: str
    cases: Sequence[tuple] = ((),)
    mistakes: Sequence[Mistake] = ()
    judge: Callable[..., str | None] | None = None
    tolerance: float = 1e-3
    show_input: Callable[..., str] | None = None

    def __call__(self, answer) -> Verdict:
        function = answer if callable(answer) else lambda *_: answer
        for arguments in self.cases:
            try:
                got = function(*deepcopy(arguments))
            except NotImplementedError:
                return _not_yet()
            except Exception as error:  # any: it is the learner's code
                return Verdict(WRONG, f"✗ Not right.\n{self._input(arguments)}{_stopped(error)}")
            if got is ...:
                return _not_yet()
            if got is None:
                return Verdict(WRONG, f"✗ Not right.\n{self._input(arguments)}  {NO_RETURN}")
            wrong = self._compare(got, arguments)
            if wrong:
                mistake = self._recognize(function)
                named = f"\n  A usual mistake: {mistake.says}" if mistake else ""
                return Verdict(WRONG, f"✗ Not right.\n{self._input(arguments)}{wrong}{named}")
        return Verdict(RIGHT, f"✓ Right. {self.right}")

    def _input(self, arguments) -> str:
        shown = (self.show_input(*arguments) if self.show_input else
                 ", ".join(map(show_value, arguments)))
        return f"  input:    {shown}\n" if arguments else ""

    def _compare(self, got, arguments) -> str | None:
        """What is wrong with the result of one case, in lines; None if it is right."""
        if self.judge:
            verdict = self.judge(got, *deepcopy(arguments))
            return verdict and f"  got:      {show_value(got)}\n  {verdict}"
        return difference(got, self.reference(*deepcopy(arguments)), self.tolerance)

    def _recognize(self, function) -> Mistake | None:
        """The usual mistake that gives what the learner's function gives, on every case."""
        for mistake in self.mistakes:
            try:
                if all(
                    difference(function(*deepcopy(case)), mistake.function(*deepcopy(case)),
                               self.tolerance) is None
                    for case in self.cases
                ):
                    return mistake
            except Exception:  # one of the two can't do a later case: then they are not the same
                continue
        return None


def difference(got, expected, tolerance: float) -> str | None:
    """How a result differs from the right one, in lines; None if it doesn't."""
    if isinstance(expected, tuple):
        if isinstance(got, Tensor | np.ndarray) and got.ndim == 1:
            got = got.tolist()  # two numbers in one tensor are two results
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return f"  expected: {len(expected)} results, got {show_value(got)}"
        parts = zip(got, expected, strict=True)
        return next(filter(None, (difference(g, e, tolerance) for g, e in parts)), None)
    if isinstance(expected, str | bool):
        same = type(got) is type(expected) and got == expected
        return None if same else _both(got, expected)
    try:
        got_array = _array(got)
    except (TypeError, ValueError):
        kept = isinstance(got, list | tuple) and any(
            isinstance(item, Tensor) and item.requires_grad for item in got)
        return _both(got, expected) + (f"\n  {GRAPH_KEPT}" if kept else "")
    expected_array = _array(expected)
    if expected_array.ndim == 0 and got_array.size == 1:
        got_array = got_array.reshape(())  # a tensor that holds one number is that number
    if got_array.shape != expected_array.shape:
        return (f"  expected: shape {expected_array.shape}\n"
                f"  got:      shape {got_array.shape}, {show_value(got)}")
    if str(getattr(expected, "dtype", "")).endswith("uint8") and not str(
            getattr(got, "dtype", "")).endswith("uint8"):
        return f"  expected: bytes, uint8\n  got:      {getattr(got, 'dtype', type(got).__name__)}"
    near = np.isclose(got_array, expected_array, rtol=tolerance, atol=tolerance, equal_nan=True)
    if near.all():
        return None
    if expected_array.size <= 12:
        return _both(got, expected)
    off = np.where(np.isfinite(got_array), np.abs(got_array - expected_array), np.inf)
    worst = np.unravel_index(off.argmax(), off.shape)
    place = ", ".join(map(str, worst))
    return (f"  expected: {expected_array[worst]:.4g} at [{place}]\n"
            f"  got:      {got_array[worst]:.4g} there; "
            f"{(~near).sum()} of the {near.size} values differ")


def show_value(value) -> str:
    """A value in at most about 60 characters."""
    try:
        array = _array(value)
    except (TypeError, ValueError):
        text = " ".join(repr(value).split())
        return text if len(text) <= 60 else text[:57] + "..."
    if array.size > 12:
        return f"{array.size:,} numbers of shape {array.shape}, from {array.min():.4g} to " \
               f"{array.max():.4g}"
    if array.dtype == bool:
        return str(array.tolist())
    if array.ndim == 0:
        return f"{array:.4g}"
    short = {"float_kind": lambda number: f"{number:.4g}"}
    numbers = np.array2string(array, separator=", ", formatter=short)
    return " ".join(numbers.split())


def _array(value) -> np.ndarray:
    if isinstance(value, Tensor):
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
    except RuntimeError as error:  # a list of tensors that still carry their graph
        raise TypeError(str(error)) from error
    if array.dtype.kind not in "biuf":
        raise TypeError(f"not numbers: {value!r}")
    return array if array.dtype == bool else array.astype(np.float64)


def _both(got, expected) -> str:
    return f"  expected: {show_value(expected)}\n  got:      {show_value(got)}"


def _not_yet() -> Verdict:
    return Verdict(NOT_YET, "○ Not yet: replace the dots by your answer.")


def _stopped(error: Exception) -> str:
    """Where and why the learner's code stopped, in place of a traceback."""
    libraries = (str(Path(colorlib.__file__).parent), "site-packages", "lib/python")
    own = [frame for frame in traceback.extract_tb(error.__traceback__)
           if not any(place in frame.filename for place in libraries)]
    line = f"\n  in line {own[-1].lineno} of your cell: {own[-1].line}" if own else ""
    advice = next((text for part, text in ADVICE.items() if part in str(error)), "")
    return f"  it stopped with {type(error).__name__}: {error}{line}" + (advice and f"\n  {advice}")
