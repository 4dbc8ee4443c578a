"""Wrong answers of chapter 10b that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "planes": [lambda hints, height, width: torch.zeros(3, height, width),
               lambda hints, height, width: torch.zeros(2, height, width)],
    "clicks": [lambda ab, draws: ab[:, :len(draws), 0].T, lambda ab, draws: 0 * draws],
    "listen": [lambda scores, alone, colors, own: own,
               lambda scores, alone, colors, own: colors.mean(0)],
    "needed": [lambda counts, errors, target: counts[-1] / 2,
               lambda counts, errors, target: float(target)],
}
