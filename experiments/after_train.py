"""Train the small networks of chapters 14 and 15 on the frozen features of Imagenette.

``python -m experiments.after_train diffusion``, or ``bins``, or ``queries``.
Stopped, each goes on from where it was. The weights that ship are rounded to 8 bits.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from colorlib.after.diffusion import Denoiser, denoising_loss
from colorlib.after.features import save_bytes
from colorlib.after.queries import BinNet, PaletteNet
from colorlib.engine import checkpoints
from colorlib.engine.checkpoints import TrainingError
from colorlib.io.assets import asset
from colorlib.rebalancing import class_weights, course_prior
from experiments.after_data import Looked, looked

CACHE = Path("training/after")  # features and checkpoints
BATCH, RATE = 32, 1.5e-3
WARM, COOL = 100, 0.3  # steps of warming up; share of the steps in which the rate falls to 0
SAVE_EVERY = 100  # steps


def rate(step: int, steps: int) -> float:
    """The learning rate of a step, in `RATE`: up, level, and down to 0 in the last part.

    As long as it is level it doesn't depend on `steps`: a training may be made longer or shorter.
    """
    return min(1.0, (step + 1) / WARM, (steps - step) / (COOL * steps))


def train(network: nn.Module, loss: Callable[[int], Tensor], steps: int, path: Path,
          title: str) -> dict:
    """Train a network by AdamW, its checkpoint in `path`; returns what its recipe says of that."""
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.02)
    done, cpu, losses = 0, 0.0, []
    try:
        tensors, state = checkpoints.load(path)
        network.load_state_dict(checkpoints.part(tensors, "model"))
        checkpoints.restore_optimizer(optimizer, checkpoints.part(tensors, "optimizer"))
        done, cpu = state["done"], state["cpu"]
    except (OSError, TrainingError):
        pass
    network.train()
    cpu -= time.process_time()
    for step in range(done, steps):
        torch.manual_seed(step)  # a batch depends on the number of its step alone
        for group in optimizer.param_groups:
            group["lr"] = RATE * rate(step, steps)
        value = loss(step)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        losses.append(value.item())
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
            mean = sum(losses) / len(losses)
            print(f"{title}: step {step + 1} of {steps}, loss {mean:.4f}, "
                  f"{cpu + time.process_time():.0f} s of CPU", flush=True)
            losses = []
            tensors = {f"model.{name}": v for name, v in network.state_dict().items()}
            tensors |= {f"optimizer.{name}": v
                        for name, v in checkpoints.optimizer_tensors(optimizer).items()}
            state = {"done": step + 1, "cpu": cpu + time.process_time()}
            path.parent.mkdir(parents=True, exist_ok=True)
            checkpoints.save(tensors, state, path)
    return {"steps": steps, "batch": BATCH, "rate": RATE, "torch": torch.__version__,
            "seconds_of_cpu": round(cpu + time.process_time())}


def batch(data: Looked, count: int):
    """Pictures drawn at random, half of such batches mirrored: ab, features, classes."""
    places = torch.randint(len(data.labels), (count,))
    ab, seen = data.ab[places].float(), data.seen.pick(places)
    if torch.rand(()) < 0.5:
        ab, seen = ab.flip(-1), seen.flip()
    return ab, seen, data.labels[places]


def diffusion(options) -> None:
    """The denoiser of chapter 15."""
    data = looked("train", "imagenet", options.cache)
    torch.manual_seed(0)
    network = Denoiser().to(memory_format=torch.channels_last)
    recipe = train(network, lambda step: denoising_loss(network, *batch(data, BATCH)),
                   options.steps or 2000, options.cache / "diffusion.ckpt", "diffusion")
    save_bytes(network, {"network": "Denoiser", "data": "Imagenette, train",
                         "photographs": len(data.labels), "command": options.command, **recipe},
               asset("after/diffusion.safetensors"))


def colors(options) -> None:
    """The queries of chapter 14, or the same network with the 313 bins."""
    data = looked("train", "imagenet", options.cache)
    weights = class_weights(course_prior()).float()
    torch.manual_seed(0)
    network = NETWORKS[options.what]().to(memory_format=torch.channels_last)
    recipe = train(network, lambda step: network.loss(*batch(data, BATCH)[:2], weights),
                   options.steps or 300, options.cache / f"{options.what}.ckpt", options.what)
    save_bytes(network, {"network": type(network).__name__, "data": "Imagenette, train",
                         "photographs": len(data.labels), "command": options.command, **recipe},
               asset(f"after/{options.what}.safetensors"))


NETWORKS = {"bins": BinNet, "queries": PaletteNet}
TRAININGS = {"diffusion": diffusion, "bins": colors, "queries": colors}


def main(argv=None) -> int:
    """Train one of the networks and write its weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=TRAININGS)
    parser.add_argument("--steps", type=int, help="steps of 32 pictures; default: as shipped")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder; default: training/after")
    options = parser.parse_args(argv)
    steps = f" --steps {options.steps}" if options.steps else ""
    options.command = f"python -m experiments.after_train {options.what}{steps}"
    TRAININGS[options.what](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
