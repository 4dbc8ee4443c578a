"""Sums over photographs: AuC and the other figures of the table, with intervals (chapter 07)."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..color import rgb_to_lab
from ..gamut import AbGamut
from ..metrics import ab_error, auc_scores, chroma, colorfulness, ends, psnr, ssim
from .intervals import effective, resampled, studentized

# What is summed over photographs; the table's figures are ratios of these sums.
SUMS = ("photos", "pixels", "score", "weight", "weighted", "own_weight", "own_weighted",
        "clipped_weight", "clipped_weighted", "chroma", "true_chroma", "colorfulness", "psnr",
        "squared", "ssim", "right")
# Figures whose pixels have weights: the columns of weighted scores and of weights.
WEIGHTED = {"auc_rebalanced": ("weighted", "weight"),
            "auc_rebalanced_own": ("own_weighted", "own_weight"),
            "auc_rebalanced_clipped": ("clipped_weighted", "clipped_weight")}
WEIGHTED_LEVEL = 0.99
INTERVAL_KINDS = {"auc_rebalanced": f"studentized bootstrap at nominal {WEIGHTED_LEVEL:.0%}",
                  "others": "percentile bootstrap at 95%"}
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
    rows : what was counted, a tensor (16,) a photo, float64: see `SUMS`. No picture is kept.

    Notes
    -----
    Every evaluation of n photographs draws the same ones: the difference of two methods is that
    on the same photographs. Intervals are of two kinds, `INTERVAL_KINDS`. Where all pixels count
    alike, it is the middle 95% of the draws. Where rare colors weigh more (`WEIGHTED`), a few
    photographs have most of the weight and that would be too narrow: there it is
    `intervals.studentized` at nominal 99%. results/coverage.json has measured how often either
    holds the true value.

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

    def __post_init__(self):
        self.gamut = AbGamut()
        self._inverse = {"": inverse(self.prior),
                         "clipped_": 1 / self.prior.double().clamp(RAREST),
                         "own_": None if self.own is None else inverse(self.own)}

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
        self.rows.append(row)

    def figures(self) -> dict:
        """The table's columns, AuC in percent and so on.

        With `draws`, each `name` is followed by `name_interval`, the ends of its interval, of a
        kind of `INTERVAL_KINDS`. A figure whose pixels have weights comes with `name_effective`:
        the effective number of photographs, by which to judge that interval
        (`intervals.effective`).
        """
        rows = self._table()
        found = _with_intervals(_figures(rows.sum(0)), _figures(self._drawn()), rows, self.draws)
        for name, (_, weight) in WEIGHTED.items():
            if name in found:
                found[f"{name}_effective"] = effective(rows[:, SUMS.index(weight)])
        return found

    def difference(self, other: "Evaluation") -> dict:
        """This evaluation's figures less another's of the same photographs, with intervals."""
        rows, its = self._table(), other._table()
        less = rows.clone()  # of the weighted scores alone: the weights are the same
        for column in (SUMS.index(weighted) for weighted, _ in WEIGHTED.values()):
            less[:, column] -= its[:, column]
        values, drawn = (
            {name: mine[name] - theirs[name] for name in mine}
            for mine, theirs in ((_figures(rows.sum(0)), _figures(its.sum(0))),
                                 (_figures(self._drawn()), _figures(other._drawn()))))
        return _with_intervals(values, drawn, less, self.draws)

    def _table(self) -> Tensor:
        """The rows, shape (photos, 16)."""
        return torch.stack(self.rows) if self.rows else torch.empty(0, len(SUMS)).double()

    def _drawn(self) -> Tensor:
        """Their sums in bootstrap samples, shape (draws, 16)."""
        return torch.from_numpy(resampled(self._table().numpy(), self.draws))


def inverse(prior: Tensor) -> Tensor:
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


def _with_intervals(values: dict[str, Tensor], drawn: dict[str, Tensor], rows: Tensor,
                    draws: int) -> dict:
    """Figures as numbers, each followed by its interval if there are draws."""
    result = {}
    for name, value in values.items():
        if value.isnan():
            continue  # no classifier, or no prior of their own
        result[name] = value.item()
        if draws and name in WEIGHTED:
            part, whole = (rows[:, SUMS.index(column)].numpy() for column in WEIGHTED[name])
            result[f"{name}_interval"] = studentized(100 * part, whole, draws, level=WEIGHTED_LEVEL)
        elif draws:
            result[f"{name}_interval"] = ends(drawn[name])
    return result
