"""The range test: which learning rates a training can use (chapter 05)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from torch import Tensor

from ..engine.checkpoints import TrainingError
from ..recipes import Recipe
from ..training import Training


@dataclass(frozen=True)
class Sweep(Recipe):
    """A recipe whose learning rate at each step is given."""

    rates: tuple[float, ...] = ()

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        return self.rates[step]


def range_test(recipe: Recipe, batches: Callable[[int], Sequence[Tensor]],
               rates: Sequence[float], device="cpu") -> list[float]:
    """The loss before each step of a training whose learning rate climbs.

    Parameters
    ----------
    recipe : what to train; its own learning rate and schedule are left aside.
    batches : number of a step to its batch, as `data.batch_source` makes it.
    rates : the learning rate of each step, from far too low to far too high.

    Returns
    -------
    list of as many losses; nan from the step on at which the loss was not finite any more.
    """
    settings = {f.name: getattr(recipe, f.name) for f in fields(recipe)}
    training = Training(Sweep(**settings, rates=tuple(rates)), device=device)
    losses = []
    try:
        for step in range(len(rates)):
            losses.append(training.step(*batches(step)))
    except TrainingError:
        losses += [math.nan] * (len(rates) - len(losses))
    return losses
