"""A small diffusion model of color: from noise to one of many answers (chapter 15).

Ho, Jain and Abbeel (2020) for the idea; Salimans and Ho (2022) for what is predicted (v); Song,
Meng and Ermon (2021) for the sampler; Hoogeboom, Heek and Salimans (2023) for the shifted schedule.
"""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..io.assets import asset
from ..io.datasets import CLASSES
from .features import CHANNELS, COLORS, Seen, load_bytes

UNIT = 15.0  # ab units that are 1 for the network: about the spread of a photograph's colors
SHIFT = -2 * math.log(2)  # of the log signal-to-noise ratio: neighbors share their color
LIMIT = 12.0  # the largest log signal-to-noise ratio, either way
WIDTHS = (48, 96, 128)  # channels at 16, 8 and 4 pixels a side
TOLD = 128  # numbers that tell of the noise and of the class
WORDS = (*(name for name, _ in CLASSES.values()), "(no word)")
NO_WORD = len(CLASSES)


def log_snr(t: Tensor) -> Tensor:
    """Log of signal power over noise power at time t: from 0, no noise, to 1, noise alone."""
    return (-2 * torch.log(torch.tan(math.pi * t / 2)) + SHIFT).clamp(-LIMIT, LIMIT)


def mix(clean: Tensor, noise: Tensor, snr: Tensor) -> tuple[Tensor, Tensor]:
    """Noisy colors, and the v that a denoiser is to predict of them.

    Parameters
    ----------
    clean, noise : tensors, shape (N, 2, H, W), in `UNIT`.
    snr : tensor, shape (N,): of `log_snr`.

    Returns
    -------
    a clean + s noise, and v = a noise - s clean, where a^2 = sigmoid(snr) and a^2 + s^2 = 1.
    """
    a, s = _shares(snr)
    return a * clean + s * noise, a * noise - s * clean


def _shares(snr: Tensor) -> tuple[Tensor, Tensor]:
    snr = snr[:, None, None, None]
    return torch.sigmoid(snr).sqrt(), torch.sigmoid(-snr).sqrt()


class Residual(nn.Module):
    """Two convolutions beside a short cut; what is told scales and shifts their channels."""

    def __init__(self, fan_in: int, fan_out: int):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, fan_in)
        self.conv1 = nn.Conv2d(fan_in, fan_out, 3, padding=1)
        self.told = nn.Linear(TOLD, 2 * fan_out)
        self.norm2 = nn.GroupNorm(8, fan_out)
        self.conv2 = nn.Conv2d(fan_out, fan_out, 3, padding=1)
        self.short = nn.Conv2d(fan_in, fan_out, 1) if fan_in != fan_out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)  # begins as the short cut alone

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.told(told)[:, :, None, None].chunk(2, 1)
        y = self.conv2(F.silu(self.norm2(y) * (1 + scale) + shift))
        return self.short(x) + y


class Denoiser(nn.Module):
    """A U-Net that sees noisy colors, lightness, frozen features and a word, and predicts v."""

    def __init__(self):
        super().__init__()
        fine, middle, coarse = WIDTHS
        # Squares of 2 x 2 colors, and of 4 x 4 lightnesses, are channels: 16 pixels a side.
        self.enter = nn.Conv2d(2 * 4 + 16, fine, 3, padding=1)
        self.hints = nn.ModuleList(nn.Conv2d(a, b, 1)
                                   for a, b in zip(CHANNELS, WIDTHS, strict=True))
        self.noise = nn.Sequential(nn.Linear(32, TOLD), nn.SiLU(), nn.Linear(TOLD, TOLD))
        self.word = nn.Embedding(len(WORDS), TOLD)
        self.whole = nn.Linear(CHANNELS[-1], TOLD)
        self.down16, self.down8 = Residual(fine, fine), Residual(fine, middle)
        self.bottom = nn.ModuleList([Residual(middle, coarse), Residual(coarse, coarse)])
        self.up8 = Residual(coarse + middle, middle)
        self.up16 = Residual(middle + fine, fine)
        self.leave = nn.Sequential(nn.GroupNorm(8, fine), nn.SiLU(),
                                   nn.Conv2d(fine, 2 * 4, 3, padding=1))
        nn.init.zeros_(self.leave[2].weight)

    def forward(self, noisy: Tensor, snr: Tensor, seen: Seen, word: Tensor) -> Tensor:
        """v (N, 2, 32, 32) of noisy colors of that shape.

        Parameters
        ----------
        snr : shape (N,), see `log_snr`.
        word : shape (N,), int64: a place in `WORDS`.
        """
        hints = [layer(value) for layer, value in zip(self.hints, seen[1:], strict=True)]
        told = self.noise(_waves(snr)) + self.word(word) + self.whole(seen.at32.mean((2, 3)))
        told = F.silu(told)
        light = F.pixel_unshuffle((seen.lightness - 50) / 25, 4)
        x = self.enter(torch.cat([F.pixel_unshuffle(noisy, 2), light], 1))
        at16 = self.down16(x + hints[0], told)
        at8 = self.down8(F.avg_pool2d(at16, 2), told) + hints[1]
        x = self.bottom[0](F.avg_pool2d(at8, 2), told) + hints[2]
        x = self.bottom[1](x, told)
        x = self.up8(torch.cat([_twice(x), at8], 1), told)
        x = self.up16(torch.cat([_twice(x), at16], 1), told)
        return F.pixel_shuffle(self.leave(x), 2)


def _waves(snr: Tensor) -> Tensor:
    rates = torch.exp(torch.linspace(math.log(0.05), math.log(5), 16, device=snr.device))
    angles = snr[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")


def blind(seen: Seen, keep: Tensor) -> Seen:
    """The features of some pictures set to zero: `keep` (N,) is 1 or 0. The lightness stays."""
    keep = keep.view(-1, 1, 1, 1).to(seen.at8)
    return Seen(seen.lightness, *(value * keep for value in seen[1:]))


def denoising_loss(network: Denoiser, ab: Tensor, seen: Seen, word: Tensor) -> Tensor:
    """Mean squared error of v at random times.

    A fifth of the words and a quarter of the features are left out, so that the network can be
    asked without either.
    """
    n = len(ab)
    # Times spread evenly over the batch: the loss jumps less from step to step.
    t = (torch.rand(()) + torch.arange(n) / n) % 1
    snr = log_snr(t.clamp(1e-4, 1 - 1e-4))
    word = torch.where(torch.rand(n) < 0.2, NO_WORD, word)
    seen = blind(seen, torch.rand(n) >= 0.25)
    noisy, v = mix(ab / UNIT, torch.randn_like(ab), snr)
    return F.mse_loss(network(noisy, snr, seen, word), v)


@torch.inference_mode()
def trail(network: Denoiser, seen: Seen, word: Tensor, steps: int = 20, seed: int = 0,
          guidance: float = 1.0) -> list[Tensor]:
    """The way from noise to one answer a picture: the guess of the clean colors at each step.

    Parameters
    ----------
    word : shape (N,), places in `WORDS`.
    steps : how often the network is asked (DDIM).
    seed : another seed, another answer.
    guidance : 1 takes the network's answer; more goes on from the answer without a word through
        the answer with it (Ho and Salimans 2022).

    Returns
    -------
    ab (N, 2, 32, 32) of each step, in ab units. The last is the answer.
    """
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(len(word), 2, COLORS, COLORS, generator=rng)
    times, guesses = torch.linspace(1 - 1e-4, 1e-4, steps + 1), []
    for now, then in zip(log_snr(times[:-1]), log_snr(times[1:]), strict=True):
        now, then = now.expand(len(x)), then.expand(len(x))
        v = network(x, now, seen, word)
        if guidance != 1:
            free = network(x, now, seen, torch.full_like(word, NO_WORD))
            v = free + guidance * (v - free)
        a, s = _shares(now)
        clean, noise = a * x - s * v, s * x + a * v
        a, s = _shares(then)
        x = a * clean + s * noise
        guesses.append((clean * UNIT).clamp(-110, 110))
    return guesses


def sample(network: Denoiser, seen: Seen, word: Tensor, steps: int = 20, seed: int = 0,
           guidance: float = 1.0) -> Tensor:
    """One answer a picture, ab (N, 2, 32, 32): the end of `trail`, which says what is what."""
    return trail(network, seen, word, steps, seed, guidance)[-1]


def shipped_denoiser(path: str | Path | None = None) -> Denoiser:
    """The denoiser that ships with the course."""
    return load_bytes(Denoiser(), path or asset("after/diffusion.safetensors"))
