"""The paper's table at the course's scale: measured with intervals; its claims (chapter 07)."""

import hashlib
import json
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from safetensors import SafetensorError, safe_open
from torch import Tensor
from tqdm.auto import tqdm

from . import __version__
from .checkpoints import save_atomically
from .claims import CLAIMS, check
from .classifier import Classifier, label
from .counting import costs
from .data import Photos, random_crop
from .figures import to_image
from .images import PhotoError, as_rgb, samples
from .metrics import DRAWS, Evaluation
from .rebalancing import course_prior, empirical_prior
from .registry import build as build_network
from .rows import Row, colorizer, painter, to_train, train_row, weights_file

MEGABYTE = 1e6
SAVE_EVERY = 200  # photographs
TIMED = 256  # side in pixels of the picture that the runtime is of, as in the paper


def evaluate_row(row: Row, paths: Sequence[Path], photos: Sequence, classifier: Classifier | None,
                 own: Tensor | None = None, folder: Path | None = None,
                 draws: int = DRAWS) -> Evaluation:
    """Color photographs and count; with a folder, what was stopped goes on from there.

    Parameters
    ----------
    paths : the photographs to judge by; those that can't be read are left out.
    photos : see `painter`.
    classifier : for top-1; None leaves that column out.
    own : the evaluated photographs' own prior, see `metrics.Evaluation`.
    """
    evaluation = Evaluation(course_prior(), own, draws)
    state = folder / f"{row.name}.safetensors" if folder else None
    key = _key(row, paths, own, draws, classifier)
    done = _load(evaluation, state, key) if state else 0
    paint = painter(row, photos)

    def measure(job: tuple[int, Path]) -> Tensor | None:
        i, path = job
        try:
            truth = as_rgb(path)
            colored = paint(truth, i)
        except PhotoError:
            return None
        right = float(classifier(colored) == label(path)) if classifier else float("nan")
        return evaluation.measure(colored, truth, right)

    jobs = list(enumerate(paths))[done:]
    with tqdm(total=len(paths), initial=done, unit=" photos", desc=row.title) as bar:
        for sums in _side_by_side(measure, jobs):
            if sums is not None:
                evaluation.count(sums)
            done += 1
            bar.update()
            if state and (done % SAVE_EVERY == 0 or done == len(paths)):
                save_atomically({"sums": evaluation.sums, "drawn": evaluation.drawn},
                                {"key": key, "done": str(done)}, state)
    return evaluation


def _side_by_side(function: Callable, jobs: Sequence, workers: int = 2, ahead: int = 8) -> Iterator:
    """``map(function, jobs)`` on threads, in order, never more than `ahead` results waiting."""
    with ThreadPoolExecutor(workers) as pool:
        waiting = []
        for job in jobs:
            waiting.append(pool.submit(function, job))
            if len(waiting) == ahead:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _key(row: Row, paths, own, draws, classifier) -> str:
    """What the sums of a row depend on."""
    parts = [row.name, row.T, draws, own is None, *(path.name for path in paths),
             classifier and [_digest(p.detach().numpy().tobytes())
                             for p in classifier.network.parameters()],
             row.recipe and _digest(weights_file(row.name).read_bytes())]
    return _digest(json.dumps(parts).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _load(evaluation: Evaluation, state: Path, key: str) -> int:
    """Take up the sums of an earlier run of the same thing; returns how many photos were done."""
    try:
        with safe_open(state, "pt") as file:
            if file.metadata()["key"] != key:
                return 0
            evaluation.sums, evaluation.drawn = file.get_tensor("sums"), file.get_tensor("drawn")
            return int(file.metadata()["done"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return 0


def cost(row: Row, repeats: int = 9) -> dict[str, float]:
    """Megabytes of parameters and of features in float32, and milliseconds on this device.

    The time is the median of so many passes, from L to ab, of one picture of 256 x 256.
    """
    if not row.recipe:
        return {}
    network = build_network(row.recipe.network, row.recipe.width).eval()
    lightness = torch.full((1, 1, TIMED, TIMED), 50.0)
    bytes_of = costs(network, lightness, forward=network.outputs)
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 1):
            begun = time.perf_counter()
            network.colors(network.outputs(lightness), row.T)
            times.append(time.perf_counter() - begun)
    return {"parameters_mb": 4 * bytes_of.parameters / MEGABYTE,
            "features_mb": 4 * bytes_of.features / MEGABYTE,
            "runtime_ms": 1000 * statistics.median(times[1:])}


def build(rows: Sequence[Row], train_paths: Sequence[Path], val_paths: Sequence[Path],
          classifier: Classifier, folder: Path) -> dict:
    """Train what is missing, evaluate every row, and check the claims: all of ``table.json``."""
    begun = time.monotonic()
    photos = Photos(train_paths, labels=[label(path) for path in train_paths])
    for r in to_train(rows):
        train_row(r, photos, folder)
    own = empirical_prior(Photos(val_paths, cache_bytes=0))
    evaluations = {r.name: evaluate_row(r, val_paths, photos, classifier, own, folder / "sums")
                   for r in rows}
    lines = {}
    for r in rows:
        recipe = {"recipe": colorizer(r.name).recipe} if r.recipe else {}
        recipe.get("recipe", {}).pop("history", None)
        lines[r.name] = {"title": r.title, "T": r.T, **evaluations[r.name].figures(), **cost(r),
                         **recipe}
    claims = [check(c, evaluations) for c in CLAIMS if {c.of, c.less} <= set(evaluations)]
    return {"photos": evaluations[rows[0].name].photos, "draws": DRAWS,
            "classifier": classifier.name, "rows": lines, "claims": claims,
            "provenance": provenance(val_paths) | {"seconds": round(time.monotonic() - begun)}}


def committed() -> dict:
    """The table of the weights that ship, as `make results` wrote it."""
    path = files("colorlib") / "assets" / "table" / "table.json"
    return json.loads(path.read_text(encoding="utf-8"))


COLUMNS = {"parameters_mb": ("params", ".1f"), "features_mb": ("feats", ".1f"),
           "runtime_ms": ("ms", ".0f"), "auc": ("AuC", ".1f"), "auc_rebalanced": ("rebal", ".1f"),
           "top1": ("top-1", ".1f"), "colorfulness": ("color", ".1f"), "psnr": ("PSNR", ".1f"),
           "ssim": ("SSIM", ".3f")}


def printed(table: dict, names: Sequence[str] | None = None) -> str:
    """The table as text: its rows, or those with these names.

    Parameters and features are in megabytes, colorfulness is short for `metrics.colorfulness`.
    """
    lines = [f"{'':24}" + "".join(f"{title:>6}" for title, _ in COLUMNS.values())]
    for row in (table["rows"][name] for name in names or table["rows"]):
        cells = (format(row[name], digits) if name in row else "-"
                 for name, (_, digits) in COLUMNS.items())
        lines.append(f"{row['title']:24}" + "".join(f"{cell:>6}" for cell in cells))
    return "\n".join(lines)


def printed_claims(table: dict, names: Sequence[str] | None = None) -> str:
    """The claims of these rows, or of all, with their 95% intervals, as text."""
    lines = []
    for claim in table["claims"]:
        if claim["of"] in (names or table["rows"]):
            low, high = claim["interval"]
            lines.append(f"{claim['says']:6} {claim['claim']}: {claim['difference']:+.2f} "
                         f"[{low:+.2f}, {high:+.2f}]")
    return "\n".join(lines)


def provenance(paths: Sequence[Path]) -> dict[str, str | int]:
    """On what, with what and from which state of the course figures were measured."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + path.read_bytes())
    return {"colorlib": __version__, "commit": _commit(), "torch": torch.__version__,
            "device": processor(), "threads": torch.get_num_threads(),
            "photos_sha256": digest.hexdigest()}


def processor() -> str:
    """Name of this machine's CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(x.split(":")[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _commit() -> str:
    """The course's commit, with a plus where files were changed since; empty outside of git."""
    here = Path(__file__).parent
    git = ["git", "-C", str(here), "describe", "--always", "--abbrev=12", "--dirty=+"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def windows(count: int = 24, side: int = 192, seed: int = 0) -> list[Tensor]:
    """Square windows of the bundled photographs, chosen by a seed: uint8 (3, side, side) each."""
    rng = torch.Generator().manual_seed(seed)
    photos = Photos(samples().values(), side=2 * side)
    return [random_crop(photos[i % len(photos)], side, (1.0, 2.0), rng) for i in range(count)]


def sheet(rows: Sequence[Row], photos: Sequence[Tensor], train_photos: Sequence = (),
          side: int = 128, columns: int = 2) -> Image.Image:
    """All methods side by side, a line a photo, a column a row of the table."""
    paints = [painter(r, train_photos) for r in rows]
    heading, lines = 16, -(-len(photos) // columns)
    width = side * len(rows) + 8
    page = Image.new("RGB", (width * columns, heading + side * lines), "white")
    draw = ImageDraw.Draw(page)
    for c in range(columns):
        for k, r in enumerate(rows):
            draw.text((c * width + k * side + 3, 2), r.title.split(" (")[0], fill="black")
    for i, photo in enumerate(photos):
        column, line = divmod(i, lines)
        for k, paint in enumerate(paints):
            picture = to_image(paint(photo / 255, i)).resize((side, side), Image.Resampling.LANCZOS)
            page.paste(picture, (column * width + k * side, heading + line * side))
    return page
