"""Wrong answers to the exercises of chapter 05 that no named mistake covers."""

import math

from colorlib.gamut import AbGamut
from colorlib.losses import cross_entropy


def steps(network, optimizer, rate, batches):
    """The loss of each step, the rate set."""
    for step, (lightness, ab) in enumerate(batches):
        optimizer.param_groups[0]["lr"] = rate(step)
        yield cross_entropy(network.logits(lightness), *AbGamut().soft_encode(ab))


def zero_grad_too_late(network, optimizer, rate, batches):
    noted = []
    for loss in steps(network, optimizer, rate, batches):
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        noted.append(loss.item())
    return noted


def no_backward(network, optimizer, rate, batches):
    noted = []
    for loss in steps(network, optimizer, rate, batches):
        optimizer.zero_grad()
        optimizer.step()
        noted.append(loss.item())
    return noted


def losses_with_their_graph(network, optimizer, rate, batches):
    noted = []
    for loss in steps(network, optimizer, rate, batches):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        noted.append(loss)
    return noted


WRONG = {
    "pictures": [lambda records: records[:, 1:].float().reshape(-1, 3, 32, 32) / 255,
                 lambda records: records],
    "fit": [lambda network, optimizer, rate, batches: [0.0 for _ in batches],
            lambda network, optimizer, rate, batches: 5.7,
            zero_grad_too_late, no_backward, losses_with_their_graph],
    "first_loss": [lambda classes, weights: -math.log(classes) * weights.mean()],
    "schedule": [lambda step, lr, warmup, steps: lr],
    "average": [lambda old, new, decay: old],
}
