"""Wrong answers of chapter 03 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "hard_prior": [lambda classes: classes / classes.sum(),
                   lambda classes: (torch.bincount(classes.flatten(), minlength=313) > 0) / 313],
    "soft_prior": [lambda indices, weights: weights.mean((1, 2)),
                   lambda indices, weights: torch.zeros(313).scatter_(
                       0, indices.flatten(), weights.flatten()),
                   lambda indices, weights: torch.zeros(313).scatter_(
                       0, indices.flatten(), weights.flatten()) / indices[0].numel()],
    "balance": [lambda prior, lam: torch.ones_like(prior),
                lambda prior, lam: 1 / prior / (1 / prior).sum()],
    "share_above_one": [lambda classes, weights: 0.125, lambda classes, weights: weights > 1,
                        lambda c, w: (w[c] > w[c].mean()).float().mean(),
                        lambda c, w: (w[c] > 2).float().mean(),
                        lambda c, w: (w[c].round() > 1).float().mean()],
    "rebalanced": [lambda probabilities, weights: probabilities,
                   lambda probabilities, weights: (probabilities * weights).argmax()],
}
