"""Wrong answers of chapter 15 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "spread": [lambda answers: answers.std(0).mean().item(),
               lambda answers: (answers[0] - answers[1]).norm(dim=0).mean().item()],
    "clean": [lambda noisy, v, a, s: noisy, lambda noisy, v, a, s: noisy / a],
    "two_formulas": [lambda rgb: (rgb.std().item(), rgb.abs().std().item()),
                     lambda rgb: (0.0, 0.0)],
    "frechet": [lambda x, y: torch.tensor(0.0),
                lambda x, y: ((x.mean() - y.mean()) ** 2 + (x.std() + y.std()) ** 2).item()],
}
