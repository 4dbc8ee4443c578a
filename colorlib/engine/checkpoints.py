"""What a training leaves on disk: checkpoints to go on from, weights to color with (chapter 05)."""

import json
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean

import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.distributed import is_torchelastic_launched

from ..io.files import load_tensors, save_atomically

DRIVE = Path("/content/drive/MyDrive")  # where Colab mounts it


class TrainingError(RuntimeError):
    """Training can't go on; says why and what to do."""


def save(tensors: dict[str, Tensor], state: dict, path: str | Path) -> None:
    """Write a checkpoint: first beside the old file, then in its place, in one move.

    Parameters
    ----------
    tensors : by name; moved to the CPU.
    state : all else, of what JSON can hold.
    """
    tensors = {k: v.cpu().contiguous().clone() for k, v in tensors.items()}
    save_atomically(tensors, {"state": json.dumps(state)}, path)


def load(path: str | Path) -> tuple[dict[str, Tensor], dict]:
    """The tensors and the state that `save` wrote. TrainingError if the file is torn."""
    try:
        tensors, metadata = load_tensors(path)
        return tensors, json.loads(metadata["state"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is torn, or no checkpoint ({error}): delete it, and the training goes on "
            "from the one before it, or, where there is none, from its start"
        ) from error


def fingerprint(photos, name: str | None = None) -> dict | None:
    """What a checkpoint records of its data; None for photographs that can't say what they are."""
    found = photos.fingerprint() if hasattr(photos, "fingerprint") else None
    return found and found | ({"name": name} if name else {})


def check_data(path: str | Path, saved: dict | None, now: dict | None) -> None:
    """ValueError if a checkpoint was trained on other photographs than those that are there now."""
    if not saved or not now or saved["digest"] == now["digest"]:
        return
    before, after = (f"{data['photographs']:,} photographs"
                     + (f" of {data['name']}" if data.get("name") else "") for data in (saved, now))
    raise ValueError(f"{path} belongs to a training on other data ({before}, now {after}, of other "
                     "names or sizes); delete it or choose another folder")


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with ``prefix.``, without it."""
    cut = len(prefix) + 1
    return {k[cut:]: v for k, v in tensors.items() if k.startswith(prefix + ".")}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What an optimizer keeps of each parameter, as ``number.name``."""
    return {f"{i}.{name}": value for i, state in optimizer.state_dict()["state"].items()
            for name, value in state.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give an optimizer back what `optimizer_tensors` took of it."""
    state = optimizer.state_dict()
    for name, value in tensors.items():
        i, key = name.split(".")
        state["state"].setdefault(int(i), {})[key] = value
    optimizer.load_state_dict(state)


def rotation(path: str | Path, keep: int) -> list[Path]:
    """Files of the last `keep` checkpoints, the newest first."""
    if keep < 1:
        raise ValueError(f"keep must be at least 1, got {keep}")
    path = Path(path)
    return [path, *(path.with_suffix(f".{i}{path.suffix}") for i in range(1, keep))]


def rotate(save: Callable[[Path], None], files: list[Path]) -> None:
    """Have ``save(path)`` write a checkpoint; those before it move one place down."""
    for newer, older in reversed(list(zip(files, files[1:], strict=False))):
        if newer.exists():
            os.replace(newer, older)
    save(files[0])


def half(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights as they ship: matrices and kernels in float16, vectors in float32.

    A BatchNorm's running variance, a vector, goes beyond the largest number of float16, 65,504.
    """
    return {name: (value.half() if value.dim() > 1 else value).cpu().contiguous()
            for name, value in tensors.items()}


def save_weights(tensors: dict[str, Tensor], recipe: dict, path: str | Path) -> None:
    """Write weights in float16 with how they were made, as `load_weights` reads them."""
    save_atomically(half(tensors), {"recipe": json.dumps(recipe)}, path)


def load_weights(path: str | Path) -> tuple[dict[str, Tensor], dict]:
    """Weights and their recipe. OSError or ValueError if the file holds none."""
    try:
        tensors, metadata = load_tensors(path)
        return tensors, json.loads(metadata.get("recipe", "{}"))
    except SafetensorError as error:
        raise ValueError(f"{path} holds no weights ({error})") from error


def thinned(history: list[dict], most: int = 200) -> list[dict]:
    """A history of at most so many points: each the mean of as many that follow one another."""
    size = max(1, math.ceil(len(history) / most))
    runs = [history[i : i + size] for i in range(0, len(history), size)]
    return [
        {"step": run[-1]["step"],
         "loss": round(fmean(point["loss"] for point in run), 4),
         "images_per_second": round(fmean(point["images_per_second"] for point in run), 1)}
        for run in runs
    ]


@contextmanager
def interrupts() -> Iterator[list]:
    """While inside, the first Ctrl-C only makes the list true; a second one interrupts.

    Under torchrun SIGTERM counts as well, by which it and the owners of rented machines tell a
    process to end; what comes twice there is torchrun passing it on.
    """
    asked = []
    torchrun = is_torchelastic_launched()

    def note(signum, frame):
        if asked and not torchrun:
            raise KeyboardInterrupt
        asked.append(signum)

    if threading.current_thread() is not threading.main_thread():
        yield asked  # signals go to the main thread alone
        return
    kinds = [signal.SIGINT, signal.SIGTERM] if torchrun else [signal.SIGINT]
    before = [signal.signal(kind, note) for kind in kinds]
    try:
        yield asked
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def drive_folder(name: str = "colorful") -> Path | None:
    """A folder in Google Drive, which outlives a Colab machine; None where it isn't mounted.

    In Colab: ``from google.colab import drive; drive.mount("/content/drive")``, then
    ``train(..., checkpoint=drive_folder() / "checkpoint.safetensors")``.
    """
    return DRIVE / name if DRIVE.is_dir() else None
