"""The moving average of a network's weights, which training returns (chapter 05)."""

import torch
from torch import Tensor


@torch.no_grad()
def update_average(average: dict[str, Tensor], state: dict[str, Tensor], decay: float,
                   done: int) -> None:
    """Move an average, in place, a little towards the weights after `done` steps.

    Parameters
    ----------
    average, state : tensors by name, as a network's `state_dict`.
    decay : share of the average that stays, as 0.999. Less in the first steps: early weights are
        worth forgetting.
    """
    decay = min(decay, done / (done + 10))
    for name, value in state.items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - decay)
        else:
            average[name].copy_(value)
