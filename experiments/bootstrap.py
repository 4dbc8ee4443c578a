"""A statistic of photographs, with its bootstrap interval over them."""

from collections.abc import Callable

import torch
from torch import Tensor

from colorlib.metrics import DRAWS, ends


def estimate(rows: Tensor, statistic: Callable[[Tensor], Tensor] = torch.mean) -> list[float]:
    """A statistic of rows, one a photograph, and its 95% interval: value, low, high.

    Parameters
    ----------
    rows : tensor, shape (n, ...). Every call with the same n draws the same photographs.
    statistic : from such rows to a number. Draws for which it is NaN are left out.
    """
    picks = torch.randint(len(rows), (DRAWS, len(rows)), generator=torch.Generator().manual_seed(0))
    drawn = torch.stack([torch.as_tensor(statistic(rows[pick])).double() for pick in picks])
    return [float(statistic(rows)), *ends(drawn)]
