"""Two results compared, shown, and brought to one type: what a checker says of them."""

import numpy as np
import torch
from torch import Tensor

GRAPH_KEPT = "These are tensors that still hold their graph. Take the number of each: .item()"


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
        number = float(array)
        return f"{number:,.0f}" if number.is_integer() else f"{number:.4g}"
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


def as_type(got, like):
    """A right result in the type of `like`: an array becomes a tensor, a tensor a float."""
    if isinstance(like, tuple):
        return tuple(as_type(one, other) for one, other in zip(got, like, strict=True))
    if isinstance(like, list):
        return [as_type(one, like[0]) for one in got] if like else list(got)
    if isinstance(like, Tensor):
        return torch.as_tensor(got).to(like.dtype)
    if isinstance(like, int | float):
        return type(like)(got)
    return got
