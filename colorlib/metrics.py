"""How good is it? Errors in ab, and the areas under their curves (chapter 07)."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from .color import rgb_to_lab
from .gamut import AbGamut

WORST = 150.0  # ab units: the threshold at which the paper's curve ends


def auc(error: Tensor, weights: Tensor | None = None) -> float:
    """Area under the curve "share of pixels with an error of at most t", t from 0 to 150.

    Parameters
    ----------
    error : tensor of any shape: Euclidean ab distance of each pixel.
    weights : tensor of that shape: how much each pixel counts.

    Returns
    -------
    in [0, 1]: 1 - mean(min(error, 150)) / 150, the exact area rather than a sum over thresholds.

    Examples
    --------
    >>> round(auc(torch.tensor([0.0, 75.0, 150.0, 300.0])), 4)
    0.375
    """
    score = _score(error)
    if weights is None:
        return score.mean().item()
    weights = weights.double()
    return ((score * weights).sum() / weights.sum()).item()


def _score(error: Tensor) -> Tensor:
    """Share of the thresholds from 0 to 150 that each error stays below."""
    return 1 - error.double().clamp(max=WORST) / WORST


def ab_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """Euclidean distance in ab of two Lab pictures: (..., 3, H, W) twice to (..., H, W)."""
    return (predicted - truth)[..., 1:, :, :].square().sum(-3).sqrt()


def chroma(lab: Tensor) -> Tensor:
    """Strength of color, sqrt(a^2 + b^2): (..., 3, H, W) to (..., H, W)."""
    return lab[..., 1:, :, :].square().sum(-3).sqrt()


@dataclass
class Evaluation:
    """Running sums over pairs of a colorized photo and the true one, a row a photo.

    Parameters
    ----------
    prior : tensor, shape (313,): the classes' share in the training set. The rebalanced AuC counts
        a pixel by 1 / p of its true color's nearest bin, so that every color counts alike.

    Examples
    --------
    >>> from colorlib.rebalancing import course_prior
    >>> evaluation = Evaluation(course_prior())
    >>> photo = torch.rand(3, 8, 8)
    >>> evaluation.add(photo, photo)
    >>> evaluation.summary()["auc"]
    100.0
    """

    prior: Tensor
    rows: list[Tensor] = field(default_factory=list)

    def __post_init__(self):
        self.gamut = AbGamut()
        # A bin that training never saw counts as much as the rarest one that it did.
        self._inverse = 1 / self.prior.clamp(min=self.prior[self.prior > 0].min())

    def add(self, colorized: Tensor, truth: Tensor) -> None:
        """Count one pair of RGB photos, each (3, H, W) in [0, 1]."""
        lab, true = rgb_to_lab(colorized), rgb_to_lab(truth)
        score = _score(ab_error(lab, true))
        weight = self._inverse[self.gamut.nearest(true[1:])]
        sums = [score.sum(), score.new_tensor(score.numel()), (score * weight).sum(), weight.sum(),
                chroma(lab).double().sum(), chroma(true).double().sum()]
        self.rows.append(torch.stack(sums))

    def summary(self, draws: int = 0, seed: int = 0) -> dict:
        """AuC and rebalanced AuC in percent, and mean chroma as a share of the truth's.

        With `draws`, each is followed by its 95% bootstrap interval over photos.
        """
        rows = torch.stack(self.rows)
        values = _figures(rows.sum(0))
        if draws:
            rng = torch.Generator().manual_seed(seed)
            picks = torch.randint(len(rows), (draws, len(rows)), generator=rng)
            drawn = [_figures(rows[p].sum(0)) for p in picks]
            for name in list(values):
                spread = torch.tensor([d[name] for d in drawn], dtype=torch.float64)
                ends = spread.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64))
                values[f"{name}_interval"] = ends.tolist()
        return values


def _figures(sums: Tensor) -> dict[str, float]:
    score, pixels, weighted, weight, predicted, true = sums.tolist()
    return {
        "auc": 100 * score / pixels,
        "auc_rebalanced": 100 * weighted / weight,
        "chroma_share": predicted / true if true else float("nan"),
    }
