"""How the networks of the table are trained (chapters 07 and 10)."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data import Batches, Photos
from ..engine.checkpoints import half
from ..engine.fit import fit
from ..engine.muon import Muon
from ..io.files import save_atomically
from ..networks import build
from ..recipes import Recipe, past
from ..rivals.vgg import SHIPPED, Backbone, backbone_file
from ..training import train
from . import methods
from .methods import ROWS, Row, colorizer


def train_backbone(photos: Photos, steps: int = 1_500, batch: int = 32, crop: int = 64,
                   lr: float = 1e-3, seed: int = 0) -> Backbone:
    """Train a backbone of the width that ships to name the class of gray photographs.

    Parameters
    ----------
    photos : with labels, see `data.Photos`.
    """
    torch.manual_seed(seed)
    batches = Batches(photos, batch, crop, (1.0, 2.0), gamma=1.25, seed=seed)
    network = Backbone(SHIPPED).to(memory_format=torch.channels_last)
    optimizer = Muon(network.parameters(), [network.scores.weight], weight_decay=0.05)

    def loss(step: int) -> Tensor:
        lightness, _, labels = batches(step)
        logits = network.class_scores(lightness).mean((2, 3))
        return F.cross_entropy(logits, labels, label_smoothing=0.1)

    return fit(network, loss, optimizer, steps, lr, "training the backbone")


def save_backbone(backbone: Backbone) -> None:
    """Write a backbone's weights to where they ship, in float16."""
    save_atomically(half(backbone.state_dict()), {}, backbone_file())


def train_row(row: Row, photos, folder: Path, device: str = "cpu") -> Path:
    """Train a row's network and write its weights to the row's file.

    Parameters
    ----------
    photos : with labels if the row learns classes too, or if its backbone has no weights yet.
    folder : for checkpoints; a training that was stopped goes on from there.

    Returns
    -------
    the file of the weights.

    Raises
    ------
    ValueError
        If the row that this one starts from was not trained yet.
    """
    checkpoint = folder / f"{row.name}.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    network = build(row.recipe.network, row.recipe.width)
    if hasattr(network, "backbone") and not backbone_file().exists():
        save_backbone(train_backbone(photos))
    if row.shares and not checkpoint.exists():
        steps = _in_common(row, methods.row(row.shares))
        common = folder / f"{row.shares}-{steps}.safetensors"
        if common.exists():
            shutil.copy(common, checkpoint)
    initial = colorizer(row.start).network.state_dict() if row.start else None
    branches = {_in_common(row, r) for r in ROWS if r.shares == row.name}

    def keep_branch(training):
        if training.done in branches:
            training.save(folder / f"{row.name}-{training.done}.safetensors")

    training = train(row.recipe, photos, checkpoint, initial=initial, device=device,
                     on_report=keep_branch, report_every=math.gcd(100, *branches))
    training.save_weights(row.file, data="Imagenette train")
    return row.file


def to_train(rows: Sequence[Row]) -> list[Row]:
    """The rows whose weights are missing; first those that others start from or share with."""
    missing = [r for r in rows if r.recipe and not r.file.exists()]
    for r in list(missing):
        need = r.start or r.shares
        if need and not methods.row(need).file.exists() and methods.row(need) not in missing:
            missing.append(methods.row(need))
    return sorted(missing, key=lambda r: bool(r.start or r.shares))


def shared_steps(one: Recipe, other: Recipe) -> int:
    """How many first steps two recipes have in common, counted in whole stages."""
    ends = accumulate(stage.steps for stage in one.stages)
    return max((end for end in ends if past(one, end) == past(other, end)), default=0)


def _in_common(row: Row, other: Row) -> int:
    """`shared_steps` of two rows, were the other trained from this row's seed."""
    return shared_steps(row.recipe, replace(other.recipe, seed=row.recipe.seed))
