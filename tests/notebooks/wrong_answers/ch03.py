"""Wrong answers of chapter 03 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "soft_prior": [lambda indices, weights: weights.mean((1, 2)),
                   lambda indices, weights: torch.zeros(313).scatter_(
                       0, indices.flatten(), weights.flatten()),
                   lambda indices, weights: torch.zeros(313).scatter_(
                       0, indices.flatten(), weights.flatten()) / indices[0].numel()],
    "balance": [lambda prior, lam: torch.ones_like(prior),
                lambda prior, lam: 1 / prior / (1 / prior).sum()],
    "rebalanced": [lambda probabilities, weights: probabilities,
                   lambda probabilities, weights: (probabilities * weights).argmax()],
}
