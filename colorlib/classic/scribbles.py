"""Scribbles: read from text, drawn as a picture, read from a picture (chapters 09 and 10)."""

import math
import re

import torch
from PIL import Image, ImageColor, ImageDraw
from torch import Tensor

from ..color import rgb_to_lab
from ..images import as_rgb, rgb_and_alpha

DIFFERENT = 0.04  # of 1: a channel that differs by more was drawn on
OPAQUE = 0.5  # alpha above which a pixel belongs to a stroke
WIDTH = 1 / 80  # of the photo's long side: a stroke's width

Stroke = tuple[str, list[tuple[float, float]]]  # a color, and the points (x, y) of its line


def read_scribbles(scribbles, image) -> tuple[Tensor, Tensor]:
    """The colors that a person drew on a photo.

    Parameters
    ----------
    scribbles : a picture of the photo's size (path, Pillow picture, array or tensor): strokes on a
        transparent ground, or a copy of `image` with strokes on it, saved without loss (PNG).
    image : the photo, of the same kinds.

    Returns
    -------
    ab : tensor, shape (2, H, W): colors of the strokes. Their L is not used.
    known : bool tensor, shape (H, W): where there are strokes.

    Raises
    ------
    ValueError
        If the two differ in size.
    """
    rgb, (drawn, alpha) = as_rgb(image), rgb_and_alpha(scribbles)
    if drawn.shape != rgb.shape:
        (h, w), (height, width) = drawn.shape[-2:], rgb.shape[-2:]
        raise ValueError(f"the scribbles have {w} x {h} pixels, the photo {width} x {height}")
    known = (drawn - rgb).abs().amax(0) > DIFFERENT if alpha is None else alpha[0] > OPAQUE
    return rgb_to_lab(drawn)[1:], known


def parse(text: str) -> list[Stroke]:
    """Strokes from text: one a line, a color and then the points of the stroke.

    Raises
    ------
    ValueError
        If a line is no stroke; the message says which line.

    Examples
    --------
    >>> parse("#3060c0 10,20 60,25")
    [('#3060c0', [(10.0, 20.0), (60.0, 25.0)])]
    """
    strokes = []
    for number, line in enumerate(text.splitlines(), 1):
        color, *points = line.split() or [""]
        if not color:
            continue
        try:
            ImageColor.getrgb(color)
            pairs = [tuple(map(float, re.fullmatch(r"(-?[\d.]+),(-?[\d.]+)", p).groups()))
                     for p in points]
            if not pairs:
                raise ValueError("no points")
        except (AttributeError, ValueError):
            raise ValueError(f"line {number}, {line.strip()[:40]!r}, is no stroke; write a color "
                             "and points x,y like this: #3060c0 10,20 60,25") from None
        strokes.append((color, pairs))
    return strokes


def draw(text: str, size: tuple[int, int], width: int | None = None) -> Image.Image:
    """The picture of strokes on a transparent ground, as `levin.levin` takes it.

    Parameters
    ----------
    text : as for `parse`; points in pixels from the top left.
    size : width and height of the photo.
    width : of a stroke in pixels; an 80th of the long side if not given, and at least 2.
    """
    width = max(2, round(max(size) * WIDTH)) if width is None else width
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    for color, points in parse(text):
        pen.line(points, color, width, joint="curve")
        for x, y in (points[0], points[-1]):  # round ends; a dot, if there is one point only
            pen.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], color)
    return picture


def on_grid(text: str, size: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """Strokes on a coarse grid of the photo, as the network with hints takes them.

    Each cell that a stroke touches takes its color; of two strokes, the one that comes later.

    Parameters
    ----------
    text : as for `parse`; points in pixels from the top left, so that 0,0 is the first pixel.
    size : width and height of the photo.
    grid : height and width of the grid.

    Returns
    -------
    tensor, shape (3, h, w): a, b, and 1 where there is a stroke; elsewhere 0.

    Raises
    ------
    ValueError
        If a line is no stroke, or a point lies outside the photo.

    Examples
    --------
    >>> on_grid("#3060c0 0,0 9,0", (40, 20), (4, 8))[2, :2]
    tensor([[1., 1., 0., 0., 0., 0., 0., 0.],
            [0., 0., 0., 0., 0., 0., 0., 0.]])
    """
    planes = torch.zeros(3, *grid)
    rows, columns = (torch.arange(n, dtype=torch.float64) * (side / n)
                     for n, side in zip(grid, size[::-1], strict=True))
    cell = size[0] / grid[1], size[1] / grid[0]
    radius = max(size) * WIDTH / 2
    for color, points in parse(text):
        rgb = torch.tensor(ImageColor.getrgb(color)[:3]) / 255
        ab = rgb_to_lab(rgb[:, None, None])[1:, 0]
        for x, y in points:
            if not (0 <= x < size[0] and 0 <= y < size[1]):
                raise ValueError(f"the point {x:g},{y:g} lies outside the photo, which has "
                                 f"{size[0]} x {size[1]} pixels")
        for x, y in _along(points, min(cell) / 4):
            across = _beyond(x + 0.5 - columns, cell[0])
            down = _beyond(y + 0.5 - rows, cell[1])
            near = across.square() + down.square()[:, None] < radius**2
            planes[:2, near], planes[2, near] = ab.float(), 1
    return planes


def _along(points: list[tuple[float, float]], step: float):
    """Points at most `step` apart along a line through all of the given ones."""
    for (x, y), (x2, y2) in zip(points, points[1:], strict=False):
        count = math.ceil(math.hypot(x2 - x, y2 - y) / step)
        yield from ((x + (x2 - x) * i / count, y + (y2 - y) * i / count) for i in range(count))
    yield points[-1]


def _beyond(offset: Tensor, side: float) -> Tensor:
    """How far a point lies outside [0, side], from its offset to 0."""
    return torch.maximum(-offset, offset - side).clamp(min=0)
