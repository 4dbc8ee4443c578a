"""Before CNNs: color by example, by collection and by scribble (chapter 09)."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from scipy import sparse
from scipy.sparse.linalg import splu
from torch import Tensor

from .color import into_gamut, rgb_to_lab
from .images import as_rgb, like, rgb_and_alpha
from .inference import Colorizer, lightness_of

SIZE = 512  # long side in pixels at which colors are found; the photo keeps its own
FLAT = 0.02  # least squared scale of lightness, for windows in which it does not vary
CHUNK = 8192  # pixels that look for their nearest sample at a time

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels, as for Pillow's crop


# --- Welsh: color from another photo ---


def match_luminance(reference: Tensor, target: Tensor) -> Tensor:
    """L of a reference, shifted and scaled to the mean and the spread of the target's.

    Parameters
    ----------
    reference, target : tensors of any shape, L in [0, 100].

    Returns
    -------
    tensor of the reference's shape. Linear, as Welsh et al. 2002 have it, so that it may leave
    [0, 100]; that does no harm to L that is only compared.
    """
    spread = reference.std(correction=0)
    scale = target.std(correction=0) / spread if spread > 0 else 1.0
    return (reference - reference.mean()) * scale + target.mean()


def jittered(height: int, width: int, count: int, rng: torch.Generator) -> Tensor:
    """About `count` pixels, one at random in each cell of a grid.

    Returns
    -------
    integer tensor, shape (n, 2): row and column. Even enough to miss no large thing, and random
    enough to fall into no pattern of the picture.
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
    """Color of each pixel: that of the sample of the reference that is most like it.

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
    Welsh et al. 2002: two pixels are alike if L and its standard deviation around them are, both
    counted the same, after L of the reference was matched to the photo's. Chapter 09.
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
    color of the pixel of a colored swatch whose neighborhood in L is nearest: now the comparison
    is within one photo, and whole neighborhoods can be compared. Welsh et al. 2002, section 3.
    """
    rng = torch.Generator().manual_seed(seed)
    ab, done = torch.zeros(2, *lightness.shape[-2:]), torch.zeros(lightness.shape[-2:], dtype=bool)
    around = _neighborhoods(lightness, window)
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
    image : path, Pillow picture, array or tensor, as for `Colorizer`; its color is not looked at.
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
    lightness, small = _shrink(full, size), _shrink(source, size)
    if swatches:
        scales = small.shape[-1] / source.shape[-1], lightness.shape[-1] / full.shape[-1]
        for here, there in swatches:
            _slices(here, full, "photo"), _slices(there, source, "reference")
        pairs = [(_scaled(here, scales[1]), _scaled(there, scales[0])) for here, there in swatches]
        ab = transfer_swatches(lightness, small, pairs, samples or 50, window, seed)
    else:
        ab = transfer(lightness, small, samples or 200, window, seed)
    return like(Colorizer.paint(full, ab), alpha, image)


def _looks(lightness: Tensor, window: int) -> Tensor:
    """What Welsh compares: L and its standard deviation around each pixel, (2, H, W)."""
    around = _neighborhoods(lightness, window)
    return torch.stack([lightness[0], around.std(0, correction=0)])


def _neighborhoods(channel: Tensor, window: int) -> Tensor:
    """The values around each pixel, row by row: (1, H, W) to (window^2, H, W)."""
    padded = F.pad(channel[None], [window // 2] * 4, mode="replicate")
    return F.unfold(padded, window).unflatten(-1, channel.shape[-2:])[0]


def _nearest(points: Tensor, candidates: Tensor) -> Tensor:
    """For each column of (D, N), the number of the nearest column of (D, M)."""
    parts = points.T.split(CHUNK)
    return torch.cat([torch.cdist(part, candidates.T).argmin(1) for part in parts])


def _slices(box: Box, picture: Tensor, name: str) -> tuple[slice, slice]:
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


def _shrink(picture: Tensor, size: int) -> Tensor:
    """(C, H, W) with a long side of at most `size`; each pixel the mean of those it stands for."""
    scale = size / max(picture.shape[-2:])
    if scale >= 1:
        return picture
    sides = [max(1, round(side * scale)) for side in picture.shape[-2:]]
    return F.interpolate(picture[None], sides, mode="area")[0]


# --- the nearest neighbor: color from the photo of a collection that looks most like this one ---


class ByExample:
    """Chooses the reference by itself, among many photos, then transfers its colors.

    Parameters
    ----------
    photos : a `data.Photos`, or any sequence of color photos as for `Colorizer`; None is skipped.
    tiny : side in pixels of the copies that are compared.

    Notes
    -----
    Photos are alike if tiny gray copies of them are, their contrast made the same; a copy may be
    mirrored. With 80 million photos that was enough to color many of them: Torralba, Fergus and
    Freeman 2008. Chapter 09.
    """

    def __init__(self, photos: Sequence, tiny: int = 16):
        self.photos, self.tiny = photos, tiny
        looks = {i: self._look(photo) for i in range(len(photos))
                 if (photo := photos[i]) is not None}
        if not looks:
            raise ValueError("there are no photos to choose from")
        self._numbers, self._looks = list(looks), torch.stack(list(looks.values()))

    def nearest(self, image, count: int = 1) -> list[int]:
        """The numbers of the `count` photos that look most like this one, the nearest first."""
        look = self._look(image)
        both = torch.stack([look.flatten(), look.flip(-1).flatten()])
        likeness = (self._looks.flatten(1) @ both.T).amax(1)
        return [self._numbers[i] for i in likeness.argsort(descending=True, stable=True)[:count]]

    def __call__(self, image, **options):
        """Color a photo like its nearest one; `options` as for `welsh`."""
        return welsh(image, self.photos[self.nearest(image)[0]], **options)

    def _look(self, image) -> Tensor:
        """A tiny copy of L with mean 0 and length 1."""
        small = F.adaptive_avg_pool2d(lightness_of(as_rgb(image)), self.tiny)[0]
        return F.normalize((small - small.mean()).flatten(), dim=0).view_as(small)


# --- Levin: color from scribbles ---


def affinities(lightness: Tensor) -> Tensor:
    """How much the color of each pixel is to be that of each of its eight neighbors.

    Parameters
    ----------
    lightness : tensor, shape (1, H, W): L.

    Returns
    -------
    weights : float64 tensor, shape (9, H, W): of the 3 x 3 pixels around each, row by row. They
        sum to 1; that of the pixel itself, in the middle, and those outside the picture are 0.

    Notes
    -----
    w is proportional to exp(-(L - L')^2 / (2 s^2)), Levin et al. 2004, with s^2 as 0.3 of the
    variance of L in the 3 x 3 pixels, which is what the authors' program takes. Chapter 09.
    """
    around = _neighborhoods(lightness.double(), 3)
    scale = (0.6 * around.var(0, correction=0)).clamp(min=FLAT)
    inside = F.unfold(F.pad(torch.ones_like(lightness[None]), [1] * 4), 3).view_as(around)
    weights = torch.exp(-(around - lightness).square() / scale) * inside
    weights[4] = 0
    return weights / weights.sum(0)


def spread(lightness: Tensor, ab: Tensor, known: Tensor) -> Tensor:
    """Colors of all pixels, from those of a few.

    Parameters
    ----------
    lightness : tensor, shape (1, H, W): L.
    ab : tensor, shape (2, H, W): the colors, where they are known; anything elsewhere.
    known : bool tensor, shape (H, W).

    Returns
    -------
    ab : tensor, shape (2, H, W). Where known, as it came; each other pixel is the mean of its
        neighbors, weighted by `affinities`.

    Raises
    ------
    ValueError
        If nothing is known.

    Notes
    -----
    (I - W) u = 0 for the free pixels: one sparse linear system, factored once and solved for a and
    for b. As in the authors' program, the known pixels state no equations of their own.
    """
    if not known.any():
        raise ValueError("there are no scribbles: at least one pixel needs a color")
    height, width = known.shape
    if height * width == 1:
        return ab.clone()
    weights = affinities(lightness).flatten(1).numpy()
    steps = np.array([down * width + right for down in (-1, 0, 1) for right in (-1, 0, 1)])
    pixels = np.arange(height * width)
    fixed, values = known.flatten().numpy(), ab.flatten(1).T.double().numpy()
    used = (weights > 0) & ~fixed
    from_, to = np.broadcast_to(pixels, weights.shape)[used], (pixels + steps[:, None])[used]
    mean = sparse.csr_matrix((weights[used], (from_, to)), shape=(pixels.size, pixels.size))
    free, held = pixels[~fixed], pixels[fixed]
    colors = values.copy()
    if free.size:
        rows = mean[free]
        system = sparse.identity(free.size, format="csc") - rows[:, free].tocsc()
        # The pattern is symmetric and the diagonal is never the smaller one: no pivoting needed.
        factors = splu(system, "MMD_AT_PLUS_A", diag_pivot_thresh=0,
                       options={"SymmetricMode": True})
        colors[free] = factors.solve(rows[:, held] @ values[held])
    return torch.from_numpy(colors.T).to(ab).view_as(ab)


def read_scribbles(scribbles, image) -> tuple[Tensor, Tensor]:
    """The colors that a person drew on a photo.

    Parameters
    ----------
    scribbles : a picture of the photo's size (path, Pillow picture, array or tensor): strokes on a
        transparent ground, or a copy of `image` with strokes on it, saved without loss (PNG).
    image : the photo, of the same kinds.

    Returns
    -------
    ab : tensor, shape (2, H, W), colors of the strokes (of their L no use is made).
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
    known = (drawn - rgb).abs().amax(0) > 0.04 if alpha is None else alpha[0] > 0.5
    return rgb_to_lab(drawn)[1:], known


def color_by_dots(lab: Tensor, count: int, side: int = 5) -> tuple[Tensor, Tensor]:
    """A person who knows the truth and never tires, for measuring: where is the picture worst?

    Parameters
    ----------
    lab : tensor, shape (3, H, W): the true colors.
    count : dots to paint, one after the other: each square, in the mean of its true colors, where
        the mean error over such a square is largest so far.
    side : of a dot in pixels; odd.

    Returns
    -------
    errors : tensor, shape (count + 1,): mean ab error after 0, 1, ... dots. Without dots, all is
        gray.
    ab : tensor, shape (2, H, W): the colors in the end.
    """
    lightness, true = lab[:1], lab[1:]
    ab, made = torch.zeros_like(true), torch.zeros_like(true)
    known, errors = torch.zeros(true.shape[1:], dtype=torch.bool), []
    for _ in range(count):
        far = (made - true).norm(dim=0)
        errors.append(far.mean())
        worst = F.avg_pool2d(far[None], side, 1, side // 2).argmax().item()
        y, x = divmod(worst, far.shape[1])
        dot = [slice(max(0, at - side // 2), at + side // 2 + 1) for at in (y, x)]
        ab[:, *dot] = true[:, *dot].mean((1, 2), keepdim=True)
        known[tuple(dot)] = True
        # As it can be shown: what is out of gamut would be cut in the picture.
        made = into_gamut(torch.cat([lightness, spread(lightness, ab, known)]))[1:]
    return torch.stack([*errors, (made - true).norm(dim=0).mean()]), made


def levin(image, scribbles, size: int = SIZE):
    """Color a photo by scribbles: each spreads until L changes.

    Parameters
    ----------
    image : path, Pillow picture, array or tensor, as for `Colorizer`; its color is not looked at.
    scribbles : see `read_scribbles`.
    size : long side in pixels at which the colors are found. Time grows a little faster than the
        number of pixels: seconds at 512.

    Returns
    -------
    The same kind in color, with the L of `image`.

    Raises
    ------
    ValueError
        If there are no scribbles, or they have another size than the photo.

    Examples
    --------
    >>> from colorlib.images import sample
    >>> from colorlib.scribble import draw
    >>> photo = sample("china").convert("L").resize((60, 40))
    >>> levin(photo, draw("#3060c0 5,5 20,5\\n#306030 5,35 50,35", photo.size)).size
    (60, 40)
    """
    rgb, alpha = rgb_and_alpha(image)
    full = lightness_of(rgb)
    ab, known = read_scribbles(scribbles, image)
    # In a smaller picture a stroke is as wide as the pixels that it touches.
    share = _shrink(known[None].float(), size)
    small = _shrink(torch.where(known, ab, 0.0), size) / share.clamp(min=1e-6)
    colors = spread(_shrink(full, size), small, share[0] > 0)
    return like(Colorizer.paint(full, colors), alpha, image)
