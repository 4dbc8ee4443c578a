"""Figures of the notebooks: one style, and alt text on every picture (all chapters).

Everything is drawn on a white card, in light mode and in dark: colors are judged against their
surround, so the surround must not change with the reader's theme.
"""

import base64
import io
import sys
from html import escape
from itertools import zip_longest

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

# Okabe and Ito's palette: its colors stay apart for color-blind readers.
PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.grid": False,
    "axes.titlesize": "medium",
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "grid.alpha": 0.25,
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 2,
}
DPI = 180  # of a drawn figure, shown at half its size

# The book's dark theme dims images and puts a gray box around them: not in a book about color.
CSS = """<style>
.colorlib{background:#fff;color:#222;border:1px solid #bbb;border-radius:8px;padding:8px;
 margin:4px 0;max-width:100%;box-sizing:border-box}
.colorlib img{background:none!important;filter:none!important;padding:0!important;
 border-radius:2px!important;max-width:100%;height:auto;display:block;margin:0 auto}
.colorlib-row{display:flex;flex-wrap:wrap;gap:8px;justify-content:center}
.colorlib-row figure{flex:1 1 140px;max-width:max-content;margin:0}
.colorlib-row figcaption{color:#222;font-size:14px;margin:0 0 4px;text-align:center}
.cell_output .text_html:has(.colorlib){background:none!important;padding:0!important}
</style>"""


class Picture:
    """Something to look at, as HTML with alt text; the last line of a cell shows it."""

    def __init__(self, body: str, alt: str):
        self.body, self.alt = body, alt

    def _repr_html_(self) -> str:
        return f'{CSS}<div class="colorlib">{self.body}</div>'

    def __repr__(self) -> str:
        return f"<picture: {self.alt}>"


def figure(width: float = 7, height: float = 4, rows: int = 1, columns: int = 1, **options):
    """A matplotlib figure in the style of the course, and its axes.

    Parameters
    ----------
    width, height : in inches; 7 is the width of a page.
    rows, columns, options : as for ``matplotlib.pyplot.subplots``.

    Returns
    -------
    fig, axes : end the cell with ``show(fig, alt="...")``.
    """
    import matplotlib.pyplot as plt

    plt.rcParams.update(STYLE | {"axes.prop_cycle": plt.cycler(color=PALETTE)})
    return plt.subplots(rows, columns, figsize=(width, height), **options)


def show(figure, alt: str, quality: int = 90) -> Picture:
    """A figure, an image or an array as a picture with alt text.

    Parameters
    ----------
    figure : matplotlib figure (it is closed), PIL image, array (H, W[, 3]) or tensor (3, H, W).
    alt : what there is to be seen, for those who can't see it.
    quality : of the JPEG, where the picture has too many colors to be kept exactly.
    """
    if not alt.strip():
        raise ValueError("alt must say what the picture shows")
    image = to_image(figure)
    return Picture(_img(image, alt, quality), alt)


def image_row(images, titles=None, alt: str = "", quality: int = 90) -> Picture:
    """Images side by side, each under its title; below each other where the screen is narrow.

    Parameters
    ----------
    images : PIL images, arrays (H, W[, 3]) or tensors (3, H, W) with values in [0, 1], paths.
    titles : one short text for each.
    alt : what there is to be seen in the row as a whole.
    """
    if not alt.strip():
        raise ValueError("alt must say what the row of images shows")
    cells = []
    for image, title in zip_longest(list(images), titles or []):
        if image is None:
            raise ValueError(f"more titles than images: nothing to show for {title!r}")
        image, title = to_image(image), escape(title or "")
        caption = f"<figcaption>{title}</figcaption>" if title else ""
        cells.append(f"<figure>{caption}{_img(image, title or alt, quality)}</figure>")
    row = f'<div class="colorlib-row" role="group" aria-label="{escape(alt)}">'
    return Picture(f"{row}{''.join(cells)}</div>", alt)


def filter_sheet(weight: Tensor, columns: int = 4, scale: int = 16) -> Tensor:
    """Filters of a first layer as one gray picture, in [0, 1]: 0 is gray, the largest size white.

    Parameters
    ----------
    weight : tensor of `count` filters of 3 x 3, in any shape with 9 * count numbers.
    columns : filters in a row; `count` must be a multiple of it.
    scale : pixels that one number gets along each side.

    Returns
    -------
    tensor, shape (H, W).
    """
    weight = weight.detach().reshape(-1, 3, 3)
    shades = weight / weight.abs().max() / 2 + 0.5
    tiles = shades.repeat_interleave(scale, 1).repeat_interleave(scale, 2)
    tiles = F.pad(tiles, [2] * 4, value=1.0)
    return torch.cat([torch.cat(list(row), 1) for row in tiles.split(columns)])


def _img(image: Image.Image, alt: str, quality: int) -> str:
    # Figures have twice the pixels that they are shown with, for sharp text on fine screens.
    scale = 2 if image.info.get("sharp") else 1
    width, height = round(image.width / scale), round(image.height / scale)
    return (f'<img class="dark-light" src="{data_uri(image, quality)}" alt="{escape(alt)}" '
            f'width="{width}" height="{height}">')


def to_image(picture) -> Image.Image:
    """What may be drawn, as a PIL image: figure, PIL image, path, array or tensor in [0, 1]."""
    if isinstance(picture, Image.Image):
        return picture.convert("RGB")
    if hasattr(picture, "savefig"):
        import matplotlib.pyplot as plt

        file = io.BytesIO()
        picture.savefig(file, format="png", dpi=DPI)
        plt.close(picture)  # else the notebook would show it a second time
        drawn = Image.open(file).convert("RGB")
        drawn.info["sharp"] = True
        return drawn
    if isinstance(picture, Tensor):
        picture = picture.detach().cpu()
        picture = (picture.movedim(-3, -1) if picture.dim() == 3 else picture).numpy()
    if isinstance(picture, np.ndarray):
        if picture.ndim not in (2, 3) or picture.ndim == 3 and picture.shape[-1] not in (1, 3):
            raise ValueError(f"an image has shape (H, W) or (H, W, 3), got {picture.shape}")
        if picture.dtype != np.uint8:
            picture = (picture.clip(0, 1) * 255).round().astype(np.uint8)
        return Image.fromarray(picture.squeeze()).convert("RGB")
    return Image.open(picture).convert("RGB")


def data_uri(image: Image.Image, quality: int = 90) -> str:
    """An image as a ``data:`` URI: without loss if that is small, else as JPEG."""
    file = io.BytesIO()
    if image.getcolors(4096):  # drawings have few colors, photographs many
        kind = "webp"
        image.save(file, "WEBP", lossless=True, quality=30, method=2)
    else:
        kind = "jpeg"  # subsampling=0: colors are kept as sharp as lightness
        image.save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def has_kernel() -> bool:
    """Whether someone at the other end can move a widget."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
