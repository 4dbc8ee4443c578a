"""The command line, a thin cover: ``colorlib colorize``, `train`, `evaluate`, `table` and so on."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

SHEET = 24  # photographs on a contact sheet

BAD = {"choices": ["stop", "skip"], "default": "stop",
       "help": "what to do about a torn or corrupt shard; default: %(default)s"}

EXAMPLES = {
    "colorize": """examples:
  colorlib colorize grandmother.jpg               writes grandmother_color.jpg beside it
  colorlib colorize album/ -o colored/            every photograph in a folder; again: the rest
  colorlib colorize photo.png --compare           gray, colorized and original side by side
  colorlib colorize photo.png --temperature 0.2   nearer to the one likeliest color
Each result says in its EXIF and XMP that its colors are guesses (JPEG, PNG, TIFF, WebP).""",
    "train": """examples:
  colorlib train                                  the weights that ship, on Imagenette
  colorlib train --data my_photos/ --steps 2000   on a folder of yours, or of shards
  torchrun --nproc_per_node=2 -m colorlib train   in two processes, or on two GPUs
Interrupted? The same command goes on from the last checkpoint.""",
    "evaluate": """examples:
  colorlib evaluate                               the shipped weights on Imagenette's val split
  colorlib evaluate --weights mine.safetensors --data my_photos/ --photos 100""",
    "table": """examples:
  colorlib table                                  every row, trained where its weights are missing
  colorlib table --rows gray full --photos 200    two rows, on a part of the photographs
Interrupted? The same command goes on from where it was.""",
    "sheet": """examples:
  colorlib sheet -o methods.jpg
  colorlib sheet --rivals --data my_photos/ --photos 12""",
    "prior": """examples:
  colorlib prior -o prior.npy                     of Imagenette's train split
  colorlib prior my_photos/ -o mine.npy           of a folder of yours, or of shards
  torchrun --nproc_per_node=4 -m colorlib prior my_shards/
Several processes share the shards of a folder of shards.""",
    "shards": """examples:
  colorlib shards imagenet/train/ imagenet-shards/
  colorlib train --data imagenet-shards/
Interrupted, or a shard is damaged? The same command checks them and makes what is missing.""",
    "export": """examples:
  colorlib export                                 the shipped network, to course.onnx
  colorlib export --weights mine.safetensors -o mine.onnx""",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 2 something could not be done."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except (ValueError, OSError, RuntimeError) as error:
        if arguments.debug:
            raise
        print(f"colorlib: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("colorlib: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="colorlib", description="Automatic image colorization.")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        raw = argparse.RawDescriptionHelpFormatter
        sub = commands.add_parser(name, help=text, description=text, epilog=EXAMPLES[name],
                                  formatter_class=raw)
        sub.set_defaults(run=run)
        return sub

    sub = command("colorize", colorize, "Give gray photographs color.")
    sub.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="files or folders")
    sub.add_argument("-o", "--output", type=Path, help="a folder, or a file for a single photo")
    sub.add_argument("-T", "--temperature", type=float, default=0.38,
                     help="0: the likeliest color; 1: the mean of all; default: %(default)s")
    sub.add_argument("--weights", default="course",
                     help="course, zhang2016 or a .safetensors file; default: %(default)s")
    sub.add_argument("--size", type=int, help="long side in pixels of what the network sees")
    sub.add_argument("--compare", action="store_true", help="gray | colorized | original")
    sub.add_argument("--force", action="store_true", help="overwrite what is there")
    sub.add_argument("--no-note", dest="note", action="store_false",
                     help="don't say in the file (EXIF, XMP) that its colors were made")

    sub = command("train", train, "Train a network on photographs.")
    _data_option(sub, "Imagenette's train split, downloaded once")
    sub.add_argument("--out", type=Path, default=Path("training"),
                     help="folder for checkpoint and weights; default: %(default)s")
    sub.add_argument("--loss", choices=["rebalanced", "classification", "l2"],
                     default="rebalanced", help="default: %(default)s")
    sub.add_argument("--width", type=float, help="of the network; the paper's is 1; default: 1/4")
    sub.add_argument("--steps", type=int, help="in all, shared out over the recipe's stages")
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--device", help="cpu or cuda; default: a GPU if there is one")
    sub.add_argument("--accumulate", type=int, default=1, metavar="N",
                     help="train each batch in N parts, if it is too large for the memory")
    sub.add_argument("--sync-batchnorm", action="store_true",
                     help="with torchrun: statistics over the crops of all processes")
    sub.add_argument("--bad", **BAD)

    sub = command("evaluate", evaluate, "Measure a network on photographs it was not trained on.")
    _data_option(sub, "Imagenette's val split, downloaded once")
    sub.add_argument("--weights", default="course")
    sub.add_argument("-T", "--temperature", type=float, default=0.38)
    sub.add_argument("--size", type=int, help="long side in pixels of what the network sees")
    sub.add_argument("--photos", type=int, help="only so many, evenly spread over the collection")
    sub.add_argument("-o", "--output", type=Path, help="write the figures to a JSON file too")
    sub.add_argument("--sheet", type=Path, help="a picture: 24 of the photos, all three ways")

    sub = command("table", table, "Rebuild the paper's table: train every row, evaluate it.")
    _data_option(sub, "Imagenette, both splits, downloaded once")
    sub.add_argument("--rows", nargs="+", metavar="ROW", help="only these; default: all")
    sub.add_argument("--photos", type=int, help="only so many, evenly spread over the val split")
    sub.add_argument("--judge", choices=["small", "vgg16"], default="small",
                     help="whose top-1; vgg16 is torchvision's, 528 MB and slow; default: small")
    sub.add_argument("--folder", type=Path, default=Path("training/table"),
                     help="for what is not finished; default: %(default)s")
    sub.add_argument("-o", "--output", type=Path, help="write it to a JSON file too")

    sub = command("sheet", sheet, "A contact sheet: all rows of the table on the same pictures.")
    sub.add_argument("--data", type=Path, help="folder; default: windows of the bundled photos")
    sub.add_argument("--photos", type=int, default=SHEET, help="how many; default: %(default)s")
    sub.add_argument("--rivals", action="store_true",
                     help="chapter 10's instead, beside L2 and the full method")
    sub.add_argument("-o", "--output", type=Path, default=Path("sheet.jpg"))

    sub = command("prior", prior, "Count how often each of the 313 colors occurs.")
    sub.add_argument("data", nargs="?", type=Path, help="folder; default: Imagenette's train split")
    sub.add_argument("-o", "--output", type=Path, default=Path("prior.npy"))

    sub.add_argument("--bad", **BAD)

    sub = command("shards", shards, "Pack photographs into tar files, for collections of any size.")
    sub.add_argument("data", type=Path, metavar="DIR", help="folder of photographs")
    sub.add_argument("output", type=Path, metavar="OUT", help="folder for the shards")
    sub.add_argument("--photos", type=int, default=1000, help="in a shard; default: %(default)s")
    sub.add_argument("--seed", type=int, default=0, help="of the order")

    sub = command("export", export, "Write a network as ONNX, for other runtimes.")
    sub.add_argument("--weights", default="course")
    sub.add_argument("-o", "--output", type=Path, default=Path("course.onnx"))
    return parser


def _data_option(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--data", type=Path, help=f"folder of photographs; default: {default}")


def colorize(arguments) -> int:
    """Color photographs; a bad one is named and the others go on."""
    from tqdm import tqdm

    from . import albums
    from .inference import Colorizer
    from .labels import colorized_note

    plan = albums.plan(arguments.photos, arguments.output, arguments.force)
    problems = len(plan.problems)
    for problem in plan.problems:
        print(f"colorlib: {problem}", file=sys.stderr)
    if plan.done:
        print(f"{plan.done} photographs were colored before; --force colors them again")
    if plan.jobs:
        note = colorized_note(arguments.weights, arguments.temperature) if arguments.note else None
        colored = albums.colorize(
            plan.jobs, Colorizer.from_pretrained(arguments.weights), arguments.temperature,
            arguments.size, note, arrange=side_by_side if arguments.compare else None)
        total = len(plan.jobs)
        for _, problem in tqdm(colored, total=total, unit=" photos", disable=total < 2):
            if problem:
                problems += 1
                tqdm.write(f"colorlib: {problem}", file=sys.stderr)
    return 2 if problems else 0


def side_by_side(photo, colorized):
    """Gray, colorized and the photo as it came, in one picture."""
    from PIL import Image

    from .images import to_rgb8

    original = to_rgb8(photo)
    gray = original.convert("LA" if original.mode == "RGBA" else "L").convert(original.mode)
    width, height = original.size
    row = Image.new(original.mode, (3 * width, height))
    for i, picture in enumerate((gray, colorized.convert(original.mode), original)):
        row.paste(picture, (i * width, 0))
    return row


def contact_sheet(rows, columns: int = 3, size: tuple[int, int] = (480, 120)):
    """Pictures in a grid, each made to fit its place."""
    from PIL import Image, ImageOps

    height = size[1] * -(-len(rows) // columns)
    sheet = Image.new("RGB", (size[0] * columns, height), "white")
    for i, row in enumerate(rows):
        place = (i % columns * size[0], i // columns * size[1])
        sheet.paste(ImageOps.pad(row.convert("RGB"), size, color="white"), place)
    return sheet


def evenly(paths: list, count: int) -> list:
    """So many of a list, evenly spread over it."""
    return [paths[i * len(paths) // count] for i in range(min(count, len(paths)))]


def train(arguments) -> int:
    """Train by the course's recipe, with what the options change in it."""
    from .checkpoints import save_weights
    from .distributed import place, processes
    from .recipes import COURSE, scaled
    from .training import train as run

    recipe = replace(COURSE, loss=arguments.loss, seed=arguments.seed)
    if arguments.width:
        recipe = replace(recipe, width=arguments.width)
    if arguments.steps:
        recipe = scaled(recipe, arguments.steps)
    checkpoint = arguments.out / "checkpoint.safetensors"
    with processes(arguments.device) as device:
        photos = _training_photos(arguments)
        training = run(recipe, photos, checkpoint, device=device, accumulate=arguments.accumulate,
                       sync_batchnorm=arguments.sync_batchnorm)
        if place()[0]:
            return 0  # the first process writes and tells
    for path, reason in photos.skipped.items():
        print(f"left out {path}: {reason}", file=sys.stderr)
    weights = arguments.out / "weights.safetensors"
    save_weights(training, weights, data=str(arguments.data or "Imagenette train"))
    print(f"wrote {weights}: use it with colorlib colorize --weights {weights}")
    return 0


def _training_photos(arguments):
    """A folder of shards or of photographs, or Imagenette without what is held out."""
    from .data import Photos, find_photos, imagenette
    from .recipes import HOLD_OUT
    from .shards import Shards, is_sharded

    if not arguments.data:
        paths = find_photos(imagenette("train"))
        return Photos([path for i, path in enumerate(paths) if i % HOLD_OUT])
    if is_sharded(arguments.data):
        return Shards(arguments.data, bad=arguments.bad)
    return Photos(find_photos(arguments.data))


def evaluate(arguments) -> int:
    """Print AuC, rebalanced AuC and chroma of a network and of gray, with 95% intervals."""
    import torch
    from tqdm import tqdm

    from .data import find_photos, imagenette
    from .files import write_text
    from .images import PhotoError, as_rgb, like, save_photo
    from .inference import Colorizer, lightness_of
    from .metrics import DRAWS, Evaluation
    from .rebalancing import course_prior

    paths = find_photos(arguments.data or imagenette("val"))
    if arguments.photos:
        paths = evenly(paths, arguments.photos)
    colorizer = Colorizer.from_pretrained(arguments.weights)
    ours, gray = Evaluation(course_prior(), draws=DRAWS), Evaluation(course_prior(), draws=DRAWS)
    rows = []
    shown = {paths[i * len(paths) // SHEET] for i in range(SHEET)}
    for path in tqdm(paths, unit=" photos"):
        try:
            truth = as_rgb(path)
        except PhotoError as error:
            print(f"left out {error}", file=sys.stderr)
            continue
        colored = colorizer(truth, arguments.temperature, arguments.size)
        ours.add(colored, truth)
        gray.add(colorizer.paint(lightness_of(truth), torch.zeros(2, 1, 1)), truth)
        if path in shown:
            rows.append(side_by_side(like(truth, None, None), like(colored, None, None)))
    if arguments.sheet:
        save_photo(contact_sheet(rows), arguments.sheet)
    recipe = {key: value for key, value in colorizer.recipe.items() if key != "history"}
    figures = {"command": " ".join(["colorlib", *sys.argv[1:]]), "torch": torch.__version__,
               "photos": ours.photos, "weights": arguments.weights, "T": arguments.temperature,
               "size": arguments.size or colorizer.size,
               "gray": gray.figures(), "colorized": ours.figures(),
               "recipe": recipe}
    for name in ("auc", "auc_rebalanced", "chroma_share"):
        for who in ("gray", "colorized"):
            low, high = figures[who][f"{name}_interval"]
            print(f"{name:15} {who:10} {figures[who][name]:7.2f}  [{low:.2f}, {high:.2f}]")
    if arguments.output:
        write_text(json.dumps(figures, indent=1) + "\n", arguments.output)
    return 0


def table(arguments) -> int:
    """Train the rows that have no weights yet, evaluate all, print the table and its claims."""
    from .classifier import small_classifier, vgg16
    from .data import find_photos, imagenette
    from .files import write_text
    from .rows import ALL, row
    from .table import build, printed, printed_claims

    folder = arguments.data
    val = find_photos(folder / "val" if folder else imagenette("val"))
    training = find_photos(folder / "train" if folder else imagenette("train"))
    if arguments.photos:
        val = evenly(val, arguments.photos)
    rows = [row(name) for name in arguments.rows] if arguments.rows else ALL
    judge = vgg16() if arguments.judge == "vgg16" else small_classifier(training)
    figures = build(rows, training, val, judge, arguments.folder)
    figures["command"] = " ".join(["colorlib", *sys.argv[1:]])
    print(f"{printed(figures)}\n\n{printed_claims(figures)}")
    if arguments.output:
        write_text(json.dumps(figures, indent=1) + "\n", arguments.output)
    return 0


def sheet(arguments) -> int:
    """Draw a contact sheet of all rows that are pictures."""
    from .data import Photos, find_photos
    from .images import save_photo
    from .rows import RIVALS, ROWS, row
    from .table import sheet, windows

    photos = windows(arguments.photos)
    if arguments.data:
        photos = list(Photos(evenly(find_photos(arguments.data), arguments.photos)))
    shown = (row("l2"), row("full"), *RIVALS) if arguments.rivals else (
        r for r in ROWS if r.name not in ("truth", "random"))
    save_photo(sheet([*shown, row("truth")], photos), arguments.output)
    print(f"wrote {arguments.output}")
    return 0


def prior(arguments) -> int:
    """Write the empirical prior of a collection of photographs."""
    import numpy as np
    from tqdm import tqdm

    from .data import Photos, imagenette
    from .distributed import place, processes
    from .files import replacing
    from .rebalancing import empirical_prior
    from .shards import is_sharded
    from .streams import prior as of_shards

    with processes("cpu"):
        if arguments.data and is_sharded(arguments.data):
            counted = of_shards(arguments.data, arguments.bad)
        else:
            photos = Photos(arguments.data or imagenette("train"), cache_bytes=0)
            counted = empirical_prior(tqdm(photos, total=len(photos), unit=" photos"))
        if place()[0]:
            return 0  # the first process writes it
    with replacing(arguments.output) as beside, beside.open("wb") as file:
        np.save(file, counted.numpy(), allow_pickle=False)
    print(f"wrote {arguments.output}: gray has {counted[120]:.3f} of the mass")
    return 0


def shards(arguments) -> int:
    """Pack a folder into shards, or make good what is damaged among them."""
    from .shards import pack

    made = pack(arguments.data, arguments.output, arguments.photos, arguments.seed)
    size = sum(shard["bytes"] for shard in made["shards"])
    print(f"{arguments.output}: {made['photos']:,} photographs in {len(made['shards']):,} shards, "
          f"{size / 1e6:,.1f} MB")
    return 0


def export(arguments) -> int:
    """Write the network, its size and its bins as one ONNX file."""
    from .export import export_onnx
    from .inference import Colorizer

    export_onnx(Colorizer.from_pretrained(arguments.weights), arguments.output)
    print(f"wrote {arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
