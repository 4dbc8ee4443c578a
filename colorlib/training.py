"""One training function, for a laptop and for a GPU (chapter 05)."""

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from . import checkpoints
from .checkpoints import TrainingError
from .data import Batches
from .distributed import mean, parallel, place
from .networks import ColorNet
from .optimizers import Muon
from .precision import number_format
from .rebalancing import class_weights, course_prior
from .recipes import Recipe
from .registry import build

BETAS = (0.9, 0.99)  # Adam's, as in the paper


@dataclass
class Training:
    """A training under way: the network, its optimizer, its averaged weights and where it stands.

    `step` does one step; `save` and `load` move the whole state to and from one safetensors file.
    """

    recipe: Recipe
    prior: Tensor | None = None
    device: str | torch.device = "cpu"
    initial: dict[str, Tensor] | None = None
    accumulate: int = 1
    sync_batchnorm: bool = False
    history: list[dict] = field(default_factory=list)
    done: int = 0
    seconds: float = 0.0

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
        trained = [p for p in self.network.parameters() if p.requires_grad]
        decay = self.recipe.weight_decay
        if self.recipe.optimizer == "muon":
            output = [self.network.get_submodule(name).weight for name in self.network.last]
            self.optimizer = Muon(trained, output, betas=BETAS, weight_decay=decay)
        else:
            self.optimizer = torch.optim.AdamW(trained, betas=BETAS, weight_decay=decay)
        self.precision = number_format(self.device, self.recipe.precision)
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=self.precision == torch.float16
        )
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def outputs(self, *inputs: Tensor) -> Tensor:
        """What the network makes of L (N, 1, H, W), by the recipe's number format."""
        narrow = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision, enabled=narrow):
            outputs = self.parallel(*inputs)
        return outputs.float()  # sums over 313 classes want all the digits

    def loss(self, lightness: Tensor, ab: Tensor, labels: Tensor | None = None,
             *more: Tensor) -> Tensor:
        """Loss of one batch: L (N, 1, H, W) against ab (N, 2, H / 4, W / 4), labels (N,).

        `more` is what else the network is given.
        """
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
        for i, part in enumerate(self._parts(batch), 1):
            # Processes exchange their gradients once a step, not once a part.
            with nullcontext() if i == self.accumulate else self.parallel.no_sync():
                # forward
                loss = self.loss(*(tensor.to(self.device) for tensor in part)) / self.accumulate
                value += loss.item()
                # backward
                self.scaler.scale(loss).backward()
        [value] = mean(value, device=self.device)
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss became {value} at step {self.done}: go back to the last checkpoint with "
                f"a lower learning rate than {self.recipe.lr:g}, or precision='float32'"
            )
        # step
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.done += 1
        self._update_average()
        return value

    def _parts(self, batch: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
        """A batch in as many equal parts as gradients are to be added up of."""
        if len(batch[0]) % self.accumulate:
            raise ValueError(f"{len(batch[0])} crops can't be shared out evenly to "
                             f"{self.accumulate} parts")
        return zip(*(tensor.chunk(self.accumulate) for tensor in batch), strict=True)

    @torch.no_grad()
    def _update_average(self) -> None:
        # Early weights are worth forgetting: the decay grows to its full value with the steps.
        decay = min(self.recipe.average, self.done / (self.done + 10))
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)
            else:
                self.average[name].copy_(value)

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
        """Write the whole state to one file; see `checkpoints.save`."""
        checkpoints.save(self, path)

    def load(self, path: str | Path) -> None:
        """Take up where `save` left off; see `checkpoints.load`."""
        checkpoints.load(self, path)


def train(
    recipe: Recipe,
    photos,
    checkpoint: str | Path | None = None,
    *,
    prior: Tensor | None = None,
    device: str | torch.device = "cpu",
    initial: dict[str, Tensor] | None = None,
    accumulate: int = 1,
    sync_batchnorm: bool = False,
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
    photos : a `data.Photos`, a `shards.Shards` or any sequence of uint8 tensors (3, H, W).
    checkpoint : a safetensors file for the state of the training. If it is there, training goes on
        from it, and on a CPU ends with the same weights, bit for bit, as without the break.
    prior : of the classes; the course's if not given.
    initial : weights to begin with instead of random ones, as a network's `state_dict`.
    accumulate : parts that a batch is trained in, one after another, where it does not fit into
        memory at once.
    sync_batchnorm : with several processes, take BatchNorm's mean and variance over all of them,
        not over the crops of each.
    save_every : seconds between checkpoints: the most that a crash can cost.
    keep : how many checkpoints stay: the newest, and those before it with .1, .2 in their names.
    on_report : called with the training every `report_every` steps, when `history` has grown.
    kind : another class of training, as that of `clicks`.

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

    Notes
    -----
    Inside `distributed.processes`, each process trains on its share of every batch, and the first
    one alone writes, reports and draws the bar. With `sync_batchnorm` the result is that of one
    process, but for the order of adding. A checkpoint fits any number of processes. Chapter 13.
    """
    rank, world = place()
    training = kind(recipe, prior, device, initial, accumulate, sync_batchnorm)
    files = checkpoints.rotation(checkpoint, keep) if checkpoint else []
    newest = next((path for path in files if path.exists()), None)
    if newest:
        training.load(newest)
    if mean(training.done, device=training.device) != [training.done]:
        raise TrainingError(f"process {rank} would go on from step {training.done}, others not: "
                            f"{checkpoint} must lie in a folder that all of them can read")
    batch_at = batch_source(recipe, photos)
    todo = range(training.done, recipe.steps)
    saved = time.monotonic()
    losses, images, since = [], 0, training.seconds  # of the report to come
    sizes = [recipe.stages[recipe.stage(step)].batch for step in range(recipe.steps)]
    with (
        tqdm(total=sum(sizes), initial=sum(sizes[: training.done]), unit=" images", smoothing=0.05,
             desc=f"training on {training.device}" + f" x {world}" * (world > 1),
             disable=rank > 0) as bar,
        ThreadPoolExecutor(1) as ahead,  # the next batch is cut while this one trains
        checkpoints.interrupts() as interrupted,
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
                if on_report and rank == 0:
                    on_report(training)
            stop = any(mean(len(interrupted), device=training.device))  # all, after the same step
            if files and (stop or time.monotonic() - saved > save_every):
                if rank == 0:
                    checkpoints.rotate(training, files)
                saved = time.monotonic()
            if stop:
                kept = f"; all of it is in {files[0]}" if files else ", without a checkpoint"
                raise KeyboardInterrupt(f"stopped after step {training.done}{kept}")
    if files and todo and rank == 0:
        checkpoints.rotate(training, files)
    return training


def batch_source(recipe: Recipe, photos) -> Callable[[int], tuple[Tensor, ...]]:
    """The batches of a whole training, one stage after another: step number to batch.

    Of several processes, each makes its own part of every batch.
    """
    rank, world = place()
    for stage in recipe.stages:
        if stage.batch % world:
            raise ValueError(f"a batch of {stage.batch} can't be shared out evenly to {world} "
                             "processes")
    starts = [0, *accumulate(stage.steps for stage in recipe.stages)][:-1]
    sources = [
        Batches(photos, s.batch, s.crop, s.zoom, recipe.gamma, recipe.seed + start)
        for s, start in zip(recipe.stages, starts, strict=True)
    ]

    def batch_at(step: int) -> tuple[Tensor, ...]:
        stage = recipe.stage(step)
        return sources[stage].part(step - starts[stage], rank, world)

    return batch_at
