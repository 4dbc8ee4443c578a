"""What a training leaves on disk: checkpoints to go on from, weights to color with (chapter 05)."""

import json
import math
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.distributed import is_torchelastic_launched

from .files import replacing
from .recipes import Recipe, Stage, past

if TYPE_CHECKING:
    from .training import Training

DRIVE = Path("/content/drive/MyDrive")  # where Colab mounts it


class TrainingError(RuntimeError):
    """Training can't go on; says why and what to do."""


def save_atomically(tensors: dict[str, Tensor], metadata: dict[str, str], path) -> None:
    """Write a safetensors file that is either the old one or the new one, never half of it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        try:
            save_file(tensors, beside, metadata)
        except SafetensorError as error:  # a full disk, as safetensors tells of it
            raise OSError(f"{path}: can't be written ({error}); what was there is as it was"
                          ) from error
        with suppress(OSError):  # Google Drive knows no permissions
            beside.chmod(0o644)  # safetensors makes files that only their owner can read


def save(training: "Training", path: str | Path) -> None:
    """Write the whole state: first beside the old file, then in its place, in one move."""
    tensors = {f"network.{k}": v for k, v in training.network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in training.average.items()}
    for i, state in training.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{k}": v for k, v in state.items()}
    tensors = {k: v.cpu().contiguous().clone() for k, v in tensors.items()}
    state = {"recipe": asdict(training.recipe), "done": training.done, "seconds": training.seconds,
             "history": training.history, "scaler": training.scaler.state_dict()}
    save_atomically(tensors, {"state": json.dumps(state)}, path)


def load(training: "Training", path: str | Path) -> None:
    """Take up where `save` left off.

    Raises
    ------
    TrainingError, ValueError
        If the file is torn or no checkpoint; if it is of another recipe.
    """
    try:
        with safe_open(path, "pt") as file:
            state = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is torn, or no checkpoint ({error}): delete it, and the training goes on "
            "from the one before it, or, where there is none, from its start"
        ) from error
    # What a recipe of an earlier version did not know of was what is the default now.
    saved = {**asdict(Recipe()), **state["recipe"]}
    saved["stages"] = tuple(Stage(**stage) for stage in saved["stages"])
    if past(Recipe(**saved), state["done"]) != past(training.recipe, state["done"]):
        raise ValueError(f"{path} belongs to a training with another recipe; delete it or "
                         "choose another folder")

    def part(prefix):
        cut = len(prefix) + 1
        return {k[cut:]: v for k, v in tensors.items() if k.startswith(prefix + ".")}

    training.network.load_state_dict(part("network"))
    training.average = {k: v.to(training.device) for k, v in part("average").items()}
    optimizer = training.optimizer.state_dict()
    for name, value in part("optimizer").items():
        i, key = name.split(".")
        optimizer["state"].setdefault(int(i), {})[key] = value
    training.optimizer.load_state_dict(optimizer)
    training.scaler.load_state_dict(state["scaler"])
    training.done, training.seconds = state["done"], state["seconds"]
    training.history = state["history"]


def rotation(path: str | Path, keep: int) -> list[Path]:
    """Files of the last `keep` checkpoints, the newest first."""
    if keep < 1:
        raise ValueError(f"keep must be at least 1, got {keep}")
    path = Path(path)
    return [path, *(path.with_suffix(f".{i}{path.suffix}") for i in range(1, keep))]


def rotate(training: "Training", files: list[Path]) -> None:
    """Write a checkpoint; those before it move one place down."""
    for newer, older in reversed(list(zip(files, files[1:], strict=False))):
        if newer.exists():
            os.replace(newer, older)
    training.save(files[0])


def save_weights(training: "Training", path: str | Path, **notes: str) -> None:
    """Write the averaged weights in float16, with how they were made, for `Colorizer`.

    Without the network's frozen parts, which have a file of their own. The training's history goes
    with them, as ``Colorizer.recipe["history"]``: see `thinned`.

    Parameters
    ----------
    notes : what the recipe does not know, as the data.
    """
    recipe = {"T": 0.38, "done": training.done, "torch": torch.__version__,
              "device": str(training.device), "seconds": round(training.seconds),
              **asdict(training.recipe), "history": thinned(training.history), **notes}
    tensors = {
        # Vectors stay float32: a BatchNorm's running variance goes beyond float16's 65,504.
        name: value.cpu().half() if value.dim() > 1 else value.cpu()
        for name, value in training.finished().items()
        if name.partition(".")[0] not in training.network.frozen
    }
    save_atomically({k: v.contiguous() for k, v in tensors.items()},
                    {"recipe": json.dumps(recipe)}, path)


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
