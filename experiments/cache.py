"""A cache for the parts of a long measurement: files that say what they were made from."""

import json
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from colorlib.io.files import load_cached, save_atomically, write_text


def cache_tensors(path: Path, key: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """Tensors from the file, if it was written with this key; else made now and written there.

    Parameters
    ----------
    key : all that the tensors depend on, as text.
    """
    tensors, _ = load_cached(path, key)
    if not tensors:
        tensors = {name: value.contiguous() for name, value in make().items()}
        save_atomically(tensors, {"key": key}, path)
    return tensors


def cache_json(path: Path, key: str, make: Callable[[], dict]) -> dict:
    """As `cache_tensors`, for what JSON can hold."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["key"] == key:
            return found["value"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    value = make()
    write_text(json.dumps({"key": key, "value": value}), path)
    return value
