"""Exercises of chapter 05: the training loop, what to check around it, and three broken ones."""

import math

import torch

from ...gamut import AbGamut
from ...losses import cross_entropy
from ...networks import zhang
from ...recipes import Recipe, Stage
from ..checks import Exercise, Mistake, judge_of_three


def _fit(network, optimizer, rate, batches, forget=(), sign=1) -> list[float]:
    """The loop; `forget` names what a wrong one leaves out, or does too late."""
    gamut, losses = AbGamut(), []
    for step, (lightness, ab) in enumerate(batches):
        indices, shares = gamut.soft_encode(ab)
        loss = sign * cross_entropy(network.logits(lightness), indices, shares)
        if "zero" not in forget:
            optimizer.zero_grad()
        loss.backward()
        if "late" in forget:
            optimizer.step()
        if "rate" not in forget:
            for group in optimizer.param_groups:
                group["lr"] = rate(step + ("ahead" in forget))
        if not {"step", "late"} & set(forget):
            optimizer.step()
        losses.append(sign * loss.item())
    return losses


def _without(*names: str):
    return lambda *arguments: _fit(*arguments, forget=names)


def _rate(step: int) -> float:
    return 1 / (1 + step)


def _case(steps: int) -> tuple:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = zhang(1 / 32)
        lightness = torch.rand(2, 1, 16, 16) * 100
        ab = torch.randn(2, 2, 4, 4) * 30
    optimizer = torch.optim.SGD(network.model8.parameters(), lr=0.1)
    return network, optimizer, _rate, [(lightness, ab)] * steps


fit = Exercise(
    reference=_fit,
    cases=[_case(1), _case(6)],
    show_input=lambda network, optimizer, rate, batches: (
        f"{len(batches)} step{'s' * (len(batches) > 1)} on one batch"),
    right="Encode, loss, backward, step: every training of this course is this loop.",
    tolerance=1e-4,
    mistakes=[
        Mistake("the gradients of earlier steps were never cleared: zero_grad().",
                _without("zero")),
        Mistake("the weights never change. The order is: zero_grad() clears the old gradients, "
                "backward() computes new ones, step() changes the weights by them. Is one of the "
                "last two missing, or does zero_grad() stand between them?", _without("step")),
        Mistake("the learning rate is that of the next step: steps count from 0, rate(step).",
                _without("ahead")),
        Mistake("the learning rate of the step was not set.", _without("rate")),
        Mistake("the learning rate was set after the step that it is for.", _without("late")),
        Mistake("it climbs: the loss that goes backward has the wrong sign.",
                lambda *arguments: _fit(*arguments, sign=-1)),
        Mistake("the first loss is missing: note the loss before the step, for each batch.",
                lambda n, o, r, b: _fit(n, o, r, [*b, b[0]])[1:]),
    ],
)

first_loss = Exercise(
    reference=lambda classes, weights: math.log(classes) * weights.mean(),
    cases=[(313, torch.ones(4)), (10, torch.ones(4)), (313, torch.tensor([0.5, 4.0, 0.5, 1.0]))],
    right="An even guess costs ln Q, and a pixel of weight w costs w times as much.",
    mistakes=[
        Mistake("the pixels' weights do nothing here: they were left out, or divided by their own "
                "sum. The mean is over the number of pixels.", lambda c, w: math.log(c)),
        Mistake("the logarithm is the natural one.", lambda c, w: math.log2(c) * w.mean()),
        Mistake("the loss is a mean over pixels, not a sum.", lambda c, w: math.log(c) * w.sum()),
        Mistake("that is the share that each class gets; its cost is minus its logarithm.",
                lambda c, w: w.mean() / c),
    ],
)


def _schedule(step: int, lr: float, warmup: int, steps: int) -> float:
    return Recipe(stages=(Stage(steps, 1, 8),), lr=lr, warmup=warmup).rate(step)


def _no_warmup(step: int, lr: float, warmup: int, steps: int) -> float:
    return lr * (1 + math.cos(math.pi * step / steps)) / 2


def _whole_cosine(step: int, lr: float, warmup: int, steps: int) -> float:
    if step < warmup:
        return lr * (step + 1) / warmup
    return lr * (1 + math.cos(2 * math.pi * (step - warmup) / (steps - warmup))) / 2


def _line(step: int, lr: float, warmup: int, steps: int) -> float:
    if step < warmup:
        return lr * (step + 1) / warmup
    return lr * (1 - (step - warmup) / (steps - warmup))


def _late(step: int, lr: float, warmup: int, steps: int) -> float:
    if step < warmup:
        return lr * (step + 1) / warmup
    return lr * (1 + math.cos(math.pi * step / steps)) / 2


def _one_early(step: int, lr: float, warmup: int, steps: int) -> float:
    if step < warmup:
        return lr * (step + 1) / warmup
    return lr * (1 + math.cos(math.pi * (step - warmup) / (steps - 1 - warmup))) / 2


def _warm_too_long(step: int, lr: float, warmup: int, steps: int) -> float:
    return lr * (step + 1) / warmup if step <= warmup else _schedule(step, lr, warmup, steps)


def _from_zero(step: int, lr: float, warmup: int, steps: int) -> float:
    return lr * step / warmup if step < warmup else _schedule(step, lr, warmup, steps)


schedule = Exercise(
    reference=_schedule,
    cases=[(s, 0.1, 10, 110) for s in (10, 60, 109, 0, 4, 9, 11, 35)],
    right="A climb, so that Adam's averages fill; a long slope, so that the noise dies down.",
    tolerance=1e-4,
    mistakes=[
        Mistake("the warm-up is missing.", _no_warmup),
        Mistake("half a cosine is enough: this one is back at the top in the end.", _whole_cosine),
        Mistake("that is a straight line down, not a cosine.", _line),
        Mistake("the cosine begins where the warm-up ends, not at step 0.", _late),
        Mistake("the rate is 0 one step too early: it should get there at step `steps`, "
                "which never comes.",
                _one_early),
        Mistake("the warm-up is one step too long: step `warmup` is the first of the cosine. "
                "Write <, not <=.", _warm_too_long),
        Mistake("at step 0 the rate is 0, and the step does nothing: use step + 1.", _from_zero),
    ],
)

average = Exercise(
    reference=lambda old, new, decay: decay * old + (1 - decay) * new,
    cases=[(torch.tensor([0.0]), torch.tensor([1.0]), 0.9),
           (torch.tensor([2.0, -1.0]), torch.tensor([1.0, 4.0]), 0.75)],
    right="Each step mixes a little of the new weights in.",
    mistakes=[
        Mistake("old and new were swapped: 0.9 is how much of the old stays.",
                lambda old, new, decay: (1 - decay) * old + decay * new),
        Mistake("both count half: where is the decay?", lambda old, new, decay: (old + new) / 2),
        Mistake("the shares don't sum to 1.", lambda old, new, decay: decay * old + new),
        Mistake("the old average was dropped.", lambda old, new, decay: new),
    ],
)

FAULTS = (3, 2, 4)


found = Exercise(
    reference=lambda: FAULTS,
    judge=judge_of_three(FAULTS, "fault", "loop_"),
    right="A flat curve, a curve that jumps, and a picture on the wrong side.",
    mistakes=[
        Mistake("a and b have changed places: which of them clears its gradients at all?",
                lambda: (2, 3, 4)),
        Mistake("a flat curve can also mean a low rate; but read where a clears its gradients.",
                lambda: (1, 2, 4)),
    ],
)
