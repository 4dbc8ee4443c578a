"""The small training loop: one cycle of the learning rate, a bar, a checkpoint.

The colorizing networks have `colorlib.training`. This loop trains what judges them or builds on
them: a classifier, a backbone, a trunk with a head, a rater.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from . import checkpoints

SAVE_EVERY = 50  # steps between two checkpoints, and between two losses that the bar shows


def fit(model: nn.Module, loss: Callable[[int], Tensor], optimizer: torch.optim.Optimizer,
        steps: int, lr: float, title: str, checkpoint: Path | None = None, *,
        pct_start: float = 0.3, cycle_momentum: bool = False) -> nn.Module:
    """Train a model, the learning rate up and down in one cycle.

    Parameters
    ----------
    model : the network; its weights are changed.
    loss : from the number of a step, 0 to ``steps - 1``, to the loss of its batch, a scalar.
    optimizer : of the parameters that are trained.
    lr : the highest learning rate.
    title : what the progress bar says in front.
    checkpoint : a file for the state. If it is there, training goes on from it. It ends with the
        same weights as without the break if the batch of a step depends on its number alone. A
        file that is torn counts as none.
    pct_start, cycle_momentum : as for torch's ``OneCycleLR``.

    Returns
    -------
    the model, switched to inference.

    Notes
    -----
    L. N. Smith, N. Topin, "Super-convergence" (2018), for the schedule.
    """
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=steps, pct_start=pct_start, cycle_momentum=cycle_momentum)
    done = _resume(model, optimizer, schedule, checkpoint) if checkpoint else 0
    model.train()
    for step in (bar := tqdm(range(done, steps), title, steps, initial=done, mininterval=5)):
        # forward
        value = loss(step)
        # backward
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        # step
        optimizer.step()
        schedule.step()
        if (step + 1) % SAVE_EVERY == 0:
            bar.set_postfix(loss=f"{value.item():.3f}")
            if checkpoint:
                _save(model, optimizer, step + 1, checkpoint)
    return model.eval()


def _save(model: nn.Module, optimizer: torch.optim.Optimizer, done: int, path: Path) -> None:
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"optimizer.{name}": value
                for name, value in checkpoints.optimizer_tensors(optimizer).items()}
    checkpoints.save(tensors, {"done": done}, path)


def _resume(model: nn.Module, optimizer: torch.optim.Optimizer,
            schedule: torch.optim.lr_scheduler.LRScheduler, path: Path) -> int:
    """Take up what `_save` wrote; returns how many steps were done, 0 where there is no such file.

    The schedule has no state in the file: the number of steps says all of it.
    """
    try:
        tensors, state = checkpoints.load(path)
    except (OSError, checkpoints.TrainingError):
        return 0
    model.load_state_dict(checkpoints.part(tensors, "model"))
    checkpoints.restore_optimizer(optimizer, checkpoints.part(tensors, "optimizer"))
    optimizer.step()  # without gradients nothing moves; the schedule warns if no step came first
    for _ in range(state["done"]):
        schedule.step()
    return state["done"]
