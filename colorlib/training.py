"""One training function, for a laptop and for a GPU (chapter 05)."""

import json
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from statistics import fmean

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from tqdm.auto import tqdm

from .data import Batches
from .files import replacing
from .gamut import AbGamut
from .losses import cross_entropy, l2
from .networks import Zhang, zhang
from .optimizers import Muon
from .rebalancing import class_weights, course_prior
from .recipes import COURSE, HOLD_OUT, Recipe, Stage, past, scaled  # noqa: F401

BETAS = (0.9, 0.99)  # Adam's, as in the paper
DRIVE = Path("/content/drive/MyDrive")  # where Colab mounts it


class TrainingError(RuntimeError):
    """Training can't go on; says why and what to do."""


@dataclass
class Training:
    """A training under way: the network, its optimizer, its averaged weights and where it stands.

    `step` does one step; `save` and `load` move the whole state to and from one safetensors file.
    """

    recipe: Recipe
    prior: Tensor | None = None
    device: str | torch.device = "cpu"
    initial: dict[str, Tensor] | None = None
    history: list[dict] = field(default_factory=list)
    done: int = 0
    seconds: float = 0.0
    make = staticmethod(zhang)  # width to network

    def __post_init__(self):
        torch.manual_seed(self.recipe.seed)
        self.device = torch.device(self.device)
        # channels_last: a pixel's channels lie side by side, which mixed precision wants.
        self.network = self.make(self.recipe.width).to(self.device,
                                                       memory_format=torch.channels_last)
        if self.initial is not None:
            self.network.load_state_dict(self.initial)
        self.gamut = AbGamut().to(self.device)
        self.prior = course_prior() if self.prior is None else self.prior
        self.class_weights = {
            lam: class_weights(self.prior, lam).float().to(self.device)
            for lam in {stage.lam for stage in self.recipe.stages}
        }
        trained = [p for p in self.network.parameters() if p.requires_grad]
        decay = self.recipe.weight_decay
        if self.recipe.optimizer == "muon":
            output = [self.network.model8[-1].weight]
            self.optimizer = Muon(trained, output, betas=BETAS, weight_decay=decay)
        else:
            self.optimizer = torch.optim.AdamW(trained, betas=BETAS, weight_decay=decay)
        self.precision = _precision(self.recipe.precision, self.device)
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=self.precision == torch.float16
        )
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def logits(self, *inputs: Tensor) -> Tensor:
        """Logits (N, 313, H / 4, W / 4) of L (N, 1, H, W), by the recipe's number format."""
        narrow = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision, enabled=narrow):
            logits = self.network.logits(*inputs)
        return logits.float()  # sums over 313 classes want all the digits

    def loss(self, lightness: Tensor, ab: Tensor, *more: Tensor) -> Tensor:
        """Loss of one batch: L (N, 1, H, W) against ab (N, 2, H / 4, W / 4).

        `more` is what else the network is given.
        """
        logits = self.logits(lightness, *more)
        if self.recipe.loss == "l2":
            return l2(self.gamut.mean(logits.softmax(1)), ab)
        indices, shares = self.gamut.soft_encode(ab)
        if self.recipe.loss == "classification":
            return cross_entropy(logits, indices, shares)
        lam = self.recipe.stages[self.recipe.stage(self.done)].lam
        return cross_entropy(logits, indices, shares, self.class_weights[lam])

    def step(self, lightness: Tensor, ab: Tensor) -> float:
        """One step of gradient descent; returns the loss before it."""
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate(self.done)
        # forward
        loss = self.loss(lightness.to(self.device), ab.to(self.device))
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss became {value} at step {self.done}: go back to the last checkpoint with "
                f"a lower learning rate than {self.recipe.lr:g}, or precision='float32'"
            )
        # backward
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        # step
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.done += 1
        self._update_average()
        return value

    @torch.no_grad()
    def _update_average(self) -> None:
        # Early weights are worth forgetting: the decay grows to its full value with the steps.
        decay = min(self.recipe.average, self.done / (self.done + 10))
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)
            else:
                self.average[name].copy_(value)

    def averaged(self) -> Zhang:
        """The network with its averaged weights, for inference."""
        network = self.make(self.recipe.width).to(self.device)
        network.load_state_dict(self.finished())
        return network.eval()

    def finished(self) -> dict[str, Tensor]:
        """The averaged weights, rebalanced once more as the recipe's `finish` says."""
        if self.recipe.loss != "rebalanced":
            return self.average
        weights = class_weights(self.prior, self.recipe.finish)
        bias = self.average["model8.6.bias"]
        return self.average | {"model8.6.bias": bias + weights.log().to(bias)}

    def save(self, path: str | Path) -> None:
        """Write the whole state: first beside the old file, then in its place, in one move."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        for i, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{k}": v for k, v in state.items()}
        tensors = {k: v.cpu().contiguous().clone() for k, v in tensors.items()}
        state = {"recipe": asdict(self.recipe), "done": self.done, "seconds": self.seconds,
                 "history": self.history, "scaler": self.scaler.state_dict()}
        save_atomically(tensors, {"state": json.dumps(state)}, path)

    def load(self, path: str | Path) -> None:
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
        if past(Recipe(**saved), state["done"]) != past(self.recipe, state["done"]):
            raise ValueError(f"{path} belongs to a training with another recipe; delete it or "
                             "choose another folder")

        def part(prefix):
            cut = len(prefix) + 1
            return {k[cut:]: v for k, v in tensors.items() if k.startswith(prefix + ".")}

        self.network.load_state_dict(part("network"))
        self.average = {k: v.to(self.device) for k, v in part("average").items()}
        optimizer = self.optimizer.state_dict()
        for name, value in part("optimizer").items():
            i, key = name.split(".")
            optimizer["state"].setdefault(int(i), {})[key] = value
        self.optimizer.load_state_dict(optimizer)
        self.scaler.load_state_dict(state["scaler"])
        self.done, self.seconds, self.history = state["done"], state["seconds"], state["history"]


def _precision(name: str, device: torch.device) -> torch.dtype:
    """The number format of the forward pass."""
    if name != "auto":
        return getattr(torch, name)
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.get_device_capability()[0] >= 8 else torch.float16


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


def save_weights(training: Training, path: str | Path, **notes: str) -> None:
    """Write the averaged weights in float16, with how they were made, for `Colorizer`.

    The training's history goes with them, as ``Colorizer.recipe["history"]``: see `thinned`.

    Parameters
    ----------
    notes : what the recipe does not know, as the data.
    """
    recipe = {"architecture": "zhang", "T": 0.38, "done": training.done, "torch": torch.__version__,
              "device": str(training.device), "seconds": round(training.seconds),
              **asdict(training.recipe), "history": thinned(training.history), **notes}
    tensors = {
        # Vectors stay float32: a BatchNorm's running variance goes beyond float16's 65,504.
        name: value.cpu().half() if value.dim() > 1 else value.cpu()
        for name, value in training.finished().items()
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


def train(
    recipe: Recipe,
    photos,
    checkpoint: str | Path | None = None,
    *,
    prior: Tensor | None = None,
    device: str | torch.device = "cpu",
    initial: dict[str, Tensor] | None = None,
    save_every: float = 120,
    keep: int = 2,
    on_report: Callable[[Training], None] | None = None,
    report_every: int = 100,
    kind: type[Training] = Training,
) -> Training:
    """Train a network on photographs.

    Parameters
    ----------
    recipe : what to train, and how long.
    photos : a `data.Photos` or any sequence of uint8 tensors (3, H, W).
    checkpoint : a safetensors file for the state of the training. If it is there, training goes on
        from it, and on a CPU ends with the same weights, bit for bit, as without the break.
    prior : of the classes; the course's if not given.
    initial : weights to begin with instead of random ones, as a network's `state_dict`.
    save_every : seconds between checkpoints: the most that a crash can cost.
    keep : how many checkpoints stay: the newest, and those before it with .1, .2 in their names.
    on_report : called with the training every `report_every` steps, when `history` has grown.
    kind : another class of training, as that of `hints`.

    Returns
    -------
    Training, with `averaged()` as the network to use and `history` as the curve: step, mean loss
    and images a second of each report.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, or the stop button of a notebook: the step is finished and saved first. A
        second one breaks off at once.
    TrainingError
        If the loss is no number any more, or the checkpoint is torn; says what to do.
    """
    training = kind(recipe, prior, device, initial)
    files = _checkpoints(checkpoint, keep) if checkpoint else []
    newest = next((path for path in files if path.exists()), None)
    if newest:
        training.load(newest)
    batch_at = batch_source(recipe, photos)
    todo = range(training.done, recipe.steps)
    saved = time.monotonic()
    losses, images, since = [], 0, training.seconds  # of the report to come
    sizes = [recipe.stages[recipe.stage(step)].batch for step in range(recipe.steps)]
    with (
        tqdm(total=sum(sizes), initial=sum(sizes[: training.done]), unit=" images", smoothing=0.05,
             desc=f"training on {training.device}") as bar,
        ThreadPoolExecutor(1) as ahead,  # the next batch is cut while this one trains
        _interrupts() as interrupted,
    ):
        coming = ahead.submit(batch_at, training.done)
        for step in todo:
            begun = time.monotonic()
            batch = coming.result()
            if step + 1 < recipe.steps:
                coming = ahead.submit(batch_at, step + 1)
            losses.append(training.step(*batch))
            training.seconds += time.monotonic() - begun
            images += sizes[step]
            bar.update(sizes[step])
            if training.done % report_every == 0 or training.done == recipe.steps:
                loss, speed = sum(losses) / len(losses), images / (training.seconds - since)
                training.history.append(
                    {"step": training.done, "loss": loss, "images_per_second": round(speed, 1)})
                losses, images, since = [], 0, training.seconds
                bar.set_postfix(step=training.done, loss=f"{loss:.3f}")
                if on_report:
                    on_report(training)
            if files and (interrupted or time.monotonic() - saved > save_every):
                _save(training, files)
                saved = time.monotonic()
            if interrupted:
                kept = f"; all of it is in {files[0]}" if files else ", without a checkpoint"
                raise KeyboardInterrupt(f"stopped after step {training.done}{kept}")
    if files and todo:
        _save(training, files)
    return training


@contextmanager
def _interrupts() -> Iterator[list]:
    """While inside, the first Ctrl-C only makes the list true; a second one interrupts."""
    asked = []

    def note(signum, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(signum)

    if threading.current_thread() is not threading.main_thread():
        yield asked  # signals go to the main thread alone
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _checkpoints(path: str | Path, keep: int) -> list[Path]:
    """Files of the last `keep` checkpoints, the newest first."""
    if keep < 1:
        raise ValueError(f"keep must be at least 1, got {keep}")
    path = Path(path)
    return [path, *(path.with_suffix(f".{i}{path.suffix}") for i in range(1, keep))]


def _save(training: Training, files: list[Path]) -> None:
    """Write a checkpoint; those before it move one place down."""
    for newer, older in reversed(list(zip(files, files[1:], strict=False))):
        if newer.exists():
            os.replace(newer, older)
    training.save(files[0])


def drive_folder(name: str = "colorful") -> Path | None:
    """A folder in Google Drive, which outlives a Colab machine; None where it isn't mounted.

    In Colab: ``from google.colab import drive; drive.mount("/content/drive")``, then
    ``train(..., checkpoint=drive_folder() / "checkpoint.safetensors")``.
    """
    return DRIVE / name if DRIVE.is_dir() else None


def batch_source(recipe: Recipe, photos) -> Callable[[int], tuple[Tensor, Tensor]]:
    """The batches of a whole training, one stage after another: step number to batch."""
    starts = [0, *accumulate(stage.steps for stage in recipe.stages)][:-1]
    sources = [
        Batches(photos, s.batch, s.crop, s.zoom, recipe.gamma, recipe.seed + start)
        for s, start in zip(recipe.stages, starts, strict=True)
    ]

    def batch_at(step: int) -> tuple[Tensor, Tensor]:
        stage = recipe.stage(step)
        return sources[stage](step - starts[stage])

    return batch_at
