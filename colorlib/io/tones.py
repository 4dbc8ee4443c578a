"""Numbers of any depth as tones: which of them is black, which is white (beside the chapters).

A file says how its numbers are to be read: how many bits they have, whether they are integers with
or without a sign or floats, and sometimes the values of black and white. Where that is not enough,
a photograph is refused: to guess would be to color it from the wrong tones.
"""

from collections.abc import Callable, Iterator

import numpy as np

from .errors import PhotoError

WHITE = 65535  # of 16 bits, which all deep photographs are brought to
STRIP = 2**20  # numbers that are worked on at a time
OVERSHOOT = 0.1  # floats this far beyond 0 and 1 come from sharpening: they are cut off
FEW = 0.01  # a share of floats that may lie anywhere: broken points of a sensor, bright glints


def strips(values: np.ndarray) -> Iterator[slice]:
    """Rows of an array (H, W, ...), some at a time, so that no step needs memory for all."""
    rows = max(1, STRIP // max(1, values[:1].size))
    return (slice(top, top + rows) for top in range(0, len(values), rows))


def extent(values: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest finite number; PhotoError if there is none."""
    lows, highs = [], []
    for rows in strips(values):
        some = values[rows]
        some = some[np.isfinite(some)] if some.dtype.kind == "f" else some
        if some.size:
            lows.append(some.min())
            highs.append(some.max())
    if not lows:
        raise PhotoError("none of its values is a number")
    return float(min(lows)), float(max(highs))


def black_and_white(values: np.ndarray, bits: int, stated: tuple[float, float] | None,
                    say: Callable[[str], None]) -> tuple[float, float]:
    """The numbers that stand for black and for white.

    Parameters
    ----------
    values : array (H, W) or (H, W, C) of integers with or without a sign, or of floats.
    bits : how many of them the file uses.
    stated : black and white as the file states them, or None.
    say : is given a line where the answer may be wrong, or where numbers are cut off.

    Raises
    ------
    PhotoError
        Where it can't be known; says what was found and how to convert.
    """
    low, high = extent(values)
    kind = values.dtype.kind
    if kind == "f":
        _say_nan(values, say)
    if stated:
        return stated
    if kind == "f":
        return _of_floats(values, low, high, say)
    convert = ("scale them to unsigned 16 bits, or write black and white into the tags "
               "SMinSampleValue and SMaxSampleValue")
    found = f"integers of {bits} bits from {low:,.0f} to {high:,.0f}"
    if kind == "i":
        raise PhotoError(f"signed {found}, and nothing says which is black, which white: {convert}")
    white = 2**bits - 1
    if bits > 16 and high < white / 16:
        raise PhotoError(f"{found}, and nothing says which is white: {convert}")
    if bits == 16 and 0 < high <= 4095:
        say(f"the largest of its 16-bit values is {high:,.0f}: read as a dark picture; if they are "
            "12-bit values, multiply them by 16 first")
    return 0, white


def _of_floats(values, low, high, say) -> tuple[float, float]:
    """0 and 1, if that is what the floats are made for."""
    if low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        return 0, 1
    beyond = sum(int(((values[rows] < 0) | (values[rows] > 1)).sum()) for rows in strips(values))
    if beyond > FEW * values.size:
        raise PhotoError(f"floats from {low:,.4g} to {high:,.4g}, and nothing says which is white: "
                         "divide them so that black is 0 and white is 1, or write both into the "
                         "tags SMinSampleValue and SMaxSampleValue")
    say(f"{beyond:,} of its values lie outside 0 to 1 (from {low:,.4g} to {high:,.4g}): cut off")
    return 0, 1


def _say_nan(values, say) -> None:
    count = sum(int(np.isnan(values[rows]).sum()) for rows in strips(values))
    if count:
        say(f"{count:,} of its values are not a number: taken for black")


def scaled(values: np.ndarray, low: float, high: float, white: int = WHITE,
           inverted: bool = False) -> np.ndarray:
    """Numbers from `low` to `high` as integers from 0 to `white`, 255 or 65,535.

    What lies beyond is cut off; what is not a number becomes black; `inverted`, `low` is white.
    """
    kind = np.uint8 if white == 255 else np.uint16
    if (values.dtype == kind and (low, high) == (0, white)) and not inverted:
        return values
    result = np.empty(values.shape, kind)
    for rows in strips(values):
        some = values[rows].astype(np.float64)
        some -= low
        some *= white / (high - low)
        if inverted:
            np.subtract(white, some, out=some)
        np.nan_to_num(some, copy=False, nan=0, posinf=white, neginf=0)
        result[rows] = some.clip(0, white).round()
    return result
