"""The rows of tables: networks and simpler ways to color, side by side (chapters 07 and 10).

`ROWS` are those of the paper's table. `RIVALS` were trained by the same recipe, step by step on the
same crops, each with its own network and its own loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..color import lightness_of, paint, rgb_to_lab
from ..inference import TEMPERATURE, Colorizer
from ..io.assets import asset
from ..recipes import COURSE, Recipe, Stage


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    name, title : for files and for people.
    recipe : how its network is trained; None for a row without one.
    shares : name of the row whose training has the same first steps; they are done once.
    start : name of the row whose finished network this one's training begins with.
    T : temperature of its annealed mean.
    weights : the file of its network, if it is not the one that ships.
    """

    name: str
    title: str
    recipe: Recipe | None = None
    shares: str | None = None
    start: str | None = None
    T: float = TEMPERATURE
    weights: Path | None = None

    @property
    def file(self) -> Path:
        """Where its network's weights are, or will be."""
        return self.weights or weights_file(self.name)


def _throughout(recipe: Recipe, lam: float) -> Recipe:
    """The same recipe with class weights of one lambda from the first step to the last."""
    return replace(recipe, finish=1.0, stages=tuple(replace(s, lam=lam) for s in recipe.stages))


ROWS = (
    Row("truth", "Ground truth"),
    Row("gray", "Gray"),
    Row("random", "Random"),
    # The mean of its distribution is what L2 is trained by, so T = 1.
    Row("l2", "L2", replace(COURSE, loss="l2"), T=1.0),
    Row("l2_finetuned", "L2, fine-tuned from full",
        replace(COURSE, loss="l2", lr=3e-4, stages=(Stage(1_500, 16, 128, (1.0, 2.0)),)),
        start="full", T=1.0),
    Row("classification", "Classification", _throughout(COURSE, 1.0), shares="full"),
    Row("full", "Full (rebalanced)", COURSE),
    Row("lambda_half", "Full, lambda 1/2", _throughout(COURSE, 0.5)),
)


def _rival(network: str, title: str, loss: str = "l2", name: str = "") -> Row:
    """The row of another network, trained by the course's recipe at an eighth of its width."""
    recipe = replace(COURSE, network=network, loss=loss, width=1 / 8)
    return Row(name or network, title, recipe, T=1.0)


# The first is the paper's own network at the same width, to compare the others with.
RIVALS = (
    _rival("zhang", "L2, as narrow", name="l2_narrow"),
    _rival("autoencoder", "Autoencoder"),
    _rival("transfer", "VGG-16 transfer"),
    _rival("dahl", "Dahl"),
    _rival("larsson", "Larsson", "own"),
    _rival("iizuka", "Iizuka", "own"),
    _rival("cheng", "Cheng"),
)
ALL = (*ROWS, *RIVALS)


def row(name: str) -> Row:
    """A row by its name."""
    found = {r.name: r for r in ALL}
    if name not in found:
        raise ValueError(f"no row named {name!r}; there are {', '.join(found)}")
    return found[name]


def weights_file(name: str) -> Path:
    """Where the weights of a row ship; the full method's are the course's own."""
    return asset("course.safetensors" if name == "full" else f"table/{name}.safetensors")


def colorizer(name: str, weights: str | Path = "course") -> Colorizer:
    """The network of a row, ready to color: ``colorizer("l2")``.

    Parameters
    ----------
    weights : a file of yours to stand in the row "full" instead of the course's own.
    """
    path = weights_file(row(name).name)
    own = row(name).name == "full" and weights != "course"
    return Colorizer.from_pretrained(weights if own else path)


def painter(row: Row, photos: Sequence,
            weights: str | Path = "course") -> Callable[[Tensor, int], Tensor]:
    """How a row colors: a function of the true photo (3, H, W) and its number.

    Parameters
    ----------
    photos : training photographs, from which the row "random" takes its colors.
    weights : see `colorizer`.

    Returns
    -------
    the function; it gives the colorized photo, RGB (3, H, W) in [0, 1].
    """
    if row.name == "truth":
        return lambda truth, i: truth
    if row.recipe:
        network = (Colorizer.from_pretrained(row.weights) if row.weights
                   else colorizer(row.name, weights))
        return lambda truth, i: network(truth, row.T)
    if row.name == "gray":
        return lambda truth, i: paint(lightness_of(truth), torch.zeros(2, 1, 1))
    return lambda truth, i: paint(lightness_of(truth), _random_ab(truth, photos, i))


def _random_ab(truth: Tensor, photos: Sequence, i: int) -> Tensor:
    """The ab of a random training photo, resized to the sides of `truth`; i is the seed."""
    rng = torch.Generator().manual_seed(i)
    while (other := photos[int(torch.randint(len(photos), (1,), generator=rng))]) is None:
        pass
    lab = rgb_to_lab(other.float() / 255)
    return F.interpolate(lab[None, 1:], truth.shape[-2:], mode="bilinear", antialias=True)[0]
