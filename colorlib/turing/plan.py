"""Plan a session from its seed: which pairs, in which order, on which side (chapter 08)."""

from collections.abc import Iterator
from dataclasses import dataclass

PRACTICE, TEST, CATCH = 10, 40, 4  # pairs; the catch trials are among the test's
PAIRS, CATCH_PAIRS = 50, 8  # pairs of a picture set: colorized ones, and ones against Random
EXPOSURE = 1000.0  # milliseconds that each picture is seen
TOLERANCE = 50.0  # milliseconds that an exposure may be off; else the trial does not count
FIRST, SECOND = "first", "second"
MASK_32 = 0xFFFFFFFF


def random_numbers(seed: int) -> Iterator[float]:
    """Mulberry32, a generator of pseudorandom numbers in [0, 1) that JavaScript computes as well.

    Parameters
    ----------
    seed : from 0 to 2**32 - 1.

    Examples
    --------
    >>> numbers = random_numbers(7)
    >>> [round(next(numbers), 6) for _ in range(3)]
    [0.011705, 0.061958, 0.976908]
    """
    state = seed & MASK_32
    while True:
        state = (state + 0x6D2B79F5) & MASK_32
        mixed = (state ^ state >> 15) * (state | 1) & MASK_32
        mixed ^= (mixed + ((mixed ^ mixed >> 7) * (mixed | 61) & MASK_32)) & MASK_32
        yield (mixed ^ mixed >> 14) / 2**32


def shuffled(items, numbers: Iterator[float]) -> list:
    """Fisher and Yates's shuffle: every order is as likely."""
    items = list(items)
    for i in range(len(items) - 1, 0, -1):
        j = int(next(numbers) * (i + 1))
        items[i], items[j] = items[j], items[i]
    return items


@dataclass
class Trial:
    """One pair: what was planned, then what was answered.

    Attributes
    ----------
    phase : "practice" or "test". kind : "colorized", or "catch" (colors of another photo).
    pair : index in the picture set, among its colorized or its catch pairs.
    real : "first" or "second": which of the two pictures is the photograph.
    scene : the photograph that the pair was cut from.
    fake_is : the answer, "first" or "second": which had its colors made by a computer.
    first_ms, second_ms : how long each picture was seen, measured; empty where it can't be.
    response_ms : from the end of the second picture to the answer.
    """

    trial: int
    phase: str
    kind: str
    pair: int
    real: str
    scene: str = ""
    fake_is: str = ""
    first_ms: float | None = None
    second_ms: float | None = None
    response_ms: float | None = None

    @property
    def fooled(self) -> bool:
        """The photograph was called fake: the colorized picture was labeled real."""
        return self.fake_is == self.real

    @property
    def on_time(self) -> bool:
        """Both pictures were seen for a second; where nothing was measured, they are believed."""
        seen = (ms for ms in (self.first_ms, self.second_ms) if ms is not None)
        return all(abs(ms - EXPOSURE) <= TOLERANCE for ms in seen)


def plan(seed: int, practice: int = PRACTICE, test: int = TEST, catch: int = CATCH) -> list[Trial]:
    """The trials of a sitting: which pairs, in which order, on which sides, all by the seed.

    Catch trials lie anywhere among the test's. No pair comes twice.

    Examples
    --------
    >>> [(t.kind, t.pair, t.real) for t in plan(seed=7)[:2]]
    [('colorized', 24, 'second'), ('colorized', 39, 'second')]
    """
    numbers = random_numbers(seed)
    order = shuffled(range(PAIRS), numbers)
    caught = shuffled(range(CATCH_PAIRS), numbers)[:catch]
    tested = [("colorized", pair) for pair in order[practice : practice + test - catch]]
    tested = shuffled(tested + [("catch", pair) for pair in caught], numbers)
    rows = [("practice", "colorized", pair) for pair in order[:practice]]
    rows += [("test", *row) for row in tested]
    return [Trial(i, *row, real=FIRST if next(numbers) < 0.5 else SECOND)
            for i, row in enumerate(rows, start=1)]
