"""Wrong answers of chapter 10 that no checker names, and that it must catch all the same."""

import torch

WRONG = {
    "circular_mean": [lambda degrees, weights: (degrees[weights.argmax()], torch.tensor(1.0)),
                      lambda degrees, weights: degrees.median()],
    "hypercolumn": [lambda maps, y, x: torch.cat([m[:, 0, 0] for m in maps]),
                    lambda maps, y, x: torch.cat([m[:, int(y), int(x)] for m in maps])],
    "fuse": [lambda local, whole, weight, bias: local,
             lambda local, whole, weight, bias: torch.zeros(len(bias), *local.shape[1:])],
    "conclude": [(False, True, True, True), (True, True, True, True)],
}
