"""Wrong answers of chapter 01 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "to_light": [lambda v: v**2.4, lambda v: v * 0.2140411 / 0.5],
    "luminance": [lambda rgb: rgb.max(0).values, lambda rgb: rgb],
    "to_lab": [lambda xyz: torch.stack([100 * xyz[1], xyz[0], xyz[2]]), lambda xyz: xyz[1]],
    "mean_error": [lambda x, y: (x - y).square().mean().sqrt(), lambda x, y: (x - y).norm()],
    "same_gray": [lambda lab: torch.tensor([lab[0], 120.0, 0.0]), lambda lab: lab[1:]],
}
