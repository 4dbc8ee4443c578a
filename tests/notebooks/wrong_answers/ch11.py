"""Wrong answers of chapter 11 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "pool": [lambda feature, size: feature.flatten(),
             lambda feature, size: feature.mean((1, 2))],
    "tested": [lambda right, choose, test: right[0, test].float().mean().item(),
               # the weakest probe, by argmin
               lambda right, choose, test: right[
                   right[:, choose].float().mean(1).argmin(), test].float().mean().item()],
    "objective": [lambda weight, bias, x, y, penalty: weight.square().sum(),
                  lambda weight, bias, x, y, penalty: torch.tensor(0.0)],
    "difference": [lambda a, b, picks: (0.0, 0.0),
                   lambda a, b, picks: ((a.float().mean() - b.float().mean()).item(),) * 2],
}
