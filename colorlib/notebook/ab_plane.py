"""Pictures of the ab plane and of the solid of all sRGB colors in Lab (chapters 01 to 03)."""

import numpy as np
import torch
from torch import Tensor

from ..color import lab_to_rgb, rgb_to_lab
from ..gamut import AbGamut
from .figures import figure

REACH = 115  # half the width of the plots of the ab plane


def ab_slice(lightness: float, size: int = 231) -> Tensor:
    """The colors of the ab plane at one lightness, white where sRGB has none.

    Returns
    -------
    tensor, shape (3, size, size): a from left to right, b from bottom to top, both from -115 to
    115. Draw it with ``ab_axes`` and ``extent=AB_EXTENT``.
    """
    side = torch.linspace(-REACH, REACH, size)
    b, a = torch.meshgrid(side.flip(0), side, indexing="ij")
    rgb = lab_to_rgb(torch.stack([torch.full_like(a, lightness), a, b]), clip=False)
    inside = ((rgb > -1e-3) & (rgb < 1 + 1e-3)).all(0)
    return torch.where(inside, rgb.clamp(0, 1), 1.0)


AB_EXTENT = (-REACH, REACH, -REACH, REACH)


def ab_axes(ax):
    """Make matplotlib axes into the ab plane: equal scales, and the axes named in words."""
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal",
           xlabel="a   (green ↔ red)", ylabel="b   (blue ↔ yellow)",
           xticks=range(-100, 101, 50), yticks=range(-100, 101, 50))
    ax.grid(True)
    ax.set_axisbelow(True)
    return ax


def bin_colors(lightness: float = 60) -> np.ndarray:
    """A color for each of the 313 bins at one lightness, the nearest that a screen can show.

    Returns
    -------
    array, shape (313, 3), values in [0, 1].
    """
    ab = AbGamut().bins.T
    lab = torch.cat([torch.full_like(ab[:1], lightness), ab])
    return lab_to_rgb(lab[:, :, None])[:, :, 0].T.numpy()


def ab_plane(values=None, ax=None, lightness: float = 60, mark=None):
    """The 313 bins as squares in their own colors, as large as their values.

    Parameters
    ----------
    values : 313 numbers from 0 to 1, or none for full squares. The area of a square is its value.
    ax : matplotlib axes; a new figure if not given.
    mark : booleans, shape (313,): bins to outline in black.

    Returns
    -------
    the axes.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    ax = figure(5, 5)[1] if ax is None else ax
    bins = AbGamut().bins.numpy()
    values = np.ones(len(bins)) if values is None else np.asarray(values, dtype=float)
    if values.shape != (len(bins),) or values.min() < 0 or values.max() > 1 + 1e-6:
        raise ValueError(f"values must be {len(bins)} numbers from 0 to 1")
    sides = 9 * np.sqrt(values)
    corners = bins - sides[:, None] / 2
    squares = [Rectangle(c, s, s) for c, s in zip(corners, sides, strict=True)]
    edges = ["black" if m else "none" for m in (np.zeros(len(bins)) if mark is None else mark)]
    ax.add_collection(PatchCollection(squares, facecolor=bin_colors(lightness), edgecolor=edges))
    return ab_axes(ax)


def log_plane(shares: Tensor, title: str = "", least: float = 1e-7):
    """Shares of the 313 bins on the ab plane, on a log scale that ends at `least`."""
    plane = torch.full((23, 23), torch.nan)
    column, row = (AbGamut().bins / 10 + 11).long().T
    plane[row, column] = shares.float().clamp(min=least)
    fig, ax = figure(4.8, 4.2)
    image = ax.imshow(plane, norm="log", origin="lower", extent=AB_EXTENT)
    image.set_clim(least, 1)
    fig.colorbar(image, label="share of the pixels", shrink=0.8)
    ab_axes(ax).set_title(title)
    return fig


def lab_solid(turn: float, tilt: float = 20, steps: int = 14):
    """All colors of sRGB as a solid in Lab space, seen from a side.

    Parameters
    ----------
    turn, tilt : of the viewer, in degrees around and above the solid.
    steps : squares along each edge of the RGB cube, whose faces are drawn.

    Returns
    -------
    matplotlib figure.
    """
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    level = torch.linspace(0, 1, steps + 1)
    u, v = torch.meshgrid(level, level, indexing="ij")
    faces = [torch.stack([u, v, torch.full_like(u, end)]).roll(axis, 0)
             for axis in range(3) for end in (0.0, 1.0)]
    rgb = torch.stack(faces)  # (6, 3, steps + 1, steps + 1)
    a, b, lightness = (rgb_to_lab(rgb)[:, i] for i in (1, 2, 0))
    points = torch.stack([a, b, lightness], dim=-1)
    corners = [points[:, :-1, :-1], points[:, 1:, :-1], points[:, 1:, 1:], points[:, :-1, 1:]]
    squares = torch.stack(corners, dim=-2).reshape(-1, 4, 3)
    colors = torch.nn.functional.avg_pool2d(rgb, 2, 1).movedim(1, -1).reshape(-1, 3)
    fig, ax = figure(4.4, 3.8, subplot_kw={"projection": "3d"})
    ax.add_collection3d(Poly3DCollection(squares.numpy(), facecolors=colors.numpy(),
                                         edgecolors=colors.numpy(), linewidths=0.3))
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), zlim=(0, 100),
           xticks=(-100, 0, 100), yticks=(-100, 0, 100), zticks=(0, 50, 100),
           xlabel="a", ylabel="b", zlabel="L")
    ax.view_init(tilt, turn)
    ax.set_box_aspect((1, 1, 0.9), zoom=0.9)  # room for the name of the axis at the edge
    return fig


def all_colors() -> tuple[Tensor, Tensor]:
    """How many of the 16.7 million 8-bit colors lie around each multiple of 10 of the ab plane.

    Returns
    -------
    two tensors (25, 25), for a and b from -120 to 120: colors whose nearest multiple it is, and
    colors in the cell of which it is the lowest corner.
    """
    near, cell = torch.zeros(2, 25 * 25, dtype=torch.long)
    level = torch.arange(256) / 255
    for reds in level.split(32):
        rgb = torch.stack(torch.meshgrid(reds, level, level, indexing="ij"))
        a, b = rgb_to_lab(rgb.flatten(2))[1:].flatten(1) / 10 + 12  # from 0
        near += torch.bincount((25 * a.round() + b.round()).long(), minlength=25 * 25)
        cell += torch.bincount((25 * a.floor() + b.floor()).long(), minlength=25 * 25)
    return near.view(25, 25), cell.view(25, 25)
