"""How good is it? The columns of the paper's table, exact, one photo at a time (chapter 07)."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from .color import rgb_to_lab
from .gamut import AbGamut

WORST = 150.0  # ab units: the threshold at which the paper's curve ends
DRAWS = 1000  # bootstrap samples


def auc(error: Tensor, weights: Tensor | None = None) -> float:
    """Area under the curve "share of pixels with an error of at most t", t from 0 to 150.

    Parameters
    ----------
    error : tensor of any shape: Euclidean ab distance of each pixel.
    weights : tensor of that shape: how much each pixel counts.

    Returns
    -------
    in [0, 1]: 1 - mean(min(error, 150)) / 150, the exact area rather than a sum over thresholds.

    Raises
    ------
    ValueError
        If there is no pixel, an error is negative or not a number, or the weights are, or are all
        zero. An infinite error is one beyond every threshold.

    Examples
    --------
    >>> round(auc(torch.tensor([0.0, 75.0, 150.0, 300.0])), 4)
    0.375
    """
    score = _score(error)
    if weights is None:
        return score.mean().item()
    weights = weights.double()
    if not (weights >= 0).all() or not 0 < weights.sum() < torch.inf:
        raise ValueError("weights must be finite, none negative, and not all zero")
    return ((score * weights).sum() / weights.sum()).item()


def _score(error: Tensor) -> Tensor:
    """Share of the thresholds from 0 to 150 that each error stays below."""
    if not error.numel() or not (error >= 0).all():
        raise ValueError("errors must be numbers of at least 0, and at least one of them")
    return 1 - error.double().clamp(max=WORST) / WORST


def _check(*photos: Tensor) -> None:
    """What is no photograph, or not of the other's shape, gets no figure."""
    shapes = [tuple(photo.shape) for photo in photos]
    if len(set(shapes)) > 1 or not photos[0].numel():
        raise ValueError(f"photos must have pixels and the same shape, got {shapes}")
    if not all(photo.isfinite().all() for photo in photos):
        raise ValueError("photos must be finite; a value is infinite or not a number")


def ab_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """Euclidean distance in ab of two Lab pictures: (..., 3, H, W) twice to (..., H, W)."""
    return (predicted - truth)[..., 1:, :, :].square().sum(-3).sqrt()


def chroma(lab: Tensor) -> Tensor:
    """Strength of color, sqrt(a^2 + b^2): (..., 3, H, W) to (..., H, W)."""
    return lab[..., 1:, :, :].square().sum(-3).sqrt()


def colorfulness(rgb: Tensor) -> float:
    """How colorful a photo looks: the M of Hasler and Suesstrunk (2003), 0 for gray, 109 at most
    for what their viewers called extremely colorful.

    Parameters
    ----------
    rgb : tensor, shape (3, H, W), in [0, 1]; ValueError if it is empty or not finite.
    """
    _check(rgb)
    red, green, blue = 255 * rgb.double()
    opponents = torch.stack([red - green, (red + green) / 2 - blue]).flatten(1)
    spread = opponents.var(1, correction=0).sum().sqrt()
    return (spread + 0.3 * opponents.mean(1).norm()).item()


def psnr(predicted: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels of two RGB photos in [0, 1]; infinite if equal.

    ValueError if they are empty, of different shapes, or not finite.
    """
    _check(predicted, truth)
    return (-10 * (predicted.double() - truth.double()).square().mean().log10()).item()


def ssim(predicted: Tensor, truth: Tensor) -> float:
    """Mean structural similarity of two RGB photos, as Wang et al. (2004) define it.

    Parameters
    ----------
    predicted, truth : tensors, shape (3, H, W), in [0, 1], sides of at least 11 pixels.

    Returns
    -------
    at most 1: the mean over channels and over the places where the 11 x 11 Gaussian window (sigma
    1.5) lies wholly inside. ValueError for photos that are smaller, differ in shape or are not
    finite.
    """
    _check(predicted, truth)
    if min(truth.shape[-2:]) < 11:
        raise ValueError(f"the window of 11 x 11 doesn't fit in {tuple(truth.shape[-2:])} pixels")
    window = torch.exp(-torch.arange(-5.0, 6).square() / (2 * 1.5**2)).double()
    window /= window.sum()

    def blur(x: Tensor) -> Tensor:
        x = F.conv2d(x[:, None], window[None, None, :, None])
        return F.conv2d(x, window[None, None, None, :])

    x, y = predicted.double(), truth.double()
    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    both = blur(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    map_ = (2 * mean_x * mean_y + c1) * (2 * both + c2)
    return (map_ / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean().item()


# What is summed over photographs; the table's figures are ratios of these sums.
SUMS = ("photos", "pixels", "score", "weight", "weighted", "own_weight", "own_weighted", "chroma",
        "true_chroma", "colorfulness", "psnr", "ssim", "right")


@dataclass
class Evaluation:
    """Running sums over pairs of a colorized photo and the true one, in constant memory.

    Parameters
    ----------
    prior : tensor, shape (313,): the classes' share in the training set. The rebalanced AuC counts
        a pixel by 1 / p of its true color's nearest bin, so that every color counts alike.
    own : the same, of the photographs that are evaluated; without it that column is not a number.
    draws : bootstrap samples to keep.

    Attributes
    ----------
    sums : tensor, shape (13,), float64: see `SUMS`.
    drawn : tensor, shape (draws, 13): the same sums, each photo taken a random number of times.

    Notes
    -----
    A bootstrap draws n photographs from n with replacement, so each is drawn 0, 1, 2, ... times:
    as good as Poisson distributed with mean 1, and independently, for many photographs. So each
    photo can be counted as it comes by, and none has to be kept. Photo number i gets the same draws
    in every evaluation: what two methods differ by is compared on the same photographs.

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
    sums: Tensor = field(init=False)
    drawn: Tensor = field(init=False)

    def __post_init__(self):
        self.gamut = AbGamut()
        self._inverse = [_inverse(self.prior), None if self.own is None else _inverse(self.own)]
        self.sums = torch.zeros(len(SUMS), dtype=torch.float64)
        self.drawn = torch.zeros(self.draws, len(SUMS), dtype=torch.float64)

    @property
    def photos(self) -> int:
        return int(self.sums[0])

    def add(self, colorized: Tensor, truth: Tensor, right: float = float("nan")) -> None:
        """Count one pair of RGB photos, each (3, H, W) in [0, 1].

        `right` is 1 where a classifier named the colorized photo's class, 0 where it did not.
        """
        self.count(self.measure(colorized, truth, right))

    def measure(self, colorized: Tensor, truth: Tensor, right: float = float("nan")) -> Tensor:
        """The sums of one pair: a row of `SUMS`. Threads may call it side by side."""
        lab, true = rgb_to_lab(colorized), rgb_to_lab(truth)
        score = _score(ab_error(lab, true))
        bins = self.gamut.nearest(true[1:])
        row = {"photos": 1, "pixels": score.numel(), "score": score.sum(),
               "chroma": chroma(lab).double().sum(), "true_chroma": chroma(true).double().sum(),
               "colorfulness": colorfulness(colorized), "psnr": min(psnr(colorized, truth), 99.0),
               "ssim": ssim(colorized, truth), "right": right}
        for name, inverse in zip(("", "own_"), self._inverse, strict=True):
            weight = torch.full_like(score, torch.nan) if inverse is None else inverse[bins]
            row |= {f"{name}weight": weight.sum(), f"{name}weighted": (score * weight).sum()}
        return torch.tensor([float(row[name]) for name in SUMS], dtype=torch.float64)

    def count(self, row: Tensor) -> None:
        """Add what `measure` gave. Photographs are numbered in the order of these calls."""
        if self.draws:
            rng = torch.Generator().manual_seed(self.photos)
            times = torch.poisson(torch.ones(self.draws, 1, dtype=torch.float64), rng)
            self.drawn += times * row
        self.sums += row

    def figures(self) -> dict:
        """The table's columns: AuC in percent and so on; with `draws`, each `name` is followed by
        `name_interval`, the ends of its 95% interval."""
        return _with_intervals(_figures(self.sums), _figures(self.drawn))

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
    """From sums (..., 13) to figures (...)."""
    s = dict(zip(SUMS, sums.unbind(-1), strict=True))
    return {
        "auc": 100 * s["score"] / s["pixels"],
        "auc_rebalanced": 100 * s["weighted"] / s["weight"],
        "auc_rebalanced_own": 100 * s["own_weighted"] / s["own_weight"],
        "chroma_share": s["chroma"] / s["true_chroma"],
        "colorfulness": s["colorfulness"] / s["photos"],
        "psnr": s["psnr"] / s["photos"],
        "ssim": s["ssim"] / s["photos"],
        "top1": 100 * s["right"] / s["photos"],
    }


def _with_intervals(values: dict[str, Tensor], drawn: dict[str, Tensor]) -> dict:
    ends = torch.tensor([0.025, 0.975], dtype=torch.float64)
    result = {}
    for name, value in values.items():
        if value.isnan():
            continue  # no classifier, or no prior of their own
        result[name] = value.item()
        if len(drawn[name]):
            # Of very few photographs, a draw may have taken none.
            result[f"{name}_interval"] = drawn[name].nanquantile(ends).tolist()
    return result
