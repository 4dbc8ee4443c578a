"""Wrong answers of chapter 06 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "annealed": [lambda logits, bins, T: bins.mean(0),
                 lambda logits, bins, T: (logits / max(T, 0.1)).softmax(0)],
    "accept": [lambda now, proposed, T: torch.rand(now.shape),
               lambda now, proposed, T: torch.sigmoid((now - proposed) / T)],
    "expected_distance": [lambda p, bins, guess: (p[:, None] * (bins - guess)).norm(),
                          lambda p, bins, guess: (bins - guess).norm(dim=1)],
    "leave_one_out": [lambda scores: scores.mean(), lambda scores: scores.median(0).values.max()],
    "joint_bilateral": [lambda ab, distance, *given: ab[:, distance.argmin(0)],
                        lambda ab, *given: ab.mean(1)],
}
