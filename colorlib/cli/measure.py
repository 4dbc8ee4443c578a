"""The commands that measure: `evaluate`, `table`, `sheet`."""

import json
import sys

from ..data import evenly
from .pictures import contact_sheet, side_by_side

SHEET = 24  # photographs on a contact sheet


def evaluate(arguments) -> int:
    """Print AuC, rebalanced AuC and chroma of a network and of gray, with 95% intervals."""
    from tqdm import tqdm

    from ..data import find_photos
    from ..evaluation.sums import Evaluation
    from ..images import save_photo
    from ..inference import Colorizer
    from ..io.datasets import imagenette
    from ..metrics import DRAWS
    from ..rebalancing import course_prior

    paths = find_photos(arguments.data or imagenette("val"))
    if arguments.photos is not None:
        paths = evenly(paths, arguments.photos)
    colorizer = Colorizer.from_pretrained(arguments.weights)
    ours, gray = Evaluation(course_prior(), draws=DRAWS), Evaluation(course_prior(), draws=DRAWS)
    rows, shown = [], set(evenly(paths, SHEET))
    for path in tqdm(paths, unit=" photos"):
        try:
            row = _measure(path, arguments, colorizer, ours, gray)
        except Exception as error:  # whatever it is: the others' figures are not lost for it
            said = " ".join(str(error).split()) or type(error).__name__
            tqdm.write(f"left out {said if str(path) in said else f'{path}: {said}'}",
                       file=sys.stderr)
            continue
        rows += [row] if path in shown else []
    if not ours.photos:
        raise ValueError(f"none of the {len(paths)} photographs could be measured")
    if arguments.sheet and rows:
        save_photo(contact_sheet(rows), arguments.sheet)
    _report(arguments, colorizer, ours, gray)
    return 0


def _measure(path, arguments, colorizer, ours, gray):
    """Add a photo to the sums; returns gray, colorized and true side by side."""
    import torch

    from ..color import lightness_of, paint
    from ..data import is_gray
    from ..images import as_rgb, like

    truth = as_rgb(path)
    if is_gray((truth * 255).round().byte()):
        raise ValueError("it is gray: there are no true colors to compare with")
    colored = colorizer(truth, arguments.temperature, arguments.size)
    row = ours.measure(colored, truth)  # both, before either is counted
    gray.add(paint(lightness_of(truth), torch.zeros(2, 1, 1)), truth)
    ours.count(row)
    return side_by_side(like(truth, None, None), like(colored, None, None))


def _report(arguments, colorizer, ours, gray) -> None:
    """Print what `evaluate` measured, and write it where it was asked for."""
    import torch

    from ..evaluation.sums import INTERVAL_KINDS
    from ..io.files import write_text

    recipe = {key: value for key, value in colorizer.recipe.items() if key != "history"}
    figures = {"command": " ".join(["colorlib", *sys.argv[1:]]), "torch": torch.__version__,
               "photos": ours.photos, "interval_kinds": INTERVAL_KINDS,
               "weights": arguments.weights, "T": arguments.temperature,
               "size": arguments.size or colorizer.size,
               "gray": gray.figures(), "colorized": ours.figures(),
               "recipe": recipe}
    for name in ("auc", "auc_rebalanced", "chroma_share"):
        for who in ("gray", "colorized"):
            low, high = figures[who][f"{name}_interval"]
            print(f"{name:15} {who:10} {figures[who][name]:7.2f}  [{low:.2f}, {high:.2f}]")
    if arguments.output:
        write_text(json.dumps(figures, indent=1) + "\n", arguments.output)


def table(arguments) -> int:
    """Train the rows that have no weights yet, evaluate all, print the table and its claims."""
    from ..data import find_photos
    from ..evaluation.classifier import small_classifier, vgg16
    from ..evaluation.measure import build
    from ..evaluation.methods import ALL, row
    from ..evaluation.report import printed, printed_claims
    from ..io.datasets import imagenette
    from ..io.files import write_text

    folder = arguments.data
    val = find_photos(folder / "val" if folder else imagenette("val"))
    training = find_photos(folder / "train" if folder else imagenette("train"))
    if arguments.photos is not None:
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
    from ..data import Photos, find_photos
    from ..evaluation.methods import RIVALS, ROWS, row
    from ..evaluation.report import sheet, windows
    from ..images import save_photo

    photos = windows(arguments.photos)
    if arguments.data:
        photos = list(Photos(evenly(find_photos(arguments.data), arguments.photos)))
    shown = (row("l2"), row("full"), *RIVALS) if arguments.rivals else (
        r for r in ROWS if r.name not in ("truth", "random"))
    save_photo(sheet([*shown, row("truth")], photos), arguments.output)
    print(f"wrote {arguments.output}")
    return 0
