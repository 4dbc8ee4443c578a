"""Sky, grass and faces in photographs, and which units answer to them (chapter 11).

Nobody labeled these places. Sky and grass are found by their colors, which the networks never see,
and faces by a face detector. Both make mistakes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm.auto import tqdm

from ..color import rgb_to_lab
from ..images import read_rgb
from ..metrics import ends
from ..networks import Zhang
from .features import BLOCKS, features
from .units import selectivity

CELL = 8  # side of a place in pixels; the trunk's last five blocks have one value for each
MOST = 2_000  # places inside of a concept that are used; outside, twice as many
CONCEPTS = {
    "sky": "upper half of the photo; mean L above 50, mean b below -6, standard deviation of L "
           "below 3; against the other places of upper halves",
    "grass": "lower half of the photo; mean L from 20 to 85, mean a below -5, mean b above 10; "
             "against the other places of lower halves",
    "face": "inside a box of scikit-image's detector of frontal faces (local binary patterns) "
            "whose mean color is that of skin: chroma 8 to 45, hue 20 to 80 degrees; against all "
            "other places",
}


def cells(values: Tensor) -> Tensor:
    """Means over places: (..., C, H, W) to (..., C, H / 8, W / 8)."""
    return F.avg_pool2d(values, CELL)


def lightness_spread(lightness: Tensor) -> Tensor:
    """Standard deviation of L within each place: (1, H, W) to (1, H / 8, W / 8)."""
    return (cells(lightness**2) - cells(lightness) ** 2).clamp(min=0).sqrt()


def sky_and_grass(lab: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """For a Lab photo (3, H, W), masks of the places inside and outside, by `CONCEPTS`."""
    lightness, a, b = cells(lab)
    upper = torch.arange(len(lightness))[:, None].expand_as(lightness) < len(lightness) // 2
    sky = (lightness > 50) & (b < -6) & (lightness_spread(lab[:1])[0] < 3)
    grass = (lightness > 20) & (lightness < 85) & (a < -5) & (b > 10)
    return {"sky": (sky & upper, ~sky & upper), "grass": (grass & ~upper, ~grass & ~upper)}


def faces(rgb: Tensor, lab: Tensor, detector) -> Tensor:
    """For a uint8 photo (3, H, W) and its Lab, a mask of the places inside a face."""
    found = torch.zeros(cells(lab[:1]).shape[1:], dtype=torch.bool)
    rows, columns = ((torch.arange(n) + 0.5) * CELL for n in found.shape)
    boxes = detector.detect_multi_scale(img=rgb.movedim(0, -1).numpy(), scale_factor=1.2,
                                        step_ratio=1, min_size=(20, 20), max_size=(128, 128))
    for box in boxes:
        top, left = box["r"], box["c"]
        bottom, right = top + box["height"], left + box["width"]
        a, b = lab[1:, top:bottom, left:right].mean((-2, -1)).tolist()
        if 8 < np.hypot(a, b) < 45 and 20 < np.degrees(np.arctan2(b, a)) < 80:
            found |= (((rows > top) & (rows < bottom))[:, None]
                      & (columns > left) & (columns < right))
    return found


def places(paths: Sequence[Path], side: int, crop, seed: int = 0) -> dict[str, Tensor]:
    """Places where the concepts are and where they are not, in the middle squares of photographs.

    Parameters
    ----------
    side : in pixels, to which a photo's short side is resized.
    crop : from a uint8 photo (3, H, W) to its middle square (3, side, side).

    Returns
    -------
    dict from each concept to a tensor (n, 6): number of the photo, row, column, whether inside, and
    the mean and the standard deviation of L there. They are drawn at random, at most `MOST` inside
    and twice as many outside.
    """
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    detector = Cascade(lbp_frontal_face_cascade_filename())
    found = {name: ([], []) for name in CONCEPTS}
    for i, path in enumerate(tqdm(paths, desc="sky, grass, faces", mininterval=5)):
        rgb = crop(read_rgb(path, shrink_to=side))
        lab = rgb_to_lab(rgb.float() / 255)
        face = faces(rgb, lab, detector)
        plain = torch.cat([cells(lab[:1]), lightness_spread(lab[:1])])
        for name, masks in (sky_and_grass(lab) | {"face": (face, ~face)}).items():
            for into, mask, inside in zip(found[name], masks, (1, 0), strict=True):
                where = mask.nonzero()
                head = torch.tensor([i]).expand(len(where), 1)
                flag = torch.full((len(where), 1), inside)
                into.append(torch.cat([head, where, flag, plain[:, mask].T], dim=1))
    rng = torch.Generator().manual_seed(seed)

    def drawn(parts: list[Tensor], most: int) -> Tensor:
        rows = torch.cat(parts)
        return rows[torch.randperm(len(rows), generator=rng)[:most]]

    return {name: torch.cat([drawn(inside, MOST), drawn(outside, 2 * MOST)])
            for name, (inside, outside) in found.items()}


@torch.inference_mode()
def responses(network: Zhang, lightness, where: Tensor) -> dict[str, np.ndarray]:
    """The answer of every unit at each place.

    Parameters
    ----------
    lightness : a function from numbers of photos, a tensor (N,), to their L (N, 1, H, W).
    where : tensor, shape (n, 6), see `places`.

    Returns
    -------
    dict from each block to an array (n, units): the mean of the block's output over the place.
    """
    photo, row, column = where[:, :3].long().T
    found = {block: np.empty((len(where), getattr(network, block)[-1].num_features), np.float32)
             for block in BLOCKS}
    for numbers in photo.unique().split(64):
        shown = lightness(numbers)
        chosen = torch.isin(photo, numbers)
        at = torch.searchsorted(numbers, photo[chosen]), row[chosen], column[chosen]
        for block, feature in features(network, shown).items():
            grid = F.adaptive_avg_pool2d(feature, shown.shape[-1] // CELL).movedim(1, -1)
            found[block][chosen.numpy()] = grid[at].numpy()
    return found


def roc_auc(answers: np.ndarray, inside: np.ndarray, weights: np.ndarray) -> float:
    """`units.selectivity` of one unit, for places with weights; equal answers count half."""
    _, level = np.unique(answers, return_inverse=True)
    within = np.bincount(level, weights * inside)
    without = np.bincount(level, weights * ~inside, minlength=len(within))
    below = without.cumsum() - without / 2
    return float((within * below).sum() / (within.sum() * without.sum()))


def best_unit(answers: np.ndarray, where: np.ndarray, draws: int = 100, seed: int = 0) -> dict:
    """The unit that answers best to a concept, chosen on half of the photos, tested on the rest.

    Returns
    -------
    dict: "unit", its number; "auc", its area under the ROC curve; "interval", the 95% interval of
    that over photographs; "units_above", how many units have an area above 0.75 on the second half.
    """
    photo, inside = where[:, 0].astype(int), where[:, 3] > 0
    half = photo % 2 == 0
    unit = int(selectivity(answers[half], inside[half]).argmax())
    ours, theirs, number = answers[~half], inside[~half], photo[~half]
    rng, drawn = np.random.default_rng(seed), []
    numbers, member = np.unique(number, return_inverse=True)
    for _ in range(draws):
        times = np.bincount(rng.integers(len(numbers), size=len(numbers)), minlength=len(numbers))
        drawn.append(roc_auc(ours[:, unit], theirs, times[member].astype(float)))
    areas = selectivity(ours, theirs)
    return {"unit": unit, "auc": float(areas[unit]),
            "interval": ends(drawn),
            "units_above": int((areas > 0.75).sum())}
