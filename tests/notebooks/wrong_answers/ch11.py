"""Wrong answers of chapter 11 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "pool": [lambda feature, size: feature.flatten(),
             lambda feature, size: feature.mean((1, 2))],
    "standardized": [lambda weight, bias, answers: (weight, bias),
                     # the other definition of the spread, off by a few percent
                     lambda weight, bias, answers: (
                         weight / answers.std(0, correction=0)[:, None],
                         (bias - answers.mean(0)) / answers.std(0, correction=0))],
    "objective": [lambda weight, bias, x, y, penalty: weight.square().sum(),
                  lambda weight, bias, x, y, penalty: torch.tensor(0.0)],
    "difference": [lambda a, b, picks: (0.0, 0.0),
                   lambda a, b, picks: ((a.float().mean() - b.float().mean()).item(),) * 2],
}
