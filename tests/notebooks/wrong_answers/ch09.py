"""Wrong answers of chapter 09 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "match_luminance": [lambda reference, target: reference,
                        lambda reference, target: target,
                        lambda reference, target: (reference - reference.mean())
                        / reference.std()],
    "affinity": [lambda center, around: torch.full((8,), 1 / 8),
                 # no floor: 0 / 0 where all is flat
                 lambda center, around: (-(around - center) ** 2 / (0.6 * torch.cat(
                     [around, torch.tensor([center])]).var(correction=0))).softmax(0)],
    "spread": [lambda weights, known, colors: colors,
               lambda weights, known, colors: torch.linalg.matrix_power(weights, 50) @ colors],
    "scribbles_needed": [lambda errors, rival: (errors < rival[:, None]).sum(1),
                         lambda errors, rival: (errors < rival[:, None]).any(1)],
}
