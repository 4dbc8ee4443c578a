"""Numbers for the ways in which a colorizer fails (chapter 12).

Each function measures one reason. None of them says whether a picture is good: look at it.
"""

from collections.abc import Callable

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from ..color import lab_to_rgb, lightness_of, rgb_to_lab
from ..gamut import AbGamut


def surprise(ab: Tensor, prior: Tensor) -> Tensor:
    """How rare each color is: -log2 of its bin's share of the prior. (2, H, W) to (H, W), in bits.

    A bin that the prior never saw counts as the rarest that it saw.
    """
    floor = prior[prior > 0].min()
    return -prior.clamp(min=floor).log2()[AbGamut().nearest(ab)]


def agreement(predicted: Tensor, truth: Tensor) -> Tensor:
    """Sums of how well hues agree; how strong the colors are plays no part.

    Parameters
    ----------
    predicted, truth : ab, shape (2, H, W).

    Returns
    -------
    tensor (2,): the sum over pixels of c c' cos(angle between the two), and of c c', where c, c'
        are their chromas. The first by the second is 1 where all hues are right, 0 where they
        have nothing to do with each other, -1 where all are the opposite. Add up over
        photographs before you divide.
    """
    product = (predicted * truth).sum()
    return torch.stack([product, (predicted.norm(dim=0) * truth.norm(dim=0)).sum()]).double()


def bleeding(ab: Tensor, inside: Tensor, reach: int = 6) -> float:
    """Color that runs over an outline: 0 where it stops sharply.

    Parameters
    ----------
    ab : tensor, shape (2, H, W): the colors to judge.
    inside : bool tensor, shape (H, W): a thing, as it is in truth.
    reach : pixels. Nearer than that to the outline is the rim; the rest of each side says what
        color that side has.

    Returns
    -------
    How far the rim's colors have gone over to the other side's: 0 for none, 1 for all the way,
    0.5 for a rim that is all of one mixture; the mean of both sides. Not a number where a side has
    no pixel beyond the rim, or the two sides' colors are less than 5 apart: then nothing can run.
    """
    shares = []
    distance = [torch.from_numpy(distance_transform_edt(m.numpy())) for m in (inside, ~inside)]
    rims = [(d > 0) & (d <= reach) for d in distance]
    cores = [d > reach for d in distance]
    if not all(m.any() for m in (*rims, *cores)):
        return float("nan")
    means = [ab[:, core].mean(1) for core in cores]
    for own, other, rim in ((*means, rims[0]), (*means[::-1], rims[1])):
        way = other - own
        if way.norm() < 5:
            return float("nan")
        gone = (way @ (ab[:, rim] - own[:, None])) / way.square().sum()
        shares.append(gone.clamp(0, 1).mean().item())
    return sum(shares) / 2


def two_sides(rgb: Tensor, least: float = 25.0) -> Tensor | None:
    """A photograph's clearest outline of color, as a mask; None if it has none.

    The true ab are parted into two clusters; the mask is the smaller one without its crumbs.

    Parameters
    ----------
    rgb : tensor, shape (3, H, W), in [0, 1].
    least : ab units that the two clusters' means must be apart.
    """
    from scipy.cluster.vq import kmeans2
    from scipy.ndimage import binary_closing, binary_opening, gaussian_filter

    ab = np.stack([gaussian_filter(x, 1.0) for x in rgb_to_lab(rgb)[1:].numpy()])
    flat = ab.reshape(2, -1).T
    ends = flat[[flat.sum(1).argmin(), flat.sum(1).argmax()]]
    means, side = kmeans2(flat[::7], ends, minit="matrix")
    if np.linalg.norm(means[0] - means[1]) < least:
        return None
    side = np.linalg.norm(flat - means[0], axis=1) > np.linalg.norm(flat - means[1], axis=1)
    mask = side.reshape(ab.shape[1:])
    mask = mask if mask.mean() <= 0.5 else ~mask
    mask = binary_closing(binary_opening(mask, iterations=4), iterations=4)
    return torch.from_numpy(mask) if 0.05 < mask.mean() < 0.95 else None


# Pixels between two points of one thing: near, middling, far.
DISTANCES = ((1, 8), (24, 40), (72, 104))


def one_thing_two_colors(predicted: Tensor, truth: Tensor, seed: int = 0,
                         pairs: int = 20_000) -> Tensor:
    """How far apart the predicted colors of points are whose true colors are the same.

    Parameters
    ----------
    predicted, truth : ab, shape (2, H, W).

    Returns
    -------
    tensor, shape (len(DISTANCES), 3): of pairs of pixels with true chroma of at least 10, true
    colors at most 4 apart and a distance in one of `DISTANCES`: how many there are, the sum of the
    predicted colors' distances, and the sum of the true ones'.
    """
    rng = torch.Generator().manual_seed(seed)
    height, width = truth.shape[1:]
    colored = (truth.norm(dim=0) >= 10).flatten().nonzero()[:, 0]
    found = torch.zeros(len(DISTANCES), 3, dtype=torch.float64)
    if not len(colored):
        return found
    for row, (near, far) in enumerate(DISTANCES):
        first = colored[torch.randint(len(colored), (pairs,), generator=rng)]
        angle = 2 * torch.pi * torch.rand(pairs, generator=rng)
        step = near + (far - near) * torch.rand(pairs, generator=rng)
        y = first // width + (step * angle.sin()).round().long()
        x = first % width + (step * angle.cos()).round().long()
        kept = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        first, second = first[kept], (y * width + x)[kept]
        true, made = ((ab.flatten(1)[:, first] - ab.flatten(1)[:, second]).norm(dim=0)
                      for ab in (truth, predicted))
        same = true <= 4
        found[row] = torch.stack([same.sum(), made[same].sum(), true[same].sum()])
    return found


def flicker(colorizer: Callable[[Tensor], Tensor], rgb: Tensor, grain: float,
            frames: int = 4, seed: int = 0) -> float:
    """How far colors move from frame to frame of a film in which nothing moves but the grain.

    Parameters
    ----------
    colorizer : from RGB (3, H, W) to RGB of that shape.
    rgb : tensor, shape (3, H, W), in [0, 1]: the scene. Only its lightness is used.
    grain : standard deviation of the noise on L, drawn anew for each frame.

    Returns
    -------
    The mean distance in ab between a pixel and itself in the next frame; 0 for colors that stay.
    """
    rng, still, colored = torch.Generator().manual_seed(seed), lightness_of(rgb), []
    for _ in range(frames):
        L = (still + grain * torch.randn(still.shape, generator=rng)).clamp(0, 100)
        gray = lab_to_rgb(torch.cat([L, torch.zeros(2, *L.shape[1:])]))
        colored.append(rgb_to_lab(colorizer(gray))[1:])
    steps = [(b - a).norm(dim=0).mean() for a, b in zip(colored, colored[1:], strict=False)]
    return float(sum(steps) / len(steps))


def shuffled(picture: Tensor, cell: int, order: Tensor | None = None, seed: int = 0):
    """A picture (C, H, W) cut into square cells that are dealt out anew; and their order.

    Given `order`, the cells go back to where they came from: what a network said of the shuffled
    picture can be laid over what it said of the whole one.
    """
    channels, height, width = picture.shape
    rows, columns = height // cell, width // cell
    cells = picture[:, : rows * cell, : columns * cell].reshape(channels, rows, cell, columns, cell)
    cells = cells.permute(1, 3, 0, 2, 4).flatten(0, 1)
    back = order is not None
    if not back:
        order = torch.randperm(len(cells), generator=torch.Generator().manual_seed(seed))
    cells = cells[order.argsort() if back else order]
    cells = cells.view(rows, columns, channels, cell, cell).permute(2, 0, 3, 1, 4)
    return cells.reshape(channels, rows * cell, columns * cell), order
