"""Make the test's pictures: pairs of a photograph and a colorized version of it (chapter 08)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ..color import lightness_of, paint, rgb_to_lab
from ..data import find_photos, is_gray
from ..images import PhotoError, read_rgb, samples
from ..inference import TEMPERATURE, Colorizer, annealed_mean
from .plan import CATCH_PAIRS, PAIRS

SIDE = 256  # pixels, the paper's
CANDIDATES = 12  # windows tried for each one taken
SMALLEST = 0.45  # the least side of a window, as a share of the photo's short side
METHODS = {"course": TEMPERATURE, "mean": 1.0}  # how to color, as T of the annealed mean


@dataclass(frozen=True)
class Pair:
    """Two pictures of 256 x 256 with the same lightness: one the photograph, one with made colors.

    Attributes
    ----------
    scene : the photo that it was cut from. kind : "colorized", or "catch" (another photo's colors).
    real : RGB, (3, 256, 256) in [0, 1]. fakes : the same for each method.
    """

    scene: str
    kind: str
    real: Tensor
    fakes: Mapping[str, Tensor]


def make_pairs(photos=None, colorizer: Colorizer | None = None, methods=METHODS,
               pairs: int = PAIRS, catch: int = CATCH_PAIRS, seed: int = 0) -> list[Pair]:
    """The pairs of a picture set: first the colorized ones, then those that catch.

    Parameters
    ----------
    photos : a folder, paths, or a mapping of names to paths; the bundled photographs if not given.
        With fewer photographs than pairs, several windows are cut from each: "scenes" repeat, and a
        rater learns them. With more, a draw of them is used.
    methods : names and temperatures.

    Raises
    ------
    ValueError
        If there are not two photographs in color to be had.

    Notes
    -----
    The colors of a catch pair are those of a window of another photo, as in the paper's "Random".
    """
    rng, colorizer = torch.Generator().manual_seed(seed), colorizer or Colorizer.from_pretrained()
    scenes = _scenes(photos, pairs + catch, rng)
    if len(scenes) < 2:
        raise ValueError("the test needs at least two photographs in color, of 64 pixels or more")
    names = [list(scenes)[i] for i in torch.randperm(len(scenes), generator=rng)]
    each = -(-(pairs + catch) // len(names))  # rounded up
    windows = {name: cut_windows(scenes[name], each, rng) for name in names}
    # One window of each scene, then a second one of each, and so on: equally many, or one less.
    crops = [(name, windows[name][i]) for i in range(each) for name in names][: pairs + catch]
    made = []
    for k, (name, rgb) in enumerate(crops):
        if k >= catch:  # catch pairs get the first windows, which are the largest
            fakes = _colorize(rgb, colorizer, methods)
            made.append(Pair(name, "colorized", rgb, fakes))
        else:
            other = next(crop for scene, crop in crops[k + 1 :] if scene != name)
            fake = paint(lightness_of(rgb), rgb_to_lab(other)[1:])
            made.append(Pair(name, "catch", rgb, dict.fromkeys(methods, fake)))
    return made[catch:] + made[:catch]


def _colorize(rgb: Tensor, colorizer: Colorizer, methods) -> dict[str, Tensor]:
    logits, lightness = colorizer.logits(rgb), lightness_of(rgb)
    return {name: paint(lightness, annealed_mean(logits, colorizer.bins, T))
            for name, T in methods.items()}


def _scenes(photos, most: int, rng: torch.Generator) -> dict[str, Tensor]:
    """Photographs in color, by name, as uint8 (3, H, W); at most so many, drawn at random."""
    if photos is None or isinstance(photos, Mapping):
        paths = samples() if photos is None else {k: Path(p) for k, p in photos.items()}
    else:
        files = find_photos(photos) if isinstance(photos, str | Path) else map(Path, photos)
        paths = {f"photo {i}": path for i, path in enumerate(files)}
    names, found = list(paths), {}
    for i in torch.randperm(len(names), generator=rng).tolist():
        try:
            photo = read_rgb(paths[names[i]], shrink_to=2 * SIDE)
        except PhotoError:
            continue  # one broken file in a folder is no reason to stop
        if min(photo.shape[-2:]) >= 64 and not is_gray(photo):
            found[names[i]] = photo
        if len(found) == most:
            break
    return found


def cut_windows(photo: Tensor, count: int, rng: torch.Generator) -> list[Tensor]:
    """Square windows of a photo, as different as can be had, the largest first.

    Parameters
    ----------
    photo : uint8, shape (3, H, W).

    Returns
    -------
    `count` tensors (3, 256, 256) in [0, 1].

    Notes
    -----
    Mitchell's best candidate (1991): of some random windows take the one that is furthest from all
    those taken, in place and size. A window without color is never taken if there is another.
    """
    height, width = photo.shape[-2:]
    short = min(height, width)
    places = [((height - short) // 2, (width - short) // 2, short)]
    while len(places) < count:
        tried = []
        for share, down, right in torch.rand(CANDIDATES, 3, generator=rng).tolist():
            side = round(short * (SMALLEST + (1 - SMALLEST) * share))
            place = round(down * (height - side)), round(right * (width - side)), side
            colorless = is_gray(_window(photo, place)[:, ::8, ::8])  # some pixels are enough
            tried.append((not colorless, min(_distance(place, other) for other in places), place))
        places.append(max(tried)[-1])
    return [_resized(_window(photo, place)) for place in places]


def _window(photo: Tensor, place: tuple[int, int, int]) -> Tensor:
    top, left, side = place
    return photo[:, top : top + side, left : left + side]


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Between the middles of two windows, and their sizes, in pixels."""
    (y, x, side), (v, u, length) = one, other
    off = (y + side / 2 - v - length / 2) ** 2 + (x + side / 2 - u - length / 2) ** 2
    return (off + (side - length) ** 2) ** 0.5


def _resized(window: Tensor) -> Tensor:
    size = (SIDE, SIDE)
    scaled = F.interpolate(window[None].float() / 255, size, mode="bilinear", antialias=True)
    return scaled[0].clamp(0, 1)


def picture(rgb: Tensor) -> Image.Image:
    """RGB (3, H, W) in [0, 1] as a Pillow picture."""
    return Image.fromarray((rgb * 255).round().to(torch.uint8).movedim(0, -1).numpy())
