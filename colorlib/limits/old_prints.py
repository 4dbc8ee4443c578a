"""Old prints: how time spoils a photograph, simulated, and a recipe against it (chapter 12b).

``colorlib colorize PHOTO --old-print`` is this recipe, `prepared`, and then the network.

Of a real old print nobody knows the true colors: `real` has some to look at. To measure, a color
photograph is made gray and aged step by step; then its true colors can be compared with what a
network makes of it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter, median_filter
from torch import Tensor

from ..color import into_gamut, lab_to_rgb, lightness_of, painted, rgb_to_lab
from ..io.assets import asset
from ..io.pixels import Pixels, filled

# What photographs of today use of the scale of L, from the 1st percentile to the 99th: the medians
# of those measured, rounded; they are "levels" in results/limits.json.
BLACK, WHITE = 4.0, 95.0
FAR = 10  # rows that the grain of a pixel is compared with, and two to spare
STRIP = 2**22  # pixels that grain is removed from at a time
LOOK = 128  # pixels of the long side that `is_toned` looks at
# In ab units: the mean color of a toned picture at least; its strongest color at most.
CAST, STRONGEST = 4.0, 36.0


def real() -> dict[str, Path]:
    """Old photographs that ship with the course, by name. Their credits lie beside them.

    Examples
    --------
    >>> sorted(real())
    ['brothers', 'claudet', 'coins', 'expedition', 'librarian']
    """
    return {path.stem: path for path in sorted(asset("old_photos").glob("*.jpg"))}


def _soft(L: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The lens: a slight blur."""
    return gaussian_filter(L, min(L.shape) / 200)


def _faded(L: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Silver goes, paper yellows: blacks turn to gray and whites are no longer white."""
    return 32 + 0.45 * L


def _stained(L: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Damp and light: broad stains, and edges that have faded more than the middle."""
    height, width = L.shape
    blotches = gaussian_filter(rng.standard_normal(L.shape), min(L.shape) / 6)
    y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j]
    return L + 5 * blotches / blotches.std() + 10 * np.maximum(np.abs(x), np.abs(y)) ** 6


def _grainy(L: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grains of silver, enlarged with the picture: noise that neighbors share."""
    noise = gaussian_filter(rng.standard_normal(L.shape), 0.6)
    return L + 4 * noise / noise.std()


def _scratched(L: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Thin bright scratches, nearly upright, and specks of dust."""
    height, width = L.shape
    L = L.copy()
    for _ in range(6):
        x = rng.uniform(0, width) + rng.uniform(-0.15, 0.15) * np.arange(height)
        rows = np.arange(height)[(x >= 0) & (x < width)]
        L[rows, x[rows].astype(int)] = 85
    specks = rng.random(L.shape) < 0.002
    L[specks] = rng.choice([25.0, 88.0], specks.sum())
    return L


# What happened to the print, in order.
AGES: dict[str, Callable] = {"soft": _soft, "faded": _faded, "stained": _stained,
                             "grainy": _grainy, "scratched": _scratched}


def aged(rgb: Tensor, seed: int = 0, ages: Sequence[str] = tuple(AGES)) -> Tensor:
    """A photograph as the scan of an old print of it.

    Parameters
    ----------
    rgb : tensor, shape (3, H, W), in [0, 1].
    seed : of its stains, grain and scratches.
    ages : which of `AGES` it has been through, in the order given; the paper is sepia anyway.

    Returns
    -------
    tensor of the same shape, a sepia picture.
    """
    rng = np.random.default_rng(seed)
    L = lightness_of(rgb)[0].double().numpy()
    for name in ages:
        L = AGES[name](L, rng)
    L = torch.from_numpy(L.clip(0, 100)).to(rgb)
    tone = 1 - (L - 50).abs() / 60  # sepia is strongest in the mid tones
    return lab_to_rgb(into_gamut(torch.stack([L, 5 * tone, 18 * tone])))


def _mend_spots(L: np.ndarray) -> np.ndarray:
    """Where a pixel stands out from its 5 x 5 by more than grain does, the median takes over."""
    middle = median_filter(L, 5)
    apart = np.abs(L - middle)
    return np.where(apart > 4 * np.median(apart) + 4, middle, L)


def _remove_grain(L: np.ndarray, rows: int | None = None) -> np.ndarray:
    """Non-local means: each pixel becomes the mean of those whose surroundings look alike.

    So many `rows` are worked on at a time, which changes nothing but the memory that it takes.
    """
    from skimage.restoration import denoise_nl_means

    sigma = 1.48 * np.median(np.abs(L - gaussian_filter(L, 1.5)))  # in places without edges
    result, rows = np.empty_like(L), rows or max(1, STRIP // L.shape[1])
    for top in range(0, len(L), rows):
        first = max(0, top - FAR)
        strip = L[first : top + rows + FAR]
        clean = denoise_nl_means(strip, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma)
        # Of a picture of one row or column it gives a line.
        result[top : top + rows] = clean.reshape(strip.shape)[top - first :][:rows]
    return result


def _even_out(L: np.ndarray) -> np.ndarray:
    """Take away what varies broadly, stains and also the difference of sky and ground."""
    return L - gaussian_filter(L, min(L.shape) / 4) + L.mean()


def _set_levels(L: np.ndarray) -> np.ndarray:
    """Stretch L until its darkest and lightest hundredths are where photographs have them."""
    low, high = np.percentile(L, [1, 99])
    return BLACK + (L - low) * (WHITE - BLACK) / max(high - low, 1e-6)


STEPS: dict[str, Callable] = {"spots": _mend_spots, "grain": _remove_grain, "even": _even_out,
                              "levels": _set_levels}
# Those that help together; `results/limits.json` has each alone, too.
RECIPE = ("spots", "grain", "levels")


def prepared(image, steps: Sequence[str] = RECIPE):
    """The scan of an old print, made more like the photographs that the network knows.

    Parameters
    ----------
    image : path, Pillow picture, array (H, W) or (H, W, C), or tensor (C, H, W), as a
        `inference.Colorizer` takes it. About 1.3 seconds a megapixel.
    steps : which of `STEPS`, in the order given. They look at a few pixels around each: grain and
        spots that are broader than that stay.

    Returns
    -------
    The same kind (a Pillow picture for a path): a gray picture, to be colored; transparency kept.
    """
    pixels = Pixels(image)
    lightness, alpha = lightness_of(pixels), pixels.alpha
    del pixels
    L = lightness[0].numpy()
    for name in steps:
        L = STEPS[name](L)
    lightness = torch.from_numpy(L.clip(0, 100))[None]
    return filled(painted(lightness, torch.zeros(2, 1, 1)), lightness, alpha, image)


def is_toned(image) -> bool:
    """Whether a picture is nearly gray and of one hue, as the scan of an old print is.

    Parameters
    ----------
    image : as `prepared` takes it.

    Returns
    -------
    bool. False for a picture that is gray throughout: it has no tint that tells its age.

    Notes
    -----
    A tint is stronger in some tones than in others, but it is the same wherever L is the same. So
    of each twelfth of the scale of L the median color is taken away; in a toned picture little is
    left, beside its mean color. Found by looking at the scans of `real` and at photographs that
    were held out; results/old_prints.json tells how often it is wrong.
    """
    pixels = Pixels(_smaller(image) if isinstance(image, Image.Image) else image)
    step = max(1, max(pixels.shape) // LOOK)
    L, *ab = rgb_to_lab(pixels.rgb()[:, ::step, ::step]).flatten(1).numpy()
    ab = np.stack(ab)
    mean = ab.mean(1)
    cast = np.linalg.norm(mean)
    if cast < CAST or np.percentile(np.linalg.norm(ab, axis=0), 98) > STRONGEST:
        return False
    if np.percentile(mean @ ab, 2) < -2 * cast:  # of the opposite hue
        return False
    tones = (L * 12 / 100).clip(0, 11).astype(int)
    for tone in np.unique(tones):
        ab[:, tones == tone] -= np.median(ab[:, tones == tone], axis=1, keepdims=True)
    most, all_but_few = np.percentile(np.linalg.norm(ab, axis=0), [95, 99])
    return bool(most <= max(3, 0.4 * cast) and all_but_few <= max(4, 0.55 * cast))


def _smaller(picture: Image.Image) -> Image.Image:
    """Every so many pixels of a Pillow picture, of whatever mode, so that a look is quick."""
    step = max(1, max(picture.size) // LOOK)
    return picture.resize([max(1, side // step) for side in picture.size],
                          Image.Resampling.NEAREST)
