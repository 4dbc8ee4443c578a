"""From a distribution to a color, and from a gray photo to a color one (chapters 00 and 06)."""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from .color import lightness_of, painted
from .engine.checkpoints import load_weights
from .fast.winograd import Winograd
from .gamut import AbGamut
from .io.assets import asset
from .io.pixels import Pixels, filled
from .networks import STRIDE, ColorNet, build, load_public

TEMPERATURE = 0.38  # the paper's
SHIPPED = ("course", "photo")  # the weights that come with colorlib, by name
MAX_SIZE = 4096  # pixels, of the long side that a weights file may ask for


def annealed_mean(logits: Tensor, bins: Tensor, T: float = TEMPERATURE) -> Tensor:
    """Color of each pixel: the mean of its distribution, sharpened by a temperature.

    Parameters
    ----------
    logits : tensor, shape (..., Q, H, W).
    bins : tensor, shape (Q, 2): the (a, b) of each class.
    T : temperature, 0 or above. 1 gives the mean, which is often gray; 0 the mode, which is patchy.

    Returns
    -------
    ab : tensor, shape (..., 2, H, W): mean of the bins under softmax(logits / T).

    Notes
    -----
    f_T(z) = exp(log z / T) / sum exp(log z / T), Zhang et al. 2016, equation 5. Since log z are
    the logits but for a constant, that is softmax(logits / T). Chapter 06.

    Examples
    --------
    >>> bins = torch.tensor([[-50.0, 0.0], [50.0, 0.0]])
    >>> logits = torch.tensor([0.0, 1.0])[:, None, None]
    >>> [round(annealed_mean(logits, bins, T)[0].item(), 1) for T in (1, 0.38, 0)]
    [23.1, 43.3, 50.0]
    """
    if not (T >= 0 and math.isfinite(T)):
        raise ValueError(f"T must be 0 or above, got {T}")
    bins = bins.to(logits)
    if T == 0:
        return bins[logits.argmax(-3)].movedim(-1, -3)
    powers = (logits - logits.amax(-3, keepdim=True)).div_(T).exp_().flatten(-2)
    # One product sums a, b and, for the softmax, the powers themselves.
    sums = torch.cat([bins.T, bins.new_ones(1, len(bins))]) @ powers
    return (sums[..., :2, :] / sums[..., 2:, :]).unflatten(-1, logits.shape[-2:])


class Colorizer:
    """Colors photos with a network.

    Parameters
    ----------
    network : a `networks.ColorNet`, such as `networks.build` makes.
    size : long side in pixels of what the network is shown.
    recipe : how the weights were made, as their file says.

    Examples
    --------
    >>> from colorlib.images import sample
    >>> colorizer = Colorizer.from_pretrained("course")
    >>> colorizer(sample("china").convert("L")).size
    (512, 342)
    """

    def __init__(self, network: ColorNet, size: int = 256, recipe: dict | None = None):
        self.network = network.eval()
        self.bins = AbGamut().bins
        self.size, self.recipe = size, recipe or {}
        self._convolutions = Winograd()

    @classmethod
    def from_pretrained(cls, name: str | Path = "course") -> "Colorizer":
        """A colorizer from its weights.

        Parameters
        ----------
        name : "course", the network that the chapters build; "photo", the one with ImageNet's
            features, which colors photographs of any kind; "zhang2016", the paper's own
            (downloaded once, 129 MB); or a .safetensors file that ``colorlib train`` wrote.

        Raises
        ------
        ValueError
            If there is no such file, or it holds no weights of a network that is known.
        """
        if name == "zhang2016":
            return cls(load_public(), recipe={"data": "ImageNet", "width": 1.0})
        path = asset(f"{name}.safetensors") if name in SHIPPED else Path(name)
        try:
            tensors, recipe = load_weights(path)
            network = build(recipe.get("network", "zhang"), float(recipe["width"]))
            # A part that was frozen while the rest was trained is not in this file: `build` has
            # loaded it from its own.
            frozen = {key: value for key, value in network.state_dict().items()
                      if key.partition(".")[0] in network.frozen}
            network.load_state_dict(frozen | tensors)  # float16 in the file becomes float32
            size = int(recipe.get("size", 256))
            if not STRIDE <= size <= MAX_SIZE or not all(
                    value.isfinite().all() for value in network.state_dict().values()):
                raise ValueError("a size or weights that no training wrote")
        except (OSError, KeyError, RuntimeError, TypeError, ValueError, OverflowError,
                AttributeError) as error:
            reason = "no such file" if not path.exists() else "not a weights file of colorlib"
            raise ValueError(f"{path}: {reason}; use 'photo', 'course', 'zhang2016' or a "
                             ".safetensors file that `colorlib train` wrote") from error
        return cls(network, size, recipe)

    def to(self, device) -> "Colorizer":
        """Move to a device, in place."""
        self.network.to(device)
        self.bins = self.bins.to(device)
        return self

    @torch.inference_mode()
    def logits(self, image, size: int | None = None) -> Tensor:
        """The network's answer for one photo: (313, h / 4, w / 4), h and w at most about `size`."""
        return self.outputs(self.shown(lightness_of(Pixels(image)), size))[0]

    @torch.inference_mode()
    def __call__(self, image, T: float = TEMPERATURE, size: int | None = None):
        """Color a photo.

        Parameters
        ----------
        image : path, Pillow picture, array (H, W) or (H, W, C), or tensor (C, H, W), of any size,
            gray or color (its color is not looked at).
        T : temperature of `annealed_mean`.
        size : long side in pixels of what the network sees; more is not better, see the model card.

        Returns
        -------
        The same kind in color (a Pillow picture for a path), at full resolution, transparency
        kept. Its L is the input's: only ab come from the network, and where a pixel's L can't
        have that much color, the color gives way.
        """
        pixels = Pixels(image)
        lightness, alpha = lightness_of(pixels), pixels.alpha
        del pixels  # a file's picture is not needed any more
        ab = self.ab(self.shown(lightness, size), T)[0]
        return filled(painted(lightness, ab), lightness, alpha, image)

    def shown(self, lightness: Tensor, size: int | None = None) -> Tensor:
        """What the network sees of a photo's L, (1, H, W): (1, 1, h, w), on its device."""
        size = self.size if size is None else size
        if size < STRIDE:
            raise ValueError(f"size must be at least {STRIDE} pixels, got {size}")
        scale = size / max(lightness.shape[-2:])
        sides = [max(1, round(side * scale / STRIDE)) * STRIDE for side in lightness.shape[-2:]]
        shown = F.interpolate(lightness[None], sides, mode="bilinear", antialias=True)
        return shown.to(self.bins.device)

    def ab(self, shown: Tensor, T: float = TEMPERATURE) -> Tensor:
        """Colors of photos that the network sees at one shape: (N, 1, h, w) to (N, 2, ...)."""
        return self.decode(self.outputs(shown), T)

    def outputs(self, shown: Tensor) -> Tensor:
        """The network's outputs for what it is shown, see `networks.ColorNet.outputs`."""
        with self._convolutions:
            return self.network.outputs(shown)

    def decode(self, outputs: Tensor, T: float = TEMPERATURE) -> Tensor:
        """Outputs to ab: the annealed mean of a distribution, or the network's own colors."""
        if self.network.bins is None:
            return self.network.colors(outputs)
        return annealed_mean(outputs, self.network.bins, T)
