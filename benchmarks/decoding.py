"""From logits to colors, against probabilities and an einsum (chapter 06)."""

import torch

from colorlib.gamut import gamut_bins
from colorlib.inference import annealed_mean

from .machine import traffic
from .measure import Row, race


def run(tiny: bool = False) -> list[Row]:
    side, rounds = (4, 1) if tiny else (64, 15)
    bins, T = gamut_bins(), 0.38
    logits = torch.randn(1, 313, side, side, generator=torch.Generator().manual_seed(0))

    def two_steps():
        """The formula as it stands: probabilities, their powers, and the mean."""
        sharp = (logits.softmax(1).log() / T).exp()
        return torch.einsum("nqhw,qc->nchw", sharp / sharp.sum(1, keepdim=True), bins)

    off = (two_steps() - annealed_mean(logits, bins, T)).abs().max().item()
    if off > 1e-2:
        raise AssertionError(f"the colors differ by {off}")
    return [race(f"annealed mean of 313 x {side} x {side}", lambda: annealed_mean(logits, bins, T),
                 "the formula, step by step", two_steps, rounds,
                 bound=(1000 * logits.nbytes / traffic(), "memory traffic"))]
