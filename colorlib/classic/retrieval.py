"""Color by example, the example chosen by the computer: the most similar photo (chapter 09)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..color import lightness_of
from ..images import as_rgb
from .welsh import welsh


class ByExample:
    """Finds the most similar of many photos and transfers its colors.

    Parameters
    ----------
    photos : a `data.Photos`, or any sequence of color photos as for `Colorizer`; None is skipped.
    tiny : side in pixels of the copies that are compared.

    Raises
    ------
    ValueError
        If there is no photo to choose from.

    Notes
    -----
    Photos are similar if tiny gray copies of them are, scaled to the same contrast; a copy may be
    mirrored. With 80 million photos that was enough to color many pictures: Torralba, Fergus and
    Freeman 2008.
    """

    def __init__(self, photos: Sequence, tiny: int = 16):
        self.photos, self.tiny = photos, tiny
        looks = {i: self._look(photo) for i in range(len(photos))
                 if (photo := photos[i]) is not None}
        if not looks:
            raise ValueError("there are no photos to choose from")
        self._numbers, self._looks = list(looks), torch.stack(list(looks.values()))

    def nearest(self, image, count: int = 1) -> list[int]:
        """The numbers of the `count` most similar photos, the most similar first."""
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
