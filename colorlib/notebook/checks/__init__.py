"""Exercises that check themselves (all chapters).

An `Exercise` compares what a learner wrote with a reference, on cases. The usual mistakes are
functions too: an answer that gives what one of them gives is told which mistake it is.
"""

import traceback
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

import colorlib

from .compare import as_type, difference, show_value

NOT_YET, WRONG, RIGHT = "not yet", "wrong", "right"
NO_RETURN = "nothing came back (None). Is `return` missing? `print` only shows a value."
NO_VALUE = "None is not an answer: write yours in place of the dots."
# Part of an error's message, and what to do about it.
ADVICE = {
    "is ambiguous": "`if`, `not`, `min` and `max` need one yes or no, but this tensor has one for "
                    "each element. torch.where(condition, x, y) chooses element by element; "
                    "x.clamp(min=..., max=...) sets limits; ~x, x & y and x | y are not, and, or.",
    "could not infer output dtype": "A mean needs numbers with a fraction, not True and False or "
                                    "whole numbers: x.float().mean().",
    "bitwise_xor": "A power is written **, as in x**2; ^ compares bits.",
    "bitwise_and": "& and | come before a comparison: put brackets around each, (x > 0) & (x < 1).",
    "bitwise_or": "& and | come before a comparison: put brackets around each, (x < 0) | (x > 1).",
    "softmax_lastdim": "A softmax needs numbers with a fraction: x.float().",
    "modified by an inplace operation": "The weights were changed before backward() used them: "
                                        "step() comes after backward().",
    "matrix is singular": "The equations have no single solution: two rows say the same, or a row "
                          "that should fix a value is not replaced.",
    "with two bool tensors": "Make numbers of True and False first: x.float().",
    "numpy boolean subtract": "Make numbers of True and False first: x.astype(float).",
}


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
        numbers = got.tolist() if hasattr(got, "tolist") else got
        try:
            numbers = [float(number) for number in numbers]  # "2" is the number 2, too
        except (TypeError, ValueError):
            numbers = ()
        if isinstance(got, set):
            return f"a set has no order: write ({what} of a, {what} of b, {what} of c)"
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
            except Exception as error:  # any: it is the learner's code
                if isinstance(error, NotImplementedError) and not str(error):
                    return _not_yet()  # PyTorch's own errors of this kind say what is missing
                return Verdict(WRONG, f"✗ Not right.\n{self._input(arguments)}{_stopped(error)}")
            if got is ...:
                return _not_yet()
            if got is None:
                reason = NO_VALUE if answer is None and not arguments else NO_RETURN
                return Verdict(WRONG, f"✗ Not right.\n{self._input(arguments)}  {reason}")
            wrong = self._compare(got, arguments)
            if wrong:
                mistake = self._recognize(function)
                named = f"\n  A usual mistake: {mistake.says}" if mistake else ""
                return Verdict(WRONG, f"✗ Not right.\n{self._input(arguments)}{wrong}{named}")
        return Verdict(RIGHT, f"✓ Right. {self.right}")

    def choose(self, answer) -> Callable:
        """The learner's function if it is right, else the reference: for cells that use it.

        A right one may be written in NumPy, or change its arguments: it gets copies of tensors, and
        what it returns becomes the reference's type.
        """
        if not self(answer):
            return self.reference
        like = self.reference(*deepcopy(self.cases[0]))
        return lambda *arguments: as_type(answer(*map(_copy, arguments)), like)

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


def _copy(value):
    return value.clone() if isinstance(value, Tensor) else value


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
