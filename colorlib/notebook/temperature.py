"""What chapter 06 draws and measures: walkers that cool down, scores over T, guided upsampling."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ..color import paint, rgb_to_lab
from ..evaluation.sums import SUMS, Evaluation
from ..gamut import AbGamut
from ..inference import annealed_mean
from ..metrics import colorfulness
from ..rebalancing import course_prior
from .ab_plane import ab_plane
from .figures import figure


@lru_cache(maxsize=1)
def _landscape() -> tuple[Tensor, Tensor]:
    """Energy of each bin, one broad hill of probability with bumps; its four neighbors (313, 4)."""
    bins = AbGamut().bins
    rng = torch.Generator().manual_seed(1)
    squared = (bins - torch.tensor([50.0, 40.0])).square().sum(1)
    energy = -torch.log_softmax(-squared / (2 * 25**2), 0) - 0.7 * torch.randn(313, generator=rng)
    sides = torch.tensor([[10, 0], [-10, 0], [0, 10], [0, -10]])
    found = torch.cdist((bins[:, None] + sides).flatten(0, 1), bins).min(1)
    stay = torch.arange(313).repeat_interleave(4)  # beyond the rim is no bin
    return energy, torch.where(found.values < 1, found.indices, stay).view(313, 4)


def cooled(steps: int, walkers: int = 500):
    """Where walkers end that are cooled from T = 2 to T = 0.05 in so many steps: a figure."""
    energy, near = _landscape()
    rng = torch.Generator().manual_seed(0)
    at = torch.randint(313, (walkers,), generator=rng)
    for T in torch.logspace(0.3, -1.3, steps):
        to = near[at, torch.randint(4, at.shape, generator=rng)]
        go = torch.exp((energy[at] - energy[to]) / T)
        at = torch.where(torch.rand(at.shape, generator=rng) < go, to, at)
    count, mode = torch.bincount(at, minlength=313), energy.argmin()
    fig, ax = figure(4.2, 4.2)
    ab_plane(count / count.max(), ax=ax, mark=torch.arange(313) == mode)
    ax.set_title(f"{count[mode] / walkers:.0%} of the walkers end at the mode")
    return fig


def over_temperatures(photos: dict, answers: dict, Ts: Sequence[float]) -> tuple[dict, dict]:
    """Scores of the same answers, read at several temperatures.

    Parameters
    ----------
    photos : each (3, H, W), from 0 to 1. answers : the logits for each, by the same names.
    Ts : temperatures.

    Returns
    -------
    AuC and rebalanced AuC in points above gray, each (T, photos); chroma and colorfulness as a
    share of the truth's, each (T,).
    """
    judge, bins = Evaluation(course_prior()), AbGamut().bins

    def measure(decode: Callable) -> Tensor:
        rows = []
        for name, z in answers.items():
            true = F.interpolate(photos[name][None], z.shape[1:], mode="area")[0]
            made = paint(rgb_to_lab(true)[:1], decode(z))
            rows.append([*judge.measure(made, true).tolist(),
                         colorfulness(made) / colorfulness(true)])
        return torch.tensor(rows)

    runs = [measure(lambda z, T=T: annealed_mean(z, bins, T)) for T in Ts]
    runs.append(measure(lambda z: torch.zeros(2, *z.shape[1:])))  # gray
    sums = dict(zip([*SUMS, "vivid"], torch.stack(runs).unbind(-1), strict=True))
    shares = {"AuC": sums["score"] / sums["pixels"],
              "rebalanced AuC": sums["weighted"] / sums["weight"]}
    scores = {name: 100 * (share[:-1] - share[-1]) for name, share in shares.items()}
    chroma = sums["chroma"].sum(1) / sums["true_chroma"].sum(1)
    return scores, {"chroma": chroma[:-1], "colorfulness": sums["vivid"].mean(1)[:-1]}


def guided(ab: Tensor, L: Tensor, blend: Callable) -> Tensor:
    """A small ab picture at the size of L, each pixel blended from the 3 x 3 coarse ones around it.

    Parameters
    ----------
    ab : (2, h, w). L : (1, H, W).
    blend : called with the colors of the nine (2, 9, H, W), their distances in coarse pixels and
        the differences of their L (9, H, W each); returns the color of each pixel (2, H, W).
    """
    size, (h, w) = L.shape[1:], ab.shape[1:]
    coarse = F.interpolate(L[None], (h, w), mode="area")[0]
    place = torch.stack(torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5,
                                       indexing="ij"))
    own = F.interpolate(place[None], size, mode="bilinear")[0]  # in coarse pixels
    padded = F.pad(torch.cat([coarse, ab, place])[None], [1] * 4, "replicate")
    around = F.unfold(padded, 3).view(1, 45, h, w)
    around = F.interpolate(around, size)[0].unflatten(0, (5, 9))
    far = (around[3:] - own[:, None]).norm(dim=0)
    return blend(around[1:3], far, around[0] - L)
