"""Sums over photographs: AuC and the other figures of the table, with intervals (chapter 07)."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..color import rgb_to_lab
from ..gamut import AbGamut
from ..metrics import ab_error, auc_scores, chroma, colorfulness, ends, psnr, ssim
from .intervals import effective

# What is summed over photographs; the table's figures are ratios of these sums.
SUMS = ("photos", "pixels", "score", "weight", "weighted", "own_weight", "own_weighted",
        "clipped_weight", "clipped_weighted", "chroma", "true_chroma", "colorfulness", "psnr",
        "squared", "ssim", "right")
WEIGHTED = {"auc_rebalanced": "weight", "auc_rebalanced_own": "own_weight",
            "auc_rebalanced_clipped": "clipped_weight"}
RAREST = 1e-4  # the clipped figure counts no color as rarer than one pixel in ten thousand


@dataclass
class Evaluation:
    """Running sums over pairs of a colorized photo and the true one; 128 bytes a photo are kept.

    Parameters
    ----------
    prior : tensor, shape (313,): the classes' share in the training set. The rebalanced AuC counts
        a pixel by 1 / p of its true color's nearest bin, so that every color counts alike.
    own : the same, of the photographs that are evaluated; without it that column is left out.
    draws : bootstrap samples.

    Attributes
    ----------
    rows : what was counted, a tensor (16,) a photo, float64: see `SUMS`.
    sums : their sum, shape (16,).
    drawn : tensor, shape (draws, 16): the same sums, each photo taken a random number of times.

    Notes
    -----
    A bootstrap draws n photographs from n with replacement, so each is drawn 0, 1, 2, ... times:
    for many photographs these counts are nearly independent, each from a Poisson distribution with
    mean 1. So a photo is counted once, when it comes, and no picture is kept. Photo number i
    gets the same counts in every evaluation: the difference of two methods is that on the same
    photographs.

    Examples
    --------
    >>> from colorlib.rebalancing import course_prior
    >>> evaluation = Evaluation(course_prior())
    >>> photo = torch.rand(3, 16, 16)
    >>> evaluation.add(photo, photo)
    >>> evaluation.figures()["auc"]
    100.0
    """

    prior: Tensor
    own: Tensor | None = None
    draws: int = 0
    rows: list[Tensor] = field(init=False, default_factory=list)
    sums: Tensor = field(init=False)
    drawn: Tensor = field(init=False)

    def __post_init__(self):
        self.gamut = AbGamut()
        self._inverse = {"": _inverse(self.prior),
                         "clipped_": 1 / self.prior.double().clamp(RAREST),
                         "own_": None if self.own is None else _inverse(self.own)}
        self.sums = torch.zeros(len(SUMS), dtype=torch.float64)
        self.drawn = torch.zeros(self.draws, len(SUMS), dtype=torch.float64)

    @property
    def photos(self) -> int:
        return len(self.rows)

    def add(self, colorized: Tensor, truth: Tensor, right: float = float("nan")) -> None:
        """Count one pair of RGB photos, each (3, H, W) in [0, 1].

        `right` is 1 where a classifier named the colorized photo's class, 0 where it did not.
        """
        self.count(self.measure(colorized, truth, right))

    def measure(self, colorized: Tensor, truth: Tensor, right: float = float("nan")) -> Tensor:
        """The sums of one pair: a row of `SUMS`. Threads may call it side by side."""
        lab, true = rgb_to_lab(colorized), rgb_to_lab(truth)
        score = auc_scores(ab_error(lab, true))
        bins = self.gamut.nearest(true[1:])
        squared = (colorized.double() - truth.double()).square().mean(0)
        row = {"photos": 1, "pixels": score.numel(), "score": score.sum(), "squared": squared.sum(),
               "chroma": chroma(lab).double().sum(), "true_chroma": chroma(true).double().sum(),
               "colorfulness": colorfulness(colorized), "psnr": min(psnr(colorized, truth), 99.0),
               "ssim": ssim(colorized, truth), "right": right}
        for name, inverse in self._inverse.items():
            weight = torch.full_like(score, torch.nan) if inverse is None else inverse[bins]
            row |= {f"{name}weight": weight.sum(), f"{name}weighted": (score * weight).sum()}
        return torch.tensor([float(row[name]) for name in SUMS], dtype=torch.float64)

    def count(self, row: Tensor) -> None:
        """Add what `measure` returned. Photographs are numbered in the order of these calls."""
        if self.draws:
            rng = torch.Generator().manual_seed(self.photos)
            times = torch.poisson(torch.ones(self.draws, 1, dtype=torch.float64), rng)
            self.drawn += times * row
        self.sums += row
        self.rows.append(row)

    def figures(self) -> dict:
        """The table's columns, AuC in percent and so on.

        With `draws`, each `name` is followed by `name_interval`, the ends of its 95% interval. A
        figure whose pixels have weights comes with `name_effective`: the effective number of
        photographs, by which to judge that interval (`intervals.effective`).
        """
        found = _with_intervals(_figures(self.sums), _figures(self.drawn))
        rows = torch.stack(self.rows).T if self.rows else torch.empty(len(SUMS), 0)
        for name, weight in WEIGHTED.items():
            if name in found:
                found[f"{name}_effective"] = effective(rows[SUMS.index(weight)])
        return found

    def difference(self, other: "Evaluation") -> dict:
        """This evaluation's figures less another's of the same photographs, with intervals."""
        return _with_intervals(*(
            {name: mine[name] - its[name] for name in mine}
            for mine, its in ((_figures(self.sums), _figures(other.sums)),
                              (_figures(self.drawn), _figures(other.drawn)))))


def _inverse(prior: Tensor) -> Tensor:
    """1 / p; a bin that was never seen counts as much as the rarest one that was."""
    return 1 / prior.double().clamp(min=prior[prior > 0].min())


def _figures(sums: Tensor) -> dict[str, Tensor]:
    """From sums (..., 16) to figures (...)."""
    s = dict(zip(SUMS, sums.unbind(-1), strict=True))
    return {
        "auc": 100 * s["score"] / s["pixels"],
        "auc_rebalanced": 100 * s["weighted"] / s["weight"],
        "auc_rebalanced_own": 100 * s["own_weighted"] / s["own_weight"],
        "auc_rebalanced_clipped": 100 * s["clipped_weighted"] / s["clipped_weight"],
        "chroma_share": s["chroma"] / s["true_chroma"],
        "colorfulness": s["colorfulness"] / s["photos"],
        "psnr": s["psnr"] / s["photos"],
        "psnr_pooled": (-10 * (s["squared"] / s["pixels"]).log10()).clamp(max=99),
        "ssim": s["ssim"] / s["photos"],
        "top1": 100 * s["right"] / s["photos"],
    }


def _with_intervals(values: dict[str, Tensor], drawn: dict[str, Tensor]) -> dict:
    """Figures as numbers, each followed by its interval if there are draws."""
    result = {}
    for name, value in values.items():
        if value.isnan():
            continue  # no classifier, or no prior of their own
        result[name] = value.item()
        if len(drawn[name]):
            # With very few photographs a draw may be empty: its figure is NaN and is left out.
            result[f"{name}_interval"] = ends(drawn[name])
    return result
