"""A network that takes the Turing test: it scores how real a picture looks (chapter 08)."""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

from ..color import rgb_to_lab
from ..images import center
from ..io.assets import asset

SIDE = 160  # pixels of the square that is colorized
VIEW = 112  # pixels of the square that the rater is shown


class Rater(nn.Module):
    """A score for each picture; of two, the one with the higher score is taken for the real one.

    Four strided convolutions on Lab, then the mean over the picture.

    Parameters
    ----------
    coarse : average the color in 14 x 14 squares, and keep the lightness sharp. A camera's fine
        grain of color, which no colorizer imitates, is then no clue.
    """

    def __init__(self, coarse: bool = False):
        super().__init__()
        channels = [3, 16, 24, 48, 96]
        layers = []
        for fan_in, fan_out in zip(channels, channels[1:], strict=False):
            size = 5 if fan_in == 3 else 3
            layers += [nn.Conv2d(fan_in, fan_out, size, 2, size // 2, bias=False),
                       nn.BatchNorm2d(fan_out), nn.ReLU(inplace=True)]
        self.features = nn.Sequential(*layers)
        self.score = nn.Linear(channels[-1], 1)
        self.coarse, self.results = coarse, {}

    def forward(self, rgb: Tensor) -> Tensor:
        """RGB pictures (N, 3, H, W) in [0, 1], about 112 x 112, to scores (N,)."""
        return self.judge(rgb_to_lab(rgb))

    def judge(self, lab: Tensor) -> Tensor:
        """The scores of pictures that are in Lab already."""
        lab = coarse_color(lab) if self.coarse else lab
        scaled = torch.cat([(lab[:, :1] - 50) / 50, lab[:, 1:] / 50], dim=1)
        return self.score(self.features(scaled).mean((-2, -1)))[:, 0]

    @classmethod
    def from_pretrained(cls, coarse: bool = False, path: str | Path | None = None) -> "Rater":
        """A rater that ships with colorlib; `results` holds what was measured with it."""
        path = path or asset("rater.safetensors")
        rater, prefix = cls(coarse), f"{'coarse' if coarse else 'sharp'}."
        with safe_open(path, "pt") as file:
            state = {name.removeprefix(prefix): file.get_tensor(name)
                     for name in file.keys() if name.startswith(prefix)}  # noqa: SIM118
            rater.results = json.loads(file.metadata()["results"])
        rater.load_state_dict(state)  # float16 in the file, float32 here
        return rater.eval()


def coarse_color(lab: Tensor, squares: int = 14) -> Tensor:
    """Lab (N, 3, H, W) with its a and b averaged in squares, and smoothed between them."""
    ab = F.adaptive_avg_pool2d(lab[:, 1:], squares)
    ab = F.interpolate(ab, lab.shape[-2:], mode="bilinear", align_corners=False)
    return torch.cat([lab[:, :1], ab], dim=1)


# What is taken away from both pictures of a pair, to see whether the rater needed it: Lab to Lab.
HANDICAPS = {
    "nothing": lambda lab: lab,
    "lightness": lambda lab: torch.cat([torch.full_like(lab[:, :1], 50), lab[:, 1:]], dim=1),
    "fine color": coarse_color,
    "place of color": lambda lab: coarse_color(lab, 1),
    "color": lambda lab: torch.cat([lab[:, :1], torch.zeros_like(lab[:, 1:])], dim=1),
}


@torch.inference_mode()
def scores(rater: Rater, pictures: Tensor, without: str = "nothing") -> Tensor:
    """Scores (N,) of the middle of uint8 pictures (N, 3, H, W), with one of `HANDICAPS`."""
    parts = (rgb_to_lab(part.float() / 255) for part in center(pictures, VIEW).split(32))
    return torch.cat([rater.judge(HANDICAPS[without](lab)) for lab in parts])


@torch.inference_mode()
def what_gives_it_away(rater: Rater, real: Tensor, fake: Tensor, patch: int = 16) -> Tensor:
    """Which patches make a picture look colorized: how much its score gains without each.

    The true colors are put back into one patch at a time.

    Parameters
    ----------
    real, fake : RGB (3, H, W) in [0, 1].

    Returns
    -------
    tensor, shape (H // patch, W // patch).
    """
    rows, columns = (n // patch for n in fake.shape[-2:])
    mended = fake.repeat(rows * columns, 1, 1, 1)
    for i in range(rows * columns):
        y, x = i // columns * patch, i % columns * patch
        mended[i, :, y : y + patch, x : x + patch] = real[:, y : y + patch, x : x + patch]
    return (rater(mended) - rater(fake[None])).view(rows, columns)
