"""A training of one's own in a notebook: where it is kept, and how it goes on (chapter 05b)."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from types import CodeType

import torch
from torch import Tensor, nn

from ..data import Photos, find_photos
from ..engine.checkpoints import DRIVE, drive_folder
from ..engine.devices import available, title
from ..images import samples
from ..io.datasets import imagenette
from ..networks import AB_SCALE, NETWORKS, check_shape
from ..recipes import HOLD_OUT, Recipe, past
from ..rivals.blocks import Regression
from ..training import Training, train
from .figures import Picture

LOST = """<div style="background:#7a0010;color:#fff;padding:12px;font-size:17px">
<b>Nothing will be kept.</b> {why} What you train lies in {folder}, and is deleted with this
machine. Mount your Drive: run this cell again and allow it.</div>"""


class Own(Regression):
    """A learner's network from L to ab, by the squared error; see `register`."""

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def outputs(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) to ab (N, 2, H / 4, W / 4)."""
        return AB_SCALE * self.body((check_shape(lightness) - 50) / 100)


def register(build: Callable[[int], nn.Module], name: str = "mine") -> str:
    """Put a network on the library's list, so that a recipe can name it.

    Parameters
    ----------
    build : from a number of channels to a module that leads (L - 50) / 100, (N, 1, H, W), to
        ab / 110, (N, 2, H / 4, W / 4). It is given 64 times the recipe's width.
    name : what its name begins with.

    Returns
    -------
    str : its name, which ends in six digits that belong to its layers and its code: another network
        has another name, and so a checkpoint of its own. Functions outside its classes are not
        looked at.
    """
    with torch.random.fork_rng(devices=[]):  # building it draws weights
        text = _description(build(16))
    name = f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:6]}"
    globals()[f"own_{name}"] = lambda width: Own(build(max(1, round(64 * width))))
    NETWORKS[name] = f"{__name__}:own_{name}"
    return name


def _description(network: nn.Module) -> str:
    """Layers, shapes, and the code of classes that are not torch's: the same in each session."""
    lines = [repr(network), *(f"{k} {tuple(v.shape)}" for k, v in network.state_dict().items())]
    for owner in (part for m in network.modules() for part in (m, *type(m).__mro__)):
        if not owner.__module__.startswith(("torch", "builtins")):
            lines += [_code(f.__code__) for f in vars(owner).values() if hasattr(f, "__code__")]
    return "\n".join(lines)


def _code(code: CodeType) -> str:
    """What a function does, without the place where it was written."""
    constants = [_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {constants}"


def home(mount: bool = True) -> tuple[Path, Picture]:
    """A folder for what is trained here, and a line on how safe it is there.

    On Colab: a folder in Google Drive, which is mounted if you allow it; without it, a folder on a
    machine that will be deleted, and a warning. Elsewhere: the folder `training` beside the
    notebook if there is a GPU, else a temporary one.
    """
    if "google.colab" in sys.modules:
        why = "Your Drive is not mounted."
        if mount and not DRIVE.is_dir():
            try:
                from google.colab import drive

                drive.mount(str(DRIVE.parent))
            except Exception as error:  # of Colab's own: refused, timed out, no account
                why = f"Your Drive could not be mounted ({error})."
        if folder := drive_folder():
            folder.mkdir(exist_ok=True)
            return folder, _safe(f"kept in your Drive: {folder}")
        folder = Path("/content/training")
        folder.mkdir(exist_ok=True)
        return folder, Picture(LOST.format(why=why, folder=folder), f"WARNING: {why}")
    if available() == "cpu":
        folder = Path(mkdtemp(prefix="colorful-"))
        return folder, _safe(f"kept in a temporary folder: {folder}")
    folder = Path("training")
    folder.mkdir(exist_ok=True)
    return folder, _safe(f"kept on this computer: {folder.absolute()}")


def _safe(words: str) -> Picture:
    return Picture(f"<p>{words}</p>", words)


def training_photos(full: bool) -> tuple[Photos, list[Path]]:
    """Photographs to train on, and others that are kept aside.

    Parameters
    ----------
    full : Imagenette's train split, downloaded once (99 MB); else the course's bundled eight.
    """
    files = find_photos(imagenette("train")) if full else list(samples().values())
    kept = files[:: HOLD_OUT if full else 4]
    aside = set(kept)
    return Photos([path for path in files if path not in aside]), kept


def file_name(recipe: Recipe, kind: str = "checkpoint") -> str:
    """A name that belongs to one recipe, so that two trainings never share a file."""
    mark = hashlib.sha256(past(recipe, recipe.steps).encode()).hexdigest()[:6]
    return f"{recipe.network}-{recipe.loss}-{mark}-{kind}.safetensors"


def keep_training(recipe: Recipe, photos, folder: Path, *, device="cpu", notes: str = "",
                  on_report: Callable[[Training], None] | None = None, **options) -> Training:
    """Train, go on where it was left, and write the weights; a stop is a line, not an error.

    Parameters
    ----------
    folder : of checkpoint and weights; their names depend on the recipe, see `file_name`.
    notes : what the weights were trained on, for their file.
    on_report, options : as for `training.train`.

    Returns
    -------
    Training : finished, or as far as it came. `weights_of` says where its weights are.
    """
    checkpoint, told = folder / file_name(recipe), []

    def report(training: Training) -> None:
        told.append(training.done)
        if on_report:
            on_report(training)

    try:
        training = train(recipe, photos, checkpoint, device=device, on_report=report, **options)
        if not told and training.history:
            report(training)  # it was finished before
    except KeyboardInterrupt:
        if not checkpoint.exists():
            raise  # stopped a second time, before anything was saved
        taken = {k: options[k] for k in ("prior", "initial") if k in options}
        training = Training(recipe, device=device, **taken)
        training.load(checkpoint)
        print(f"Stopped after step {training.done:,} of {recipe.steps:,}. Run the cell again, and "
              f"it goes on from there: {checkpoint}")
    training.save_weights(weights_of(training, folder), data=notes)
    seconds = training.seconds
    spent = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
    print(f"{training.done:,} steps in {spent} on {title(training.device)}; "
          f"weights: {weights_of(training, folder)}")
    return training


def weights_of(training: Training, folder: Path) -> Path:
    """Where `keep_training` writes the weights of a training."""
    return folder / file_name(training.recipe, "weights")
