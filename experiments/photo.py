"""Train the network that colors any photograph: ``make photo DATA=FOLDER``.

The folder holds ``photos/SOURCE/...``, photographs of as many kinds as there are, and
``imagenette2-160/train``; one of the two will do, and without a folder it is Imagenette. Stopped,
it goes on from where it was.
"""

import argparse
import json
import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from colorlib.data import Photos
from colorlib.engine import checkpoints
from colorlib.engine.average import update_average
from colorlib.engine.checkpoints import TrainingError
from colorlib.engine.precision import number_format
from colorlib.engine.progress import Progress
from colorlib.images import samples
from colorlib.inference import TEMPERATURE
from colorlib.io.assets import asset
from colorlib.pretrained.network import PhotoNet
from colorlib.rebalancing import class_weights
from colorlib.training import BETAS
from experiments.photo_mix import TINY, Mix, Plan, sources

SIDE = 160  # pixels, of a photograph's short side
SIZE = 256  # pixels, of the long side that the finished network is to be shown
DECODER_RATE, ENCODER_RATE = 2e-3, 4e-4  # the encoder has learned already
SAVE_EVERY = 120  # seconds
KEPT = 2  # checkpoints


@dataclass
class PhotoTraining:
    """A training under way: network, optimizer, averaged weights, and where it stands.

    Attributes
    ----------
    data : how many photographs each source has.
    """

    plan: Plan
    data: dict[str, int]
    device: torch.device
    prior: Tensor | None = None
    done: int = 0
    seconds: float = 0.0
    history: list[dict] = field(default_factory=list)

    def __post_init__(self):
        torch.manual_seed(self.plan.seed)
        self.network = PhotoNet(pretrained=self.plan.pretrained).to(
            self.device, memory_format=torch.channels_last)
        encoder = list(self.network.encoder.parameters())
        decoder = [p for name, p in self.network.named_parameters()
                   if not name.startswith("encoder.")]
        self.optimizer = torch.optim.AdamW(
            [{"params": decoder, "full": DECODER_RATE}, {"params": encoder, "full": ENCODER_RATE}],
            betas=BETAS, weight_decay=self.plan.weight_decay)
        self.precision = number_format(self.device, self.plan.precision)
        float16 = self.precision == torch.float16
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=float16)
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def step(self, lightness: Tensor, ab: Tensor) -> float:
        """One step of gradient descent; returns the loss before it."""
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = group["full"] * self.plan.rate(self.done)
        lightness, ab = lightness.to(self.device), ab.to(self.device)
        narrow = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision, enabled=narrow):
            outputs = self.network(lightness)
        weights = class_weights(self.prior, self.plan.lam).to(self.device, torch.float32)
        loss = self.network.objective(outputs.float(), ab, "rebalanced", weights)
        if not math.isfinite(value := loss.item()):
            raise TrainingError(f"the loss became {value} at step {self.done}: go back to the last "
                                "checkpoint with --precision float32")
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.done += 1
        update_average(self.average, self.network.state_dict(), self.plan.average, self.done)
        return value

    def save(self, path: Path) -> None:
        """Write the whole state to one file."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        optimizer = checkpoints.optimizer_tensors(self.optimizer)
        tensors |= {f"optimizer.{k}": v for k, v in optimizer.items()}
        checkpoints.save(tensors | {"prior": self.prior}, {
            "key": self.key(), "done": self.done, "seconds": self.seconds,
            "history": self.history, "scaler": self.scaler.state_dict()}, path)

    def load(self, path: Path) -> None:
        """Go on where `save` left off. TrainingError, ValueError: torn, or of another training."""
        tensors, state = checkpoints.load(path)
        if state["key"] != self.key():
            raise ValueError(f"{path} belongs to a training with another plan or photographs; "
                             "delete it or choose another folder")
        self.network.load_state_dict(checkpoints.part(tensors, "network"))
        self.average = {k: v.to(self.device)
                        for k, v in checkpoints.part(tensors, "average").items()}
        checkpoints.restore_optimizer(self.optimizer, checkpoints.part(tensors, "optimizer"))
        self.scaler.load_state_dict(state["scaler"])
        self.prior, self.done = tensors["prior"], state["done"]
        self.seconds, self.history = state["seconds"], state["history"]

    def key(self) -> str:
        """What decides the weights, as a text; number formats may change on the way."""
        plan = asdict(self.plan)
        del plan["precision"]
        return json.dumps([plan, self.data])

    def finished(self, finish: float) -> dict[str, Tensor]:
        """The averaged weights, rebalanced once more with lambda `finish`; 1 leaves them alone."""
        name = f"{self.network.last[0]}.bias"
        bias = self.average[name]
        return self.average | {name: bias + class_weights(self.prior, finish).log().to(bias)}

    def recipe(self, finish: float) -> dict:
        """How the weights were made, to be kept with them."""
        return {"network": "photo", "width": 1.0, "size": SIZE, "T": TEMPERATURE,
                "loss": "rebalanced", "data": ", ".join(self.data), "sources": self.data,
                **asdict(self.plan), "finish": finish, "done": self.done,
                "decoder_rate": DECODER_RATE, "encoder_rate": ENCODER_RATE,
                "torch": torch.__version__, "device": str(self.device),
                "seconds": round(self.seconds), "history": checkpoints.thinned(self.history)}


def train(plan: Plan, paths: dict[str, list[Path]], folder: Path, device: str = "cpu",
          hidden: bool = False) -> PhotoTraining:
    """Train, from the newest checkpoint in a folder if there is one.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, once the step is finished and saved; a second one stops at once.
    """
    training = PhotoTraining(plan, {k: len(v) for k, v in paths.items()}, torch.device(device))
    files = checkpoints.rotation(folder / "checkpoint.safetensors", KEPT)
    mix = Mix({name: Photos(found, SIDE) for name, found in paths.items()}, plan)
    newest = next((path for path in files if path.exists()), None)
    if newest:
        training.load(newest)
    else:
        training.prior = mix.prior()
    batches, saved = [shape.batch for shape in mix.shapes], time.monotonic()
    with (
        ThreadPoolExecutor(1) as ahead,  # the next batch is cut while this one trains
        checkpoints.interrupts() as interrupted,
        Progress(batches, training.done, 100, f"training on {device}", hidden) as progress,
    ):
        coming = ahead.submit(mix, training.done) if training.done < plan.steps else None
        for step in range(training.done, plan.steps):
            batch = coming.result()
            if step + 1 < plan.steps:
                coming = ahead.submit(mix, step + 1)
            seconds, point = progress.step(training.step(*batch))
            training.seconds += seconds
            training.history += [point] if point else []
            if interrupted or step + 1 == plan.steps or time.monotonic() - saved > SAVE_EVERY:
                checkpoints.rotate(training.save, files)
                saved = time.monotonic()
            if interrupted:
                raise KeyboardInterrupt(f"stopped after step {step + 1}; all is in {files[0]}")
    return training


def main(argv=None) -> int:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description="Train the network that colors any photograph.")
    parser.add_argument("--data", type=Path, help="folder with photos/SOURCE/... and "
                        "imagenette2-160/train; without it, Imagenette alone")
    parser.add_argument("--steps", type=int, default=Plan.steps)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--precision", default=Plan.precision, help="auto, float32, bfloat16")
    parser.add_argument("--finish", type=float, default=1.0,
                        help="lambda of one more rebalancing of the finished network; 1 is none")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--folder", type=Path, default=Path("training/photo"),
                        help="for checkpoints: stopped, it goes on from there")
    parser.add_argument("-o", "--weights", type=Path, default=asset("photo.safetensors"))
    parser.add_argument("--tiny", action="store_true",
                        help="a few small steps on the bundled photographs, to test the program")
    options = parser.parse_args(argv)
    try:
        if options.tiny:
            plan, paths = TINY, {"bundled": list(samples().values())}
        else:
            plan = Plan(steps=options.steps, precision=options.precision)
            paths = sources(options.data)
        training = train(replace(plan, seed=options.seed), paths, options.folder, options.device)
    except KeyboardInterrupt as stop:
        print(stop)
        return 130
    except (ImportError, OSError, ValueError, TrainingError) as error:
        parser.exit(1, f"photo: {error}\n")
    checkpoints.save_weights(training.finished(options.finish), training.recipe(options.finish),
                             options.weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
