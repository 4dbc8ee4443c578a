"""The command line, a thin cover: ``colorlib colorize``, `train`, `evaluate`, `table` and so on."""

import argparse
import re
import sys
import warnings
from collections.abc import Sequence
from functools import partial

from .. import __version__
from ..io.errors import PhotoWarning
from . import door
from .commands import colorize, export, prior, shards, train
from .doctor import doctor
from .examples import EXAMPLES
from .measure import SHEET, evaluate, sheet, table
from .teach import grade

BAD = {"choices": ["stop", "skip"], "default": "stop",
       "help": "what to do about a torn or corrupt shard; default: %(default)s"}


class Parser(argparse.ArgumentParser):
    """argparse's, but what is wrong with an argument is one line, as of all errors."""

    def error(self, message: str):
        found = re.fullmatch(r"argument (?:\S+/)?(\S+): (.*)", message, re.DOTALL)
        if found:
            option, said = found.groups()
            message = f"{option} {said}" if said.startswith(("must", "is ")) else said
        self.exit(2, f"colorlib: {' '.join(message.split())}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 2 something could not be done."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal can't show must not stop it
            stream.reconfigure(errors="backslashreplace")
    arguments = None
    try:
        arguments = _parser().parse_args(argv)
        with warnings.catch_warnings():
            warnings.simplefilter("always", PhotoWarning)
            warnings.showwarning = partial(_say, warnings.showwarning)
            return arguments.run(arguments)
    except SystemExit as end:
        if not end.code or arguments is not None:
            raise  # help was asked for
        return end.code
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        if arguments.debug:
            raise
        print(f"colorlib: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except MemoryError:
        print("colorlib: not enough memory", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("colorlib: stopped", file=sys.stderr)
        return 130


def _say(others, message, category, *place) -> None:
    """What is said of a photograph as a line of ours; other warnings as Python shows them."""
    if issubclass(category, PhotoWarning):
        print(f"colorlib: {message}", file=sys.stderr)
    else:
        others(message, category, *place)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="colorlib", description="Automatic image colorization.")
    parser.add_argument("--version", action="version", version=f"colorlib {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        raw = argparse.RawDescriptionHelpFormatter
        sub = commands.add_parser(name, help=text, description=text, epilog=EXAMPLES.get(name),
                                  formatter_class=raw)
        sub.set_defaults(run=run)
        return sub

    for add in (_color, _train, _measure, _collect, _teach):
        add(command)
    return parser


def _color(command) -> None:
    sub = command("colorize", colorize, "Give gray photographs color.")
    sub.add_argument("photos", nargs="+", type=door.photo, metavar="PHOTO",
                     help="files or folders; - reads standard input")
    sub.add_argument("-o", "--output", type=door.colored,
                     help="a folder, which may end in /; a file for a single photo; or -")
    sub.add_argument("-T", "--temperature", type=door.number(0), default=0.38,
                     help="0: the likeliest color; 1: the mean of all; default: %(default)s")
    sub.add_argument("--weights", type=door.weights, default="photo",
                     help="photo, course, zhang2016 or a .safetensors file; default: %(default)s")
    sub.add_argument("--size", type=door.whole(8, 4096),
                     help="long side in pixels of what the network sees")
    sub.add_argument("--hints", type=door.file, metavar="FILE",
                     help="colors that you want, and where: a .txt, or a picture of strokes")
    sub.add_argument("--old-print", action="store_true",
                     help="the scan of an old print: take its tint away, its grain and its spots, "
                          "and spread its tones, before coloring")
    sub.add_argument("--compare", action="store_true", help="gray | colorized | original")
    sub.add_argument("--force", action="store_true", help="overwrite what is there")
    sub.add_argument("--no-note", dest="note", action="store_false",
                     help="don't say in the file (EXIF, XMP) that its colors were made")


def _train(command) -> None:
    sub = command("train", train, "Train a network on photographs.")
    _data_option(sub, "Imagenette's train split, downloaded once")
    sub.add_argument("--out", type=door.output_folder, default="training",
                     help="folder for checkpoint and weights; default: %(default)s")
    sub.add_argument("--loss", choices=["rebalanced", "classification", "l2"],
                     default="rebalanced", help="default: %(default)s")
    sub.add_argument("--width", type=door.number(0, open_end=True, most=4),
                     help="of the network; the paper's is 1; default: 1/4")
    sub.add_argument("--steps", type=door.whole(1),
                     help="in all, shared out over the recipe's stages")
    sub.add_argument("--seed", type=door.whole(0), default=0)
    sub.add_argument("--device", type=door.device,
                     help="cpu, cuda or mps; default: a GPU if there is one")
    sub.add_argument("--accumulate", type=door.whole(1), default=1, metavar="N",
                     help="train each batch in N parts, if it is too large for the memory")
    sub.add_argument("--sync-batchnorm", action="store_true",
                     help="with torchrun: statistics over the crops of all processes")
    sub.add_argument("--bad", **BAD)


def _measure(command) -> None:
    command("doctor", doctor, "What this machine has for the course, and what will be slow.")
    sub = command("evaluate", evaluate, "Measure a network on photographs it was not trained on.")
    _data_option(sub, "Imagenette's val split, downloaded once")
    sub.add_argument("--weights", type=door.weights, default="course")
    sub.add_argument("-T", "--temperature", type=door.number(0), default=0.38)
    sub.add_argument("--size", type=door.whole(8, 4096),
                     help="long side in pixels of what the network sees")
    sub.add_argument("--photos", type=door.whole(1),
                     help="only so many, evenly spread over the collection")
    sub.add_argument("-o", "--output", type=door.output_file,
                     help="write the figures to a JSON file too")
    sub.add_argument("--sheet", type=door.picture_file,
                     help="a picture: 24 of the photos, all three ways")

    sub = command("table", table, "Rebuild the paper's table: train every row, evaluate it.")
    _data_option(sub, "Imagenette, both splits, downloaded once")
    sub.add_argument("--rows", nargs="+", metavar="ROW", help="only these; default: all")
    sub.add_argument("--photos", type=door.whole(1),
                     help="only so many, evenly spread over the val split")
    sub.add_argument("--judge", choices=["small", "vgg16"], default="small",
                     help="whose top-1; vgg16 is torchvision's, 528 MB and slow; default: small")
    sub.add_argument("--folder", type=door.output_folder, default="training/table",
                     help="for what is not finished; default: %(default)s")
    sub.add_argument("-o", "--output", type=door.output_file, help="write it to a JSON file too")

    sub = command("sheet", sheet, "A contact sheet: all rows of the table on the same pictures.")
    sub.add_argument("--data", type=door.folder,
                     help="folder; default: windows of the bundled photos")
    sub.add_argument("--photos", type=door.whole(1), default=SHEET,
                     help="how many; default: %(default)s")
    sub.add_argument("--rivals", action="store_true",
                     help="chapter 10's instead, beside L2 and the full method")
    sub.add_argument("-o", "--output", type=door.picture_file, default="sheet.jpg")


def _collect(command) -> None:
    sub = command("prior", prior, "Count how often each of the 313 colors occurs.")
    sub.add_argument("data", nargs="?", type=door.folder,
                     help="folder; default: Imagenette's train split")
    sub.add_argument("-o", "--output", type=door.output_file, default="prior.npy")
    sub.add_argument("--bad", **BAD)

    sub = command("shards", shards, "Pack photographs into tar files, for collections of any size.")
    sub.add_argument("data", type=door.folder, metavar="DIR", help="folder of photographs")
    sub.add_argument("output", type=door.output_folder, metavar="OUT", help="folder for the shards")
    sub.add_argument("--photos", type=door.whole(1), default=1000,
                     help="in a shard; default: %(default)s")
    sub.add_argument("--seed", type=door.whole(0), default=0, help="of the order")

    sub = command("export", export, "Write a network as ONNX, for other runtimes.")
    sub.add_argument("--weights", type=door.weights, default="course")
    sub.add_argument("-o", "--output", type=door.output_file, default="course.onnx")


def _teach(command) -> None:
    sub = command("grade", grade, "Grade the notebooks of a class by the exercises' checkers.")
    sub.add_argument("submissions", type=door.path, metavar="SUBMISSIONS",
                     help="a folder, or a zip")
    sub.add_argument("-o", "--output", type=door.output_folder, default="grades",
                     help="folder for tables and feedback; default: %(default)s")
    sub.add_argument("--roster", type=door.path, help="the gradebook of Canvas or Moodle")
    sub.add_argument("--seconds", type=door.whole(1), default=20,
                     help="of the processor, for an exercise; default: %(default)s")
    sub.add_argument("--memory", type=door.number(0.25), default=2.0,
                     help="GB for an exercise, beside the library's; default: %(default)s")
    sub.add_argument("--jobs", type=door.whole(1), default=2,
                     help="notebooks at a time; default: %(default)s")


def _data_option(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--data", type=door.folder,
                        help=f"folder of photographs; default: {default}")
