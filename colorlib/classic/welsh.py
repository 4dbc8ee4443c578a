"""Color by the example of another photograph: Welsh, Ashikhmin and Mueller (2002) (chapter 09)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..color import lightness_of, paint, rgb_to_lab
from ..images import as_rgb, like, rgb_and_alpha
from .neighborhoods import SIZE, neighborhoods, shrink

CHUNK = 8192  # pixels whose nearest samples are found at a time, to save memory

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels, as for Pillow's crop


def match_luminance(reference: Tensor, target: Tensor) -> Tensor:
    """L of a reference, shifted and scaled to the mean and the spread of the target's.

    Parameters
    ----------
    reference, target : tensors of any shape, L in [0, 100].

    Returns
    -------
    tensor of the reference's shape. It may leave [0, 100], since the map is linear, as in Welsh et
    al. 2002. That does no harm: this L is only compared.
    """
    spread = reference.std(correction=0)
    scale = target.std(correction=0) / spread if spread > 0 else 1.0
    return (reference - reference.mean()) * scale + target.mean()


def jittered(height: int, width: int, count: int, rng: torch.Generator) -> Tensor:
    """About `count` pixels, one at random in each cell of a grid.

    Returns
    -------
    integer tensor, shape (n, 2): row and column. The grid sees to it that no large thing is
    missed; chance within a cell, that no regular pattern of the picture is.
    """
    rows = min(height, max(1, round((count * height / width) ** 0.5)))
    columns = min(width, max(1, round(count / rows)))
    grid = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"), -1)
    place = (grid + torch.rand(rows, columns, 2, generator=rng)) / torch.tensor([rows, columns])
    # In float32 a fraction just below 1 may round to 1, one pixel beyond the edge.
    last = torch.tensor([height - 1, width - 1])
    return (place * torch.tensor([height, width])).long().minimum(last).flatten(0, 1)


def transfer(lightness: Tensor, reference: Tensor, samples: int = 200, window: int = 5,
             seed: int = 0) -> Tensor:
    """Give each pixel the color of the reference's most similar sample.

    Parameters
    ----------
    lightness : tensor, shape (1, H, W): L of the photo to color.
    reference : tensor, shape (3, h, w): a Lab picture.
    samples : how many pixels of the reference are looked at.
    window : side in pixels of the neighborhood whose standard deviation of L is compared; odd.
    seed : of the samples; the same seed gives the same picture.

    Returns
    -------
    ab : tensor, shape (2, H, W).

    Notes
    -----
    Welsh et al. 2002: two pixels are similar if L and its standard deviation around them are, both
    weighing the same, after L of the reference was matched to the photo's.
    """
    picks = jittered(*reference.shape[-2:], samples, torch.Generator().manual_seed(seed))
    matched = match_luminance(reference[:1], lightness)
    candidates = _looks(matched, window)[:, picks[:, 0], picks[:, 1]]
    chosen = picks[_nearest(_looks(lightness, window).flatten(1), candidates)]
    return reference[1:, chosen[:, 0], chosen[:, 1]].unflatten(-1, lightness.shape[-2:])


def transfer_swatches(lightness: Tensor, reference: Tensor, swatches: Sequence[tuple[Box, Box]],
                      samples: int = 50, window: int = 5, seed: int = 0) -> Tensor:
    """Color from pairs of swatches that a person chose: "color this like that".

    Parameters
    ----------
    lightness, reference, window, seed : as for `transfer`.
    swatches : pairs of a box in the photo and a box in the reference, in pixels of each.
    samples : for each swatch.

    Returns
    -------
    ab : tensor, shape (2, H, W).

    Notes
    -----
    Each swatch takes its colors from its partner by `transfer`. Every other pixel then takes the
    color of the swatches' pixel whose neighborhood in L is nearest. This second comparison is
    within one photo, so whole neighborhoods can be compared. Welsh et al. 2002, section 3.
    """
    rng = torch.Generator().manual_seed(seed)
    ab, done = torch.zeros(2, *lightness.shape[-2:]), torch.zeros(lightness.shape[-2:], dtype=bool)
    around = neighborhoods(lightness, window)
    looks, colors = [], []
    for here, there in swatches:
        rows, columns = _slices(here, lightness, "photo")
        source = reference[(slice(None), *_slices(there, reference, "reference"))]
        patch = transfer(lightness[:, rows, columns], source, samples, window, seed)
        ab[:, rows, columns], done[rows, columns] = patch, True
        picks = jittered(*patch.shape[-2:], samples, rng).unbind(1)
        looks.append(around[:, rows, columns][:, *picks])
        colors.append(patch[:, *picks])
    chosen = _nearest(around[:, ~done], torch.cat(looks, dim=1))
    ab[:, ~done] = torch.cat(colors, dim=1)[:, chosen]
    return ab


def welsh(image, reference, swatches: Sequence[tuple[Box, Box]] = (), samples: int | None = None,
          window: int = 5, seed: int = 0, size: int = SIZE):
    """Color a photo by the example of another.

    Parameters
    ----------
    image : path, Pillow picture, array or tensor, as for `Colorizer`; its color is not used.
    reference : a color photo, of the same kinds.
    swatches : pairs of boxes (left, top, right, bottom), the first in `image`, the second in
        `reference`; none for the global transfer.
    samples : pixels of the reference that are looked at, 200 if not given; with swatches, of each
        swatch, 50 if not given.
    window, seed : see `transfer`.
    size : long side in pixels at which the colors are found.

    Returns
    -------
    The same kind in color, with the L of `image`.

    Raises
    ------
    ValueError
        If a swatch lies outside its photo.

    Examples
    --------
    >>> from colorlib.images import sample
    >>> welsh(sample("rocket").convert("L"), sample("china"), size=128).size
    (512, 342)
    """
    rgb, alpha = rgb_and_alpha(image)
    full, source = lightness_of(rgb), rgb_to_lab(as_rgb(reference))
    lightness, small = shrink(full, size), shrink(source, size)
    if swatches:
        scales = small.shape[-1] / source.shape[-1], lightness.shape[-1] / full.shape[-1]
        for here, there in swatches:
            _slices(here, full, "photo"), _slices(there, source, "reference")
        pairs = [(_scaled(here, scales[1]), _scaled(there, scales[0])) for here, there in swatches]
        ab = transfer_swatches(lightness, small, pairs, samples or 50, window, seed)
    else:
        ab = transfer(lightness, small, samples or 200, window, seed)
    return like(paint(full, ab), alpha, image)


def _looks(lightness: Tensor, window: int) -> Tensor:
    """What Welsh compares: L and its standard deviation around each pixel, (2, H, W)."""
    around = neighborhoods(lightness, window)
    return torch.stack([lightness[0], around.std(0, correction=0)])


def _nearest(points: Tensor, candidates: Tensor) -> Tensor:
    """For each column of (D, N), the number of the nearest column of (D, M)."""
    parts = points.T.split(CHUNK)
    return torch.cat([torch.cdist(part, candidates.T).argmin(1) for part in parts])


def _slices(box: Box, picture: Tensor, name: str) -> tuple[slice, slice]:
    """Rows and columns of a box. ValueError, with the picture's name, if it lies outside."""
    left, top, right, bottom = box
    height, width = picture.shape[-2:]
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise ValueError(f"the swatch {tuple(box)} must be left, top, right, bottom within the "
                         f"{name}'s {width} x {height} pixels")
    return slice(top, bottom), slice(left, right)


def _scaled(box: Box, scale: float) -> Box:
    """A box in a shrunken picture; never empty."""
    left, top = int(box[0] * scale), int(box[1] * scale)
    return (left, top, max(left + 1, int(box[2] * scale)), max(top + 1, int(box[3] * scale)))
