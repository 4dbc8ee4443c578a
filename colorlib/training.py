"""One training function, for a laptop and for a GPU (chapter 05)."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from .data import batch_source
from .engine import checkpoints
from .engine.average import update_average
from .engine.checkpoints import TrainingError
from .engine.distributed import mean, parallel, place
from .engine.muon import make_optimizer
from .engine.precision import number_format
from .engine.progress import Progress
from .networks import ColorNet, build
from .rebalancing import class_weights, course_prior
from .recipes import Recipe, differences, recipe_of

BETAS = (0.9, 0.99)  # Adam's, as in the paper


@dataclass
class Training:
    """A training under way: network, optimizer, averaged weights, and where it stands."""

    recipe: Recipe
    prior: Tensor | None = None
    device: str | torch.device = "cpu"
    initial: dict[str, Tensor] | None = None
    accumulate: int = 1
    sync_batchnorm: bool = False
    history: list[dict] = field(default_factory=list)
    done: int = 0
    seconds: float = 0.0
    data: dict | None = None

    def __post_init__(self):
        torch.manual_seed(self.recipe.seed)
        self.device = torch.device(self.device)
        # channels_last: a pixel's channels lie side by side, which mixed precision wants.
        self.network = build(self.recipe.network, self.recipe.width).to(
            self.device, memory_format=torch.channels_last)
        if self.recipe.loss not in (losses := self.network.losses):
            raise ValueError(f"loss must be {' or '.join(losses)} for the network "
                             f"{self.recipe.network}, got {self.recipe.loss!r}")
        if self.initial is not None:
            self.network.load_state_dict(self.initial)
        self.prior = course_prior() if self.prior is None else self.prior
        self.class_weights = {
            lam: class_weights(self.prior, lam).float().to(self.device)
            for lam in {stage.lam for stage in self.recipe.stages}
        }
        self.parallel = parallel(self.network, self.sync_batchnorm)
        self.optimizer = make_optimizer(
            self.recipe.optimizer, [p for p in self.network.parameters() if p.requires_grad],
            [self.network.get_submodule(name).weight for name in self.network.last],
            betas=BETAS, weight_decay=self.recipe.weight_decay)
        self.precision = number_format(self.device, self.recipe.precision)
        float16 = self.precision == torch.float16
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=float16)
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def outputs(self, *inputs: Tensor) -> Tensor:
        """What the network makes of L (N, 1, H, W), by the recipe's number format."""
        narrow = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision, enabled=narrow):
            outputs = self.parallel(*inputs)
        return outputs.float()  # sums over 313 classes want all the digits

    def loss(self, lightness: Tensor, ab: Tensor, labels: Tensor | None = None,
             *more: Tensor) -> Tensor:
        """Of a batch: L (N, 1, H, W), ab (N, 2, H / 4, W / 4), labels (N,), and other inputs."""
        recipe, weights = self.recipe, None
        if recipe.loss == "rebalanced":
            weights = self.class_weights[recipe.stages[recipe.stage(self.done)].lam]
        return self.network.objective(self.outputs(lightness, *more), ab, recipe.loss, weights,
                                      labels)

    def step(self, *batch: Tensor) -> float:
        """One step of gradient descent; returns the loss before it."""
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate(self.done)
        self.optimizer.zero_grad(set_to_none=True)
        value = 0.0
        if (crops := len(batch[0])) % self.accumulate:
            raise ValueError(f"{crops} crops can't be shared out evenly to {self.accumulate} parts")
        parts = zip(*(tensor.chunk(self.accumulate) for tensor in batch), strict=True)
        for i, part in enumerate(parts, 1):
            # Processes exchange their gradients once a step, not once a part.
            with nullcontext() if i == self.accumulate else self.parallel.no_sync():
                # forward
                loss = self.loss(*(tensor.to(self.device) for tensor in part)) / self.accumulate
                value += loss.item()
                # backward
                self.scaler.scale(loss).backward()
        [value] = mean(value, device=self.device)
        if not math.isfinite(value):
            raise TrainingError(f"the loss became {value} at step {self.done}: go back to the last "
                                "checkpoint with a lower learning rate than "
                                f"{self.recipe.lr:g}, or precision='float32'")
        # step
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.done += 1
        update_average(self.average, self.network.state_dict(), self.recipe.average, self.done)
        return value

    def averaged(self) -> ColorNet:
        """The network with its averaged weights, for inference."""
        network = build(self.recipe.network, self.recipe.width).to(self.device)
        network.load_state_dict(self.finished())
        return network.eval()

    def finished(self) -> dict[str, Tensor]:
        """The averaged weights, rebalanced once more as the recipe's `finish` says."""
        if self.recipe.loss != "rebalanced":
            return self.average
        weights = class_weights(self.prior, self.recipe.finish)
        name = f"{self.network.last[0]}.bias"
        bias = self.average[name]
        return self.average | {name: bias + weights.log().to(bias)}

    def save(self, path: str | Path) -> None:
        """Write the whole state to one safetensors file."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        optimizer = checkpoints.optimizer_tensors(self.optimizer)
        tensors |= {f"optimizer.{k}": v for k, v in optimizer.items()}
        state = {"recipe": asdict(self.recipe), "done": self.done, "seconds": self.seconds,
                 "history": self.history, "scaler": self.scaler.state_dict(), "data": self.data}
        checkpoints.save(tensors, state, path)

    def load(self, path: str | Path) -> None:
        """Go on where `save` left off. TrainingError, ValueError: torn, or of another recipe."""
        tensors, state = checkpoints.load(path)
        saved = recipe_of(state["recipe"])
        if changed := differences(saved, self.recipe, state["done"]):
            raise ValueError(f"{path} belongs to a training with another recipe "
                             f"({'; '.join(changed)}); delete it or choose another folder")
        checkpoints.check_data(path, state.get("data"), self.data)
        self.network.load_state_dict(checkpoints.part(tensors, "network"))
        average = checkpoints.part(tensors, "average")
        self.average = {k: v.to(self.device) for k, v in average.items()}
        checkpoints.restore_optimizer(self.optimizer, checkpoints.part(tensors, "optimizer"))
        self.scaler.load_state_dict(state["scaler"])
        self.done, self.seconds, self.history = (state[k] for k in ("done", "seconds", "history"))

    def save_weights(self, path: str | Path, **notes: str) -> None:
        """Write the averaged weights, but for frozen parts, with recipe, history and notes."""
        recipe = {"T": 0.38, "done": self.done, "torch": torch.__version__,
                  "device": str(self.device), "seconds": round(self.seconds),
                  **asdict(self.recipe), "history": checkpoints.thinned(self.history), **notes}
        tensors = {name: value for name, value in self.finished().items()
                   if name.partition(".")[0] not in self.network.frozen}
        checkpoints.save_weights(tensors, recipe, path)


def train(recipe: Recipe, photos, checkpoint: str | Path | None = None, *,
          prior: Tensor | None = None, device: str | torch.device = "cpu",
          initial: dict[str, Tensor] | None = None, accumulate: int = 1,
          sync_batchnorm: bool = False, save_every: float = 120, keep: int = 2,
          on_report: Callable[[Training], None] | None = None, report_every: int = 100,
          kind: type[Training] = Training, data: str | None = None) -> Training:
    """Train a network on photographs.

    Parameters
    ----------
    recipe : what to train, and how long.
    photos : a `data.Photos`, a `scale.shards.Shards` or any sequence of uint8 tensors (3, H, W).
    checkpoint : a safetensors file for the state. If it is there, training goes on from it, and on
        a CPU ends with the same weights, bit for bit, as without the break.
    prior : of the classes; the course's if not given.
    initial : weights to begin with instead of random ones, as a network's `state_dict`.
    accumulate : parts in which a batch is trained, if it is too large for the memory.
    sync_batchnorm : take BatchNorm's mean and variance over the crops of all processes.
    save_every : seconds between checkpoints: the most that a crash can cost.
    keep : how many checkpoints stay: the newest, and those before it with .1, .2 in their names.
    on_report : called with the training every `report_every` steps, when `history` has grown.
    kind : another class of training, as in `experiments.hints`.
    data : a name for the photographs; a checkpoint of other ones is refused.

    Returns
    -------
    Training : `averaged()` is the network to use, `history` the curve.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C or a notebook's stop button, once the step is saved; after a second, at once.
    TrainingError, ValueError
        If the loss is not finite any more; if the checkpoint is torn, or another training's.

    Notes
    -----
    Inside `engine.distributed.processes` each trains on its share of every batch; the first one
    alone writes and reports. A checkpoint fits any number of processes. Chapter 13.
    """
    (rank, world), files = place(), checkpoints.rotation(checkpoint, keep) if checkpoint else []
    training = kind(recipe, prior, device, initial, accumulate, sync_batchnorm)
    training.data = checkpoints.fingerprint(photos, data)
    _resume(training, files)
    batches, todo = batch_source(recipe, photos, device), range(training.done, recipe.steps)
    title, saved = f"training on {training.device}" + f" x {world}" * (world > 1), time.monotonic()
    with (
        ThreadPoolExecutor(1) as ahead,  # the next batch is cut while this one trains
        checkpoints.interrupts() as interrupted,
        Progress(recipe.batches, training.done, report_every, title, rank > 0) as progress,
    ):
        coming = ahead.submit(batches, training.done)
        for step in todo:
            batch = coming.result()
            if step + 1 < recipe.steps:
                coming = ahead.submit(batches, step + 1)
            seconds, point = progress.step(training.step(*batch))
            training.seconds += seconds
            if point:
                training.history.append(point)
                if on_report and rank == 0:
                    on_report(training)
            stop = any(mean(len(interrupted), device=training.device))  # all, after the same step
            if files and (stop or time.monotonic() - saved > save_every):
                if rank == 0:
                    checkpoints.rotate(training.save, files)
                saved = time.monotonic()
            if stop:
                saved_to = f"; all of it is in {files[0]}" if files else ", without a checkpoint"
                raise KeyboardInterrupt(f"stopped after step {training.done}{saved_to}")
    if files and todo and rank == 0:
        checkpoints.rotate(training.save, files)
    return training


def _resume(training: Training, files: list[Path]) -> None:
    """Go on from the newest checkpoint, if any; all processes from the same."""
    newest = next((path for path in files if path.exists()), None)
    if newest:
        training.load(newest)
    if mean(training.done, device=training.device) != [training.done]:
        raise TrainingError(f"process {place()[0]} would go on from step {training.done}, others "
                            f"not: {files[0]} must lie in a folder that all of them can read")
