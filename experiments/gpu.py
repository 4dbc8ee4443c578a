"""Whether a GPU gives what the CPU gives, and how fast: ``python -m experiments.gpu``.

No network, some minutes on a GPU. ``--device cpu --tiny`` runs all of it to see that it runs.
"""

import argparse
import json
import math
import os
import platform
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.distributed as dist

from colorlib.color import lab_to_rgb, rgb_to_lab
from colorlib.data import batch_source, photographs
from colorlib.engine.devices import choose, title
from colorlib.gamut import AbGamut
from colorlib.images import sample
from colorlib.inference import Colorizer, annealed_mean
from colorlib.io.files import write_text
from colorlib.recipes import Recipe, Stage
from colorlib.training import Training, train

# How far the largest difference between the devices may go, in the unit of each quantity.
TOLERANCES = {"Lab": 1e-2, "RGB": 1e-3, "shares": 1e-3, "annealed mean": 1e-1, "loss": 1e-3,
              "gradient": 1e-2, "cut L": 1.0, "cut ab": 3.0}  # a byte may round the other way


def recipe_of(tiny: bool, steps: int = 40, **settings) -> Recipe:
    """A short training in float32."""
    stage = Stage(4, 4, 32) if tiny else Stage(steps, 32, 64)
    base = Recipe(1 / 16 if tiny else 1 / 4, stages=(stage,), warmup=2, precision="float32")
    return replace(base, **settings)


def wait(device: torch.device) -> None:
    """Until the device has done all that it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def parity(device: torch.device, tiny: bool) -> dict:
    """The same batch on the CPU and on the device: the largest difference of each quantity."""
    lightness, ab = batch_source(recipe_of(tiny), photographs())(0)

    def answers(where) -> dict:
        gamut = AbGamut().to(where)
        training = Training(recipe_of(tiny), device=where)
        cut = batch_source(recipe_of(tiny), photographs(), where)(0)
        big = torch.nn.functional.interpolate(ab, lightness.shape[-2:]).to(where)
        rgb = lab_to_rgb(torch.cat([lightness.to(where), big], 1))
        L, target = lightness.to(where), ab.to(where)
        loss = training.loss(L, target)
        loss.backward()
        norm = torch.stack([p.grad.norm() for p in training.network.parameters()
                            if p.grad is not None])
        with torch.no_grad():
            mean = annealed_mean(training.outputs(L), gamut.bins)
        found = {"RGB": rgb, "Lab": rgb_to_lab(rgb), "shares": gamut.soft_encode(target)[1],
                 "annealed mean": mean, "loss": loss, "gradient": norm / norm.max(),
                 "cut L": cut[0], "cut ab": cut[1]}
        return {name: value.detach().cpu() for name, value in found.items()}

    here, there = answers(torch.device("cpu")), answers(device)
    off = {name: (here[name] - there[name]).abs().max().item() for name in here}
    return {name: {"largest difference": value, "tolerance": TOLERANCES[name],
                   "within": value <= TOLERANCES[name]} for name, value in off.items()}


def formats(device: torch.device, tiny: bool) -> dict:
    """Losses of the same training in each number format; the last one must be a number."""
    names = ["float32", "bfloat16"] + ["float16"] * (device.type == "cuda")
    found = {}
    for name in names:
        training = train(recipe_of(tiny, 200, precision=name), photographs(), device=device,
                         report_every=1 if tiny else 20)
        losses = [point["loss"] for point in training.history]
        found[name] = {"losses": [round(loss, 4) for loss in losses],
                       "finite": all(map(math.isfinite, losses))}
    return found


def resume(device: torch.device, tiny: bool) -> dict:
    """Whether a checkpoint of one device goes on on another, and how near the weights end."""
    recipe = recipe_of(tiny, 12)
    half, photos = recipe.steps // 2, photographs()
    whole = train(recipe, photos, device=device)
    found = {}
    for name, first, second in (("on the device", device, device), ("from the CPU", "cpu", device),
                                ("to the CPU", device, "cpu")):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint.safetensors"
            begun = Training(recipe, device=first)
            batches = batch_source(recipe, photos)
            for step in range(half):
                begun.step(*batches(step))
            begun.save(path)
            ended = train(recipe, photos, path, device=second)
        far = max((value.cpu() - whole.average[key].cpu()).abs().max().item()
                  for key, value in ended.average.items())
        found[name] = {"steps": ended.done, "largest difference of a weight": far}
    return found


def speeds(device: torch.device, tiny: bool) -> list[dict]:
    """Images a second and memory of training steps, by width, order in memory and compiling."""
    rows = []
    for width in ((1 / 16,) if tiny else (1 / 4, 1.0)):
        for order in (torch.contiguous_format, torch.channels_last):
            for compiled in (False, True) if device.type == "cuda" else (False,):
                rows.append(speed(device, width, order, compiled, tiny))
                print(rows[-1], file=sys.stderr, flush=True)
    return rows


def speed(device, width: float, order, compiled: bool, tiny: bool) -> dict:
    """One row of `speeds`; an error becomes a word in it."""
    batch, size, rounds = (2, 32, 2) if tiny else (32, 64 if width < 1 else 176, 12)
    row = {"width": width, "order": str(order)[6:], "compiled": compiled, "batch": batch,
           "size": size}
    try:
        recipe = Recipe(width, stages=(Stage(1000, batch, size),))
        training = Training(recipe, device=device)
        training.network.to(memory_format=order)
        if compiled:
            training.parallel.forward = torch.compile(training.parallel.forward)
        crops = torch.rand(batch, 1, size, size) * 100
        ab = torch.rand(batch, 2, size // 4, size // 4) * 60 - 30
        for _ in range(3 if not tiny else 1):  # these set things up
            training.step(crops, ab)
        wait(device)
        begun = time.perf_counter()
        for _ in range(rounds):
            training.step(crops, ab)
        wait(device)
        row["images_per_second"] = round(rounds * batch / (time.perf_counter() - begun), 1)
        row["format"] = str(training.precision)[6:]
        if device.type == "cuda":
            row["memory_MB"] = round(torch.cuda.max_memory_allocated(device) / 1e6)
            torch.cuda.reset_peak_memory_stats(device)
    except Exception as error:  # a compiler that is missing is a finding, not the end
        row["failed"] = f"{type(error).__name__}: {str(error).splitlines()[0][:120]}"
    return row


def loader(device: torch.device, tiny: bool) -> dict:
    """Crops a second: cut by the CPU alone, by CPU and device, by the CPU's share of that (the rest
    on torch's "meta", which computes nothing); trained; and the share of time spent waiting."""
    recipe = recipe_of(tiny, 40, precision="auto")
    training, crops = Training(recipe, device=device), recipe.stages[0].batch
    first, steps = batch_source(recipe, photographs(), device)(0), recipe.steps - 1
    training.step(*first)

    def seconds(work) -> float:
        wait(device)
        begun = time.perf_counter()
        for i in range(1, steps + 1):
            work(i)
        wait(device)
        return time.perf_counter() - begun

    places = {"cpu": "cpu", "device": device, "share": "meta"}
    cut = {}
    for name, place in places.items():
        batches = batch_source(recipe, photographs(), place)
        batches(0)
        cut[name] = seconds(batches)
    working = seconds(lambda i: training.step(*first))
    rates = {f"cut_per_second_{name}": round(steps * crops / spent, 1)
             for name, spent in cut.items()}
    return {**rates, "trained_per_second": round(steps * crops / working, 1),
            "share_of_waiting": round(max(0.0, 1 - working / cut["device"]), 3)}


def coloring(device: torch.device, tiny: bool) -> dict:
    """Milliseconds for a photo at two sizes, and how far the colors are from the CPU's."""
    colorizer = Colorizer.from_pretrained("course")
    found = {}
    for size in ((32, 64) if tiny else (256, 1024)):
        photo = sample("china").resize((size, size))
        shown = colorizer.to("cpu").shown(rgb_to_lab(torch.rand(3, size, size))[:1], size)
        with torch.inference_mode():
            here = colorizer.ab(shown)
            there = colorizer.to(device).ab(shown.to(device)).cpu()
        times = []
        for _ in range(2 if tiny else 5):
            begun = time.perf_counter()
            colorizer(photo, size=size)  # ends on the CPU, so the device has finished
            times.append(time.perf_counter() - begun)
        found[str(size)] = {"ms": round(1000 * min(times), 1),
                            "largest difference of ab": (here - there).abs().max().item()}
    return found


def one_process(device: torch.device) -> dict:
    """Whether a group of one process can add up: nccl on a GPU, gloo on a CPU."""
    backend = "nccl" if device.type == "cuda" else "gloo"
    with TemporaryDirectory() as folder:
        dist.init_process_group(backend, init_method=f"file://{folder}/store", rank=0, world_size=1)
        value = torch.ones(1, device=device)
        dist.all_reduce(value)
        dist.destroy_process_group()
    return {"backend": backend, "sum": value.item()}


def measure(device: torch.device, tiny: bool) -> dict:
    """Everything, part by part; a part that fails says so and the others go on."""
    parts = {"parity": parity, "formats": formats, "resume": resume, "speeds": speeds,
             "loader": loader, "coloring": coloring,
             "one process": lambda device, tiny: one_process(device)}
    found = {}
    for name, part in parts.items():
        begun = time.perf_counter()
        try:
            found[name] = part(device, tiny)
        except Exception as error:
            found[name] = {"failed": f"{type(error).__name__}: {error}"}
        print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    return found


def main(argv=None) -> int:
    """Measure and write; see the module."""
    parser = argparse.ArgumentParser(prog="python -m experiments.gpu", description=main.__doc__)
    parser.add_argument("--device", help="default: a GPU if there is one")
    parser.add_argument("--tiny", action="store_true", help="to see that it runs, no more")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/gpu.json"))
    arguments = parser.parse_args(argv)
    device = choose(arguments.device)
    told = {"command": " ".join(["python -m experiments.gpu", *(argv or sys.argv[1:])]),
            "device": title(device), "torch": torch.__version__, "cuda": torch.version.cuda,
            "python": platform.python_version(), "processors": os.cpu_count()}
    write_text(json.dumps(told | measure(device, arguments.tiny), indent=1) + "\n",
               arguments.output)
    print(f"wrote {arguments.output}: {told['device']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
