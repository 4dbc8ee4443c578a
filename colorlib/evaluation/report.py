"""The table as people read it: text, claims, contact sheets (chapters 07 and 10)."""

from collections.abc import Sequence

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ..data import Photos, random_crop
from ..images import like, samples
from .methods import Row, painter

COLUMNS = {"parameters_mb": ("params", ".1f"), "features_mb": ("feats", ".1f"),
           "runtime_ms": ("ms", ".0f"), "auc": ("AuC", ".1f"), "auc_rebalanced": ("rebal", ".1f"),
           "top1": ("top-1", ".1f"), "colorfulness": ("color", ".1f"), "psnr": ("PSNR", ".1f"),
           "ssim": ("SSIM", ".3f")}


def printed(table: dict, names: Sequence[str] | None = None) -> str:
    """The table as text: its rows, or those with these names.

    Parameters and features are in megabytes, color is short for `metrics.colorfulness`. The last
    line has the effective number of photographs of rebalanced AuC: the same for every row.
    """
    lines = [f"{'':24}" + "".join(f"{title:>6}" for title, _ in COLUMNS.values())]
    for row in (table["rows"][name] for name in names or table["rows"]):
        cells = (format(row[name], digits) if name in row else "-"
                 for name, (_, digits) in COLUMNS.items())
        lines.append(f"{row['title']:24}" + "".join(f"{cell:>6}" for cell in cells))
    return "\n".join([*lines, f"{table['photos']} photographs; in rebal they tell as much as "
                              f"{row['auc_rebalanced_effective']:.0f} of equal weight"])


def printed_claims(table: dict, names: Sequence[str] | None = None) -> str:
    """The claims of these rows, or of all, with their intervals, as text."""
    lines = []
    for claim in table["claims"]:
        if claim["of"] in (names or table["rows"]):
            low, high = claim["interval"]
            lines.append(f"{claim['says']:6} {claim['claim']}: {claim['difference']:+.2f} "
                         f"[{low:+.2f}, {high:+.2f}]")
    return "\n".join(lines)


def printed_seeds(seeds: dict, names: Sequence[str]) -> str:
    """The claims of these rows with the difference of each seed, as text.

    Where the seeds say different things the claim is "mixed", and each says its own.

    Parameters
    ----------
    seeds : ``results("table/seeds")``.
    """
    lines = []
    for claim in seeds["claims"]:
        if claim["of"] in names:
            says = list(claim["says"].values())
            mixed = len(set(says)) > 1
            each = ", ".join(f"{value:+.2f} {said}" if mixed else f"{value:+.2f}"
                             for value, said in zip(claim["seeds"].values(), says, strict=True))
            lines.append(f"{'mixed' if mixed else says[0]:6} {claim['claim']}: {each}")
    return "\n".join(lines)


def windows(count: int = 24, side: int = 192, seed: int = 0) -> list[Tensor]:
    """Square windows of the bundled photographs, chosen by a seed: uint8 (3, side, side) each."""
    rng = torch.Generator().manual_seed(seed)
    photos = Photos(samples().values(), side=2 * side)
    return [random_crop(photos[i % len(photos)], side, (1.0, 2.0), rng) for i in range(count)]


def sheet(rows: Sequence[Row], photos: Sequence[Tensor], train_photos: Sequence = (),
          side: int = 128, columns: int = 2) -> Image.Image:
    """A contact sheet of all methods side by side.

    Parameters
    ----------
    rows : a column of pictures each.
    photos : a line each; uint8 (3, side, side).
    train_photos : see `methods.painter`.
    side : of a picture in pixels.
    columns : into which the photos are split.
    """
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
            picture = like(paint(photo / 255, i), None, None)
            picture = picture.resize((side, side), Image.Resampling.LANCZOS)
            page.paste(picture, (column * width + k * side, heading + line * side))
    return page
