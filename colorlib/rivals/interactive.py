"""Color a photo by the hints of a person (chapter 10)."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..classic.scribbles import read_scribbles
from ..color import lightness_of, paint
from ..engine.checkpoints import load_weights
from ..images import like, rgb_and_alpha
from ..inference import TEMPERATURE, Colorizer
from ..io.assets import asset
from ..io.downloads import sha256
from .hints import WIDTH, Hinted


class ByHints(Colorizer):
    """A colorizer that takes hints: ``colorizer(photo, hints)``.

    Examples
    --------
    >>> from colorlib.images import sample
    >>> from colorlib.notebook.scribble import draw
    >>> photo = sample("china").convert("L")
    >>> ByHints.from_pretrained()(photo, draw("#3060c0 40,30", photo.size)).size
    (512, 342)
    """

    @classmethod
    def from_pretrained(cls, name: str | Path = "hints") -> "ByHints":
        """With the weights that ship, or a file that ``python -m experiments.hints`` wrote.

        Raises
        ------
        ValueError
            If there is no such file, or it was trained on top of other weights than the course's.
        """
        path = asset("hints.safetensors") if name == "hints" else Path(name)
        try:
            learned, recipe = load_weights(path)
            network = Hinted(WIDTH)
            known = Colorizer.from_pretrained("course").network.state_dict()
            network.load_state_dict(known | learned)
        except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
            reason = "no such file" if not path.exists() else "no weights of a network with hints"
            raise ValueError(f"{path}: {reason}; `make hints` makes them") from error
        if recipe.get("course") != sha256(asset("course.safetensors")):
            raise ValueError(f"{path} belongs to other weights of the course's network than those "
                             "that are here; `make hints` makes new ones")
        return cls(network, int(recipe["size"]), recipe)

    @torch.inference_mode()
    def __call__(self, image, hints=None, T: float = TEMPERATURE, size: int | None = None):
        """Color a photo by the hints of a person.

        Parameters
        ----------
        image, T, size : as for `inference.Colorizer`.
        hints : colors on a transparent ground, as `scribbles.draw` makes them of text, and as
            `levin.levin` takes them; None for none.
        """
        rgb, alpha = rgb_and_alpha(image)
        lightness = lightness_of(rgb)
        shown = self.shown(lightness, size)
        planes = None if hints is None else self.planes(hints, image, shown)
        ab = self.decode(self.network.outputs(shown, planes), T)
        return like(paint(lightness, ab[0]), alpha, image)

    @staticmethod
    def planes(hints, image, shown: Tensor) -> Tensor:
        """Hints as the network takes them, (1, 3, h / 4, w / 4), for what it is `shown`."""
        ab, known = read_scribbles(hints, image)
        sides = [side // 4 for side in shown.shape[-2:]]
        share = F.interpolate(known[None, None].float(), sides, mode="area")
        mean = F.interpolate(torch.where(known, ab, 0.0)[None], sides, mode="area")
        return torch.cat([mean / share.clamp(min=1e-6), (share > 0).float()], 1).to(shown)
