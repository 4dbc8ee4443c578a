"""Wrong answers to the exercises of chapter 05 that no named mistake covers."""

import math

from colorlib.gamut import AbGamut
from colorlib.losses import cross_entropy


def loop(*order, note=lambda loss: loss.item()):
    """A training loop that does zero_grad, backward and step in this order."""

    def fit(network, optimizer, rate, batches):
        noted = []
        for step, (lightness, ab) in enumerate(batches):
            optimizer.param_groups[0]["lr"] = rate(step)
            loss = cross_entropy(network.logits(lightness), *AbGamut().soft_encode(ab))
            noted.append(note(loss))
            for name in order:
                getattr(loss if name == "backward" else optimizer, name)()
        return noted

    return fit


WRONG = {
    "fit": [lambda network, optimizer, rate, batches: [0.0 for _ in batches],
            lambda network, optimizer, rate, batches: 5.7,
            loop("backward", "zero_grad", "step"), loop("zero_grad", "step"),
            loop("zero_grad", "backward", "step", note=lambda loss: loss)],
    "first_loss": [lambda classes, weights: -math.log(classes) * weights.mean()],
    "schedule": [lambda step, lr, warmup, steps: lr],
    "found": [(3, 2), 4, (5, 5, 5), (4, 3, 2)],
    "average": [lambda old, new, decay: old],
}
