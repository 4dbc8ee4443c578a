"""Wrong answers of chapter 14 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "for_gray": [lambda weight: weight, lambda weight: weight.prod(1, keepdim=True)],
    "answer": [lambda directions, palette, pixel, T: palette.mean(0),
               lambda directions, palette, pixel, T: torch.zeros(2)],
    "painter_loss": [lambda real, fake: (real - fake).mean(),
                     lambda real, fake: torch.tensor(0.0)],
}
