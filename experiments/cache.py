"""Parts of a long measurement that are kept in files once they are made."""

import json
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from colorlib.io.files import save_atomically, write_text


def cache_tensors(path: Path, key: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """Tensors from a file if it holds what `key` says, else made now and put there."""
    try:
        with safe_open(path, "pt") as file:
            if file.metadata()["key"] == key:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError):
        pass
    tensors = {name: value.contiguous() for name, value in make().items()}
    save_atomically(tensors, {"key": key}, path)
    return tensors


def cache_json(path: Path, key: str, make: Callable[[], dict]) -> dict:
    """The same for what JSON can hold."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["key"] == key:
            return found["value"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    value = make()
    write_text(json.dumps({"key": key, "value": value}), path)
    return value
