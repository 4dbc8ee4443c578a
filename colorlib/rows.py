"""The rows of tables: networks and simpler ways to color, side by side (chapters 07 and 10).

`ROWS` are those of the paper's table. `RIVALS` were trained by the same recipe, step by step on the
same crops, each with its own network and its own loss.
"""

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from .backbone import backbone_file, save_backbone, train_backbone
from .checkpoints import save_weights
from .color import rgb_to_lab
from .inference import Colorizer, lightness_of
from .networks import zhang
from .recipes import COURSE, Recipe, Stage, shared_steps
from .registry import build
from .training import train


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    name, title : for files and for people.
    recipe : how its network is trained; None for a row without one.
    shares : the row whose first steps are this one's too, so that they are done once.
    start : the row whose finished network this one's training begins with.
    T : temperature of its annealed mean.
    """

    name: str
    title: str
    recipe: Recipe | None = None
    shares: str | None = None
    start: str | None = None
    T: float = 0.38


def _equal(recipe: Recipe) -> Recipe:
    """The same recipe with every class weighing the same throughout."""
    return replace(recipe, finish=1.0, stages=tuple(replace(s, lam=1.0) for s in recipe.stages))


ROWS = (
    Row("truth", "Ground truth"),
    Row("gray", "Gray"),
    Row("random", "Random"),
    # The mean of its distribution is what L2 is trained by, so T = 1.
    Row("l2", "L2", replace(COURSE, loss="l2"), T=1.0),
    Row("l2_finetuned", "L2, fine-tuned from full",
        replace(COURSE, loss="l2", lr=3e-4, stages=(Stage(1_500, 16, 128, (1.0, 2.0)),)),
        start="full", T=1.0),
    Row("classification", "Classification", _equal(COURSE), shares="full"),
    Row("full", "Full (rebalanced)", COURSE),
)


def _rival(network: str, title: str, loss: str = "l2", name: str = "") -> Row:
    recipe = replace(COURSE, network=network, loss=loss, width=1 / 8)
    return Row(name or network, title, recipe, T=1.0)


# An eighth of the width they were published at, and else what the paper's rows have been given; the
# first is the paper's own network as narrow, to compare them with.
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
    assets = Path(str(files("colorlib") / "assets"))
    return assets / ("course.safetensors" if name == "full" else f"table/{name}.safetensors")


def colorizer(name: str) -> Colorizer:
    """The network of a row, ready to color: ``colorizer("l2")``."""
    return Colorizer.from_pretrained(weights_file(row(name).name))


def train_row(row: Row, photos, folder: Path, device: str = "cpu") -> Path:
    """Train a row's network and put its weights where they ship.

    Parameters
    ----------
    photos : with labels, for a row that learns classes too or whose backbone has no weights yet.
    folder : for checkpoints; a training that was stopped goes on from there.

    Returns
    -------
    the file of the weights. The row that it starts from has to be there already.
    """
    checkpoint = folder / f"{row.name}.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    network = build(row.recipe.network, row.recipe.width)
    if hasattr(network, "backbone") and not backbone_file().exists():
        save_backbone(train_backbone(photos))
    if row.shares and not checkpoint.exists():
        steps = shared_steps(row.recipe, _named(row.shares).recipe)
        common = folder / f"{row.shares}-{steps}.safetensors"
        if common.exists():
            shutil.copy(common, checkpoint)
    initial = colorizer(row.start).network.state_dict() if row.start else None
    branches = {shared_steps(row.recipe, r.recipe) for r in ROWS if r.shares == row.name}

    def keep_branch(training):
        if training.done in branches:
            training.save(folder / f"{row.name}-{training.done}.safetensors")

    training = train(row.recipe, photos, checkpoint, initial=initial, device=device,
                     on_report=keep_branch, report_every=math.gcd(100, *branches))
    save_weights(training, weights_file(row.name), data="Imagenette train")
    return weights_file(row.name)


_named = row  # under a name that the parameters above don't hide


def to_train(rows: Sequence[Row]) -> list[Row]:
    """The rows whose weights are missing, those first which others need."""
    missing = [r for r in rows if r.recipe and not weights_file(r.name).exists()]
    for r in list(missing):
        need = r.start or r.shares
        if need and not weights_file(need).exists() and _named(need) not in missing:
            missing.append(_named(need))
    return sorted(missing, key=lambda r: bool(r.start or r.shares))


def painter(row: Row, photos: Sequence) -> Callable[[Tensor, int], Tensor]:
    """How a row colors: a function from the true photo (3, H, W) and its number to the colorized.

    Parameters
    ----------
    photos : training photographs, for the row that takes its colors from them at random.
    """
    if row.name == "truth":
        return lambda truth, i: truth
    if row.recipe:
        network = colorizer(row.name)
        return lambda truth, i: network(truth, row.T)
    paint = Colorizer(zhang(1 / 64)).paint
    if row.name == "gray":
        return lambda truth, i: paint(lightness_of(truth), torch.zeros(2, 1, 1))
    return lambda truth, i: paint(lightness_of(truth), _random_ab(truth, photos, i))


def _random_ab(truth: Tensor, photos: Sequence, i: int) -> Tensor:
    """The ab of a training photo drawn by the number i, made to fit."""
    rng = torch.Generator().manual_seed(i)
    while (other := photos[int(torch.randint(len(photos), (1,), generator=rng))]) is None:
        pass
    lab = rgb_to_lab(other.float() / 255)
    return F.interpolate(lab[None, 1:], truth.shape[-2:], mode="bilinear", antialias=True)[0]
