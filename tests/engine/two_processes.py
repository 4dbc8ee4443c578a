"""What the two processes of test_distributed.py do; torchrun starts them."""

import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from test_training import PHOTOS, TINY

from colorlib import networks, training
from colorlib.cli.parser import main
from colorlib.data import Photos
from colorlib.engine.distributed import SyncBatchNorm2d, mean, place, processes
from colorlib.evaluation.methods import RIVALS
from colorlib.images import samples
from colorlib.recipes import Stage
from colorlib.training import train

SHORT = replace(TINY, stages=(Stage(3, 8, 16), Stage(2, 4, 32)), warmup=1)


def in_float64(patch):
    """Train in float64: what is left of a difference is no matter of rounding.

    Adam's first steps are the sign of the gradient; where that is nothing but rounding, float32
    would tell two trainings apart that are the same.
    """
    patch(training, "build", lambda *arguments: networks.build(*arguments).double())
    patch(training.Training, "outputs", lambda self, x: self.parallel(x.double()).float())


def results(run):
    return {"network": run.network.state_dict(), "average": run.average, "history": run.history}


def normalized():
    """Of each process's half of a batch: output, statistics and gradients."""
    torch.manual_seed(0)
    x = torch.randn(6, 3, 5, 4)[3 * place()[0] :][:3].requires_grad_()
    layer = SyncBatchNorm2d(3)
    y = layer(x)
    (y**3).sum().backward()
    return {"y": y.detach(), "gradient": x.grad, "weight": layer.weight.grad,
            "mean": layer.running_mean, "var": layer.running_var}


def rival(row):
    """Weights of a rival after two steps; some parts of it, such as VGG-16, don't learn."""
    photos = Photos(list(samples().values())[:4], side=48, labels=range(4))
    recipe = replace(row.recipe, width=1 / 16, stages=(Stage(2, 4, 32, lam=1.0),), warmup=1)
    return dict(train(recipe, photos).network.named_parameters())


def everything(folder):
    rank, world = place()
    assert world == 2
    rivals = {row.name: rival(row) for row in RIVALS}
    in_float64(setattr)
    found = {"rivals": rivals, "mean": mean(rank, 4 * rank), "normalized": normalized()}
    for sync in (True, False):
        found[f"sync {sync}"] = results(train(SHORT, PHOTOS, sync_batchnorm=sync))
    found["in parts"] = results(train(SHORT, PHOTOS, sync_batchnorm=True, accumulate=2))
    alone = folder / "of_one.safetensors"  # a checkpoint that one process left
    found["resumed"] = results(train(SHORT, PHOTOS, alone, sync_batchnorm=True))

    def stop(run):
        if run.done == 2:
            signal.raise_signal(signal.SIGTERM)

    try:  # only the first process reports, so only it gets the signal; both stop
        train(SHORT, PHOTOS, folder / "of_two.safetensors", sync_batchnorm=True, on_report=stop,
              report_every=1)
    except KeyboardInterrupt as error:
        found["stopped"] = str(error)
    torch.save(found, folder / f"{rank}.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1] == "everything":
        with processes("cpu"):
            everything(Path(sys.argv[2]))
    else:  # the command, with a checkpoint after every step
        training.train = partial(train, save_every=0, report_every=1)
        sys.exit(main(sys.argv[1:]))
