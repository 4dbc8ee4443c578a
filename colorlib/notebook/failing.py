"""What chapters 12 and 12b show of a colorizer that fails: maps, diagrams, a drawing."""

import torch
from torch import Tensor

from .. import images
from ..gamut import AbGamut
from ..limits import calibration, failures
from ..rebalancing import course_prior
from .figures import PALETTE


def told(values, digits: int = 2) -> str:
    """A measured value and its interval: ``told((0.5, 0.4, 0.6))`` is ``0.50 [0.40, 0.60]``."""
    value, low, high = (f"{x:.{digits}f}" for x in values)
    return f"{value} [{low}, {high}]"


def small(photo, side: int) -> Tensor:
    """A PIL picture as RGB (3, H, W) in [0, 1], its longer side reduced to so many pixels."""
    scale = side / max(photo.size)
    return images.as_rgb(photo.resize([round(scale * n) for n in photo.size]))


def bundled(width: int = 240) -> dict[str, Tensor]:
    """The course's photographs by name, each RGB (3, H, W) in [0, 1] of this width."""
    found = {}
    for name in images.samples():
        photo = images.sample(name)
        found[name] = images.as_rgb(photo.resize((width, width * photo.height // photo.width)))
    return found


def why(rgb: Tensor, guess: Tensor, logits: Tensor) -> list[Tensor]:
    """Four pictures of one size: true, guessed, entropy of the guess, surprise of the truth.

    Parameters
    ----------
    rgb, guess : shape (3, H, W).
    logits : shape (313, h, w).

    Returns
    -------
    RGB pictures. In the last two black is 0 bits, and white 8.3 (entropy) or 16 (surprise).
    """
    true = calibration.true_ab(rgb, logits.shape[1:])
    maps = [calibration.entropy(logits) / 8.3, failures.surprise(true, course_prior()) / 16]
    size = tuple(rgb.shape[1:])
    grown = [torch.nn.functional.interpolate(m[None, None].clamp(0, 1), size)[0].expand(3, -1, -1)
             for m in maps]
    return [rgb, guess, *grown]


def reliability(ax, rows, label: str = "") -> None:
    """Draw share right over confidence, with the diagonal of a network that keeps its word.

    Parameters
    ----------
    rows : tensor (bins, 3), from `limits.calibration.reliability`. Ranges that hold fewer than two
        pixels of a thousand are left out.
    """
    count, confidence, right = rows.T
    kept = count > 0.002 * count.sum()
    ax.plot([0, 1], [0, 1], "--", color="gray", linewidth=1)
    ax.plot(confidence[kept] / count[kept], right[kept] / count[kept], "o-", label=label)
    ax.set(xlabel="confidence", xlim=(0, 1), ylim=(0, 1), aspect="equal")


def live_reliability(answers: dict[str, Tensor], photos: dict[str, Tensor], T: float) -> Tensor:
    """Sums of `limits.calibration.reliability` over photographs, at a temperature.

    Parameters
    ----------
    answers : logits (313, h, w) by name.
    photos : RGB (3, H, W) by name.

    Returns
    -------
    tensor (bins, 3).
    """
    gamut = AbGamut()
    return sum(calibration.reliability(logits, gamut.nearest(
        calibration.true_ab(photos[name], logits.shape[1:])), T)
        for name, logits in answers.items())


def draw_rim(ax) -> None:
    """The words of the bleeding score, in a drawing: own, other, rim, reach, outline."""
    from matplotlib.patches import Circle

    ax.add_patch(Circle((0, 0), 3, facecolor="#e9e4d8", edgecolor="none"))
    ax.add_patch(Circle((0, 0), 2, facecolor="#e7b9b3", edgecolor="black"))
    ax.add_patch(Circle((0, 0), 1, facecolor="#d98880", edgecolor="black", linestyle=":"))
    ax.add_patch(Circle((0, 0), 3, fill=False, edgecolor="black", linestyle=":"))
    ax.text(0, 0, "other", ha="center", va="center")
    ax.text(-4.1, 0, "own", ha="center", va="center")
    ax.text(0, 2.5, "rim", ha="center", va="center")
    ax.annotate("", (2, 0), (3, 0), arrowprops={"arrowstyle": "<->", "color": PALETTE[0]})
    ax.text(3.15, 0, "reach", va="center", color=PALETTE[0])
    ax.annotate("the outline", (-1.41, -1.41), (-4.7, -2.7),
                arrowprops={"arrowstyle": "->"}, va="center")
    ax.set(xlim=(-5, 5), ylim=(-3.2, 3.2), aspect="equal")
    ax.axis("off")
