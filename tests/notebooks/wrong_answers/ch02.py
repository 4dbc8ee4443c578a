"""Wrong answers of chapter 02 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "reached": [lambda ab, step: (ab / step).ceil().unique(dim=1).shape[1],
                lambda ab, step: (ab * step).round().unique(dim=1).shape[1]],
    "apart": [lambda center, points: (points - center[:, None]).abs().amax(0).mean(),
              lambda center, points: (points - center[:, None]).abs().amax(1)],
    "soft_weights": [lambda ab, bins: torch.softmax(-(bins - ab).square().sum(1) / 50, 0),
                     lambda ab, bins: torch.full((5,), 0.2)],
    "decode": [lambda indices, weights, bins: bins[indices].sum(0).movedim(-1, 0),
               lambda indices, weights, bins: bins[indices[0]].movedim(-1, 0)],
    "target_bytes": [lambda photos, side: 313 * 4 * photos * (side // 4) ** 2,
                     # 312.8 classes, or 100 bytes too many
                     lambda photos, side: (
                         1251.2 * photos * (side // 4) ** 2, 60 * photos * (side // 4) ** 2),
                     lambda photos, side: (1252 * photos * (side // 4) ** 2 + 100,
                                           60 * photos * (side // 4) ** 2),
                     lambda photos, side: (313 * photos * side // 4, 60 * photos * side // 4)],
}
