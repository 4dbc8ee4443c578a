"""One training function, for a laptop and for a GPU (chapter 05)."""

import json
import math
import os
import time
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from tqdm.auto import tqdm

from .data import Batches
from .gamut import AbGamut
from .losses import cross_entropy, l2
from .networks import Zhang, zhang
from .rebalancing import class_weights, course_prior

BETAS = (0.9, 0.99)  # Adam's, as in the paper


@dataclass(frozen=True)
class Stage:
    """A part of the training: so many steps on batches of one shape.

    Attributes
    ----------
    crop, zoom : see `data.random_crop`.
    lam : share of the uniform distribution in the class weights of `rebalancing.class_weights`;
        1 leaves every class the same weight.
    """

    steps: int
    batch: int
    crop: int
    zoom: tuple[float, float] = (1.0, 2.0)
    lam: float = 0.5


@dataclass(frozen=True)
class Recipe:
    """All that decides what a training gives, beside its photographs.

    Attributes
    ----------
    loss : "rebalanced" (the paper's full method), "classification" (the same without class
        weights) or "l2" (regression to ab).
    stages : first small crops, which are cheap, then larger ones, up to what inference will see.
    lr, warmup : AdamW's learning rate, reached after `warmup` steps, then down a cosine to 0.
    average : decay of the moving average of the weights, which is what training returns.
    gamma : see `data.Batches`.
    precision : "float32", "bfloat16", "float16", or "auto" for the fastest that the device has.
    """

    width: float = 0.25
    loss: str = "rebalanced"
    stages: tuple[Stage, ...] = (Stage(1000, 32, 64),)
    lr: float = 3e-3
    warmup: int = 500
    weight_decay: float = 0.02
    clip: float = 1.0
    average: float = 0.999
    gamma: float = 1.25
    precision: str = "auto"
    seed: int = 0

    def __post_init__(self):
        if self.loss not in ("rebalanced", "classification", "l2"):
            raise ValueError(f"loss must be rebalanced, classification or l2, got {self.loss!r}")

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    def stage(self, step: int) -> int:
        """Which stage a step belongs to; the last one for steps beyond the end."""
        ends = list(accumulate(stage.steps for stage in self.stages))
        return min(bisect_right(ends, step), len(ends) - 1)

    def rate(self, step: int) -> float:
        """Learning rate at a step: a straight climb, then half a cosine."""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.lr * (1 + math.cos(math.pi * progress)) / 2


# What made the weights that ship, by `colorlib train`. First what things are, on small crops: all
# classes weighing the same makes for quieter gradients. Then, on larger ones, with rare colors
# weighing more.
COURSE = Recipe(
    stages=(
        Stage(8_000, 32, 64, (1.0, 2.5), lam=1.0),
        Stage(3_000, 24, 96, (1.0, 2.5), lam=0.9),
        Stage(2_500, 16, 128, (1.0, 2.0), lam=0.9),
    ),
    lr=1.5e-3,
    warmup=300,
    precision="bfloat16",
)


# Every 32nd photo of the train split was kept aside to choose the recipe by, so that the val split
# is looked at once, by the finished network.
HOLD_OUT = 32


def scaled(recipe: Recipe, steps: int) -> Recipe:
    """The same recipe in more or fewer steps."""
    if steps < len(recipe.stages):
        raise ValueError(f"steps must be at least {len(recipe.stages)}, got {steps}")
    share = steps / recipe.steps
    stages = [replace(s, steps=max(1, round(s.steps * share))) for s in recipe.stages]
    stages[0] = replace(stages[0], steps=steps - sum(s.steps for s in stages[1:]))
    return replace(recipe, stages=tuple(stages), warmup=round(recipe.warmup * share))


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
    history: list[dict] = field(default_factory=list)
    done: int = 0
    seconds: float = 0.0

    def __post_init__(self):
        torch.manual_seed(self.recipe.seed)
        self.device = torch.device(self.device)
        # channels_last: a pixel's channels lie side by side, which mixed precision wants.
        self.network = zhang(self.recipe.width).to(self.device, memory_format=torch.channels_last)
        self.gamut = AbGamut().to(self.device)
        prior = course_prior() if self.prior is None else self.prior
        self.class_weights = {
            lam: class_weights(prior, lam).float().to(self.device)
            for lam in {stage.lam for stage in self.recipe.stages}
        }
        trained = [p for p in self.network.parameters() if p.requires_grad]
        decay = self.recipe.weight_decay
        self.optimizer = torch.optim.AdamW(trained, betas=BETAS, weight_decay=decay)
        self.precision = _precision(self.recipe.precision, self.device)
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=self.precision == torch.float16
        )
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def loss(self, lightness: Tensor, ab: Tensor) -> Tensor:
        """Loss of one batch: L (N, 1, H, W) against ab (N, 2, H / 4, W / 4)."""
        narrow = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision, enabled=narrow):
            logits = self.network.logits(lightness)
        logits = logits.float()  # sums over 313 classes want all the digits
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
        network = zhang(self.recipe.width).to(self.device)
        network.load_state_dict(self.average)
        return network.eval()

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
        """Take up where `save` left off. ValueError if the file is of another recipe."""
        with safe_open(path, "pt") as file:
            state = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if state["recipe"] != json.loads(json.dumps(asdict(self.recipe))):
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
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save_file(tensors, beside, metadata)
        with open(beside, "rb") as file:
            os.fsync(file.fileno())
        beside.chmod(0o644)  # safetensors makes files that only their owner can read
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def save_weights(training: Training, path: str | Path, **notes: str) -> None:
    """Write the averaged weights in float16, with how they were made, for `Colorizer`.

    Parameters
    ----------
    notes : what the recipe does not know: the data, the commit, the size for inference.
    """
    recipe = {"architecture": "zhang", "T": 0.38, "done": training.done, "torch": torch.__version__,
              "device": str(training.device), "seconds": round(training.seconds),
              **asdict(training.recipe), **notes}
    tensors = {
        name: value.cpu().half() if value.is_floating_point() else value.cpu()
        for name, value in training.average.items()
    }
    save_atomically({k: v.contiguous() for k, v in tensors.items()},
                    {"recipe": json.dumps(recipe)}, path)


def train(
    recipe: Recipe,
    photos,
    checkpoint: str | Path | None = None,
    *,
    prior: Tensor | None = None,
    device: str | torch.device = "cpu",
    save_every: float = 120,
    on_report: Callable[[Training], None] | None = None,
    report_every: int = 100,
) -> Training:
    """Train a network on photographs.

    Parameters
    ----------
    recipe : what to train, and how long.
    photos : a `data.Photos` or any sequence of uint8 tensors (3, H, W).
    checkpoint : a safetensors file for the state of the training. If it is there, training goes on
        from it, and on a CPU ends with the same weights, bit for bit, as without the break.
    prior : of the classes; the course's if not given.
    save_every : seconds between checkpoints: the most that a crash can cost.
    on_report : called with the training every `report_every` steps, when `history` has grown.

    Returns
    -------
    Training, with `averaged()` as the network to use and `history` as the curve.
    """
    training = Training(recipe, prior, device)
    if checkpoint and Path(checkpoint).exists():
        training.load(checkpoint)
    batch_at = batch_source(recipe, photos)
    todo = range(training.done, recipe.steps)
    losses, saved = [], time.monotonic()
    with (
        tqdm(total=recipe.steps, initial=training.done, unit=" steps", smoothing=0.05,
             desc=f"training on {training.device}") as bar,
        ThreadPoolExecutor(1) as ahead,  # the next batch is cut while this one trains
    ):
        coming = ahead.submit(batch_at, training.done)
        for step in todo:
            begun = time.monotonic()
            batch = coming.result()
            if step + 1 < recipe.steps:
                coming = ahead.submit(batch_at, step + 1)
            losses.append(training.step(*batch))
            training.seconds += time.monotonic() - begun
            bar.update()
            if training.done % report_every == 0 or training.done == recipe.steps:
                loss = sum(losses) / len(losses)
                losses.clear()
                training.history.append({"step": training.done, "loss": loss})
                bar.set_postfix(loss=f"{loss:.3f}")
                if on_report:
                    on_report(training)
            if checkpoint and time.monotonic() - saved > save_every:
                training.save(checkpoint)
                saved = time.monotonic()
    if checkpoint and todo:
        training.save(checkpoint)
    return training


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
