"""Color a photo by the hints of a person (chapter 10b)."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..classic.scribbles import on_grid, read_scribbles
from ..color import lightness_of, painted
from ..engine.checkpoints import load_weights
from ..inference import TEMPERATURE, Colorizer
from ..io.assets import asset
from ..io.downloads import sha256
from ..io.pixels import Pixels, filled
from .hints import WIDTH, Hinted


class ByHints(Colorizer):
    """A colorizer that takes hints: ``colorizer(photo, hints)``.

    Parameters
    ----------
    network : the one with hints.
    size, recipe : as for `inference.Colorizer`.
    base : whose distribution is mixed with the hints; None: the one inside `network`, which is the
        course's. The hints spread by the keys of `network` either way.

    Examples
    --------
    >>> from colorlib.images import sample
    >>> photo = sample("china").convert("L")
    >>> ByHints.from_pretrained()(photo, "#3060c0 40,30").size
    (512, 342)
    """

    def __init__(self, network: Hinted, size: int, recipe: dict | None = None,
                 base: Colorizer | None = None):
        super().__init__(network, size, recipe)
        if base and (base.network.bins is None or len(base.network.bins) != len(self.bins)):
            raise ValueError("hints need a network that gives a distribution over the 313 bins")
        self.base = base

    @classmethod
    def from_pretrained(cls, name: str | Path = "hints",
                        base: str | Path = "course") -> "ByHints":
        """With the weights that ship, or a file that ``python -m experiments.hints`` wrote.

        Parameters
        ----------
        base : weights of the network that decides where no hint does, as for
            `inference.Colorizer.from_pretrained`.

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
        other = None if base == "course" else Colorizer.from_pretrained(base)
        return cls(network, other.size if other else int(recipe["size"]), recipe, other)

    @torch.inference_mode()
    def __call__(self, image, hints=None, T: float = TEMPERATURE, size: int | None = None):
        """Color a photo by the hints of a person.

        Parameters
        ----------
        image, T, size : as for `inference.Colorizer`.
        hints : text as for `scribbles.parse`, points in pixels of the photo; or colors on a
            transparent ground, as `scribbles.draw` makes them of text, and as `levin.levin` takes
            them; None for none.
        """
        pixels = Pixels(image)
        lightness, alpha = lightness_of(pixels), pixels.alpha
        shown = self.shown(lightness, size)
        if isinstance(hints, str):
            sides = [side // 4 for side in shown.shape[-2:]]
            planes = on_grid(hints, tuple(lightness.shape[:0:-1]), sides)[None].to(shown)
        else:
            planes = None if hints is None else self.planes(hints, image, shown)
        ab = self.decode(self.mixed(shown, planes), T)[0]
        return filled(painted(lightness, ab), lightness, alpha, image)

    def mixed(self, shown: Tensor, planes: Tensor | None) -> Tensor:
        """Log-probabilities (1, 313, h / 4, w / 4) of the base's bins and the hints together."""
        if planes is None and self.base:
            return self.base.outputs(shown)
        if not self.base:
            return self.network.outputs(shown, planes)
        return self.network.mix(self.base.outputs(shown), self.network.look(shown)[1], planes)

    @staticmethod
    def planes(hints, image, shown: Tensor) -> Tensor:
        """A picture of hints as the network takes it, (1, 3, h / 4, w / 4), for what is `shown`."""
        sides = [side // 4 for side in shown.shape[-2:]]
        ab, known = read_scribbles(hints, image)
        share = F.interpolate(known[None, None].float(), sides, mode="area")
        mean = F.interpolate(torch.where(known, ab, 0.0)[None], sides, mode="area")
        return torch.cat([mean / share.clamp(min=1e-6), (share > 0).float()], 1).to(shown)
