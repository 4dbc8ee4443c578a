"""Recipes: what to train and how long, as plain numbers (chapter 05)."""

import json
import math
from bisect import bisect_right
from dataclasses import asdict, dataclass, replace
from itertools import accumulate


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
    """All that decides the result of a training, apart from its photographs.

    Attributes
    ----------
    network : its name in `networks.NETWORKS`.
    loss : "rebalanced" (the paper's full method), "classification" (the same without class
        weights), "l2" (regression to ab), or "own", that which the network's own paper minimizes.
    stages : first small crops, which are cheap, then larger ones, up to what inference will see.
    optimizer : "adamw" (the paper's Adam, its weight decay apart), or "muon" (see `engine.muon`).
    lr, warmup : the learning rate, reached after `warmup` steps, then down a cosine to 0.
    average : decay of the moving average of the weights, which is what training returns.
    gamma : see `data.Batches`.
    precision : "float32", "bfloat16", "float16", or "auto" for the fastest that the device has.
    finish : for "rebalanced", the lambda of class weights that multiply the finished network's
        probabilities, as one more shift of their logits; 1 leaves them alone.
    size : long side in pixels of what the finished network is to be shown.
    """

    width: float = 0.25
    loss: str = "rebalanced"
    stages: tuple[Stage, ...] = (Stage(1000, 32, 64),)
    optimizer: str = "adamw"
    lr: float = 3e-3
    warmup: int = 500
    weight_decay: float = 0.02
    clip: float = 1.0
    average: float = 0.999
    gamma: float = 1.25
    precision: str = "auto"
    finish: float = 1.0
    size: int = 256
    seed: int = 0
    network: str = "zhang"

    def __post_init__(self):
        if self.loss not in ("rebalanced", "classification", "l2", "own"):
            raise ValueError("loss must be rebalanced, classification, l2 or own, "
                             f"got {self.loss!r}")
        if self.optimizer not in ("adamw", "muon"):
            raise ValueError(f"optimizer must be adamw or muon, got {self.optimizer!r}")

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    @property
    def batches(self) -> list[int]:
        """The size of each step's batch."""
        return [stage.batch for stage in self.stages for _ in range(stage.steps)]

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
# weighing more. How much more is tuned when all is learned: training with weights w makes a network
# say w p where it would have said p, so multiplying by w afterwards is more of the same.
COURSE = Recipe(
    stages=(
        Stage(7_000, 32, 64, (1.0, 2.5), lam=1.0),
        Stage(2_000, 24, 96, (1.0, 2.5), lam=0.9),
        Stage(1_800, 16, 128, (1.0, 2.0), lam=0.9),
    ),
    optimizer="muon",
    lr=1e-3,
    warmup=300,
    finish=0.96,
    size=176,
)


# The recipe was chosen on every 32nd photo of the train split, on which nothing was trained. So the
# val split is used once, for the finished network.
HOLD_OUT = 32


def scaled(recipe: Recipe, steps: int) -> Recipe:
    """The same recipe in more or fewer steps."""
    if steps < len(recipe.stages):
        raise ValueError(f"steps must be at least {len(recipe.stages)}, got {steps}")
    share = steps / recipe.steps
    stages = [replace(s, steps=max(1, round(s.steps * share))) for s in recipe.stages]
    stages[0] = replace(stages[0], steps=steps - sum(s.steps for s in stages[1:]))
    return replace(recipe, stages=tuple(stages), warmup=round(recipe.warmup * share))


def past(recipe: Recipe, done: int) -> str:
    """What decided the weights after `done` steps: recipes with the same past share them."""
    settings = asdict(recipe)
    del settings["finish"], settings["size"]  # these come after the training
    del settings["precision"]  # a training may go on where another number format is the fast one
    last = recipe.stage(done - 1) if done else -1
    for stage in settings["stages"][last + 1 :]:
        stage["lam"] = None
    return json.dumps(settings, sort_keys=True)


def differences(saved: Recipe, now: Recipe, done: int) -> list[str]:
    """What of two recipes' pasts differs, setting by setting: see `past`."""
    before, after = (json.loads(past(recipe, done)) for recipe in (saved, now))
    found = [f"{name} {before[name]}, now {after[name]}" for name in before
             if name != "stages" and before[name] != after[name]]
    stages, others = before["stages"], after["stages"]
    if len(stages) != len(others):
        return [*found, f"{len(stages)} stages, now {len(others)}"]
    for number, (one, other) in enumerate(zip(stages, others, strict=True), 1):
        found += [f"{name} of stage {number} {one[name]}, now {other[name]}" for name in one
                  if one[name] != other[name]]
    return found


def recipe_of(settings: dict) -> Recipe:
    """A recipe from what ``dataclasses.asdict`` made of one and JSON has kept."""
    # A setting that an earlier version did not have yet: it did what is now the default.
    settings = {**asdict(Recipe()), **settings}
    return Recipe(**settings | {"stages": tuple(Stage(**stage) for stage in settings["stages"])})
