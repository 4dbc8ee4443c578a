"""A whole photo colored, against the same network with scikit-image around it (chapter 06)."""

import numpy as np
import torch
import torch.nn.functional as F
from skimage.color import lab2rgb, rgb2lab
from skimage.transform import resize

from colorlib.images import sample
from colorlib.inference import TEMPERATURE, Colorizer
from colorlib.networks import zhang

from .machine import network_ms
from .measure import Row, race


@torch.inference_mode()
def plain_colorize(network, bins, rgb: np.ndarray, size: int) -> np.ndarray:
    """RGB (H, W, 3) in [0, 1] to RGB: every step by the tool that is nearest at hand."""
    L = rgb2lab(rgb)[..., 0]
    shown = resize(L, (size, size), anti_aliasing=True).astype(np.float32)
    probabilities = network.logits(torch.from_numpy(shown)[None, None]).softmax(1)
    sharp = (probabilities.log() / TEMPERATURE).exp()
    ab = torch.einsum("nqhw,qc->nchw", sharp / sharp.sum(1, keepdim=True), bins)
    ab = F.interpolate(ab, L.shape, mode="bilinear")[0].movedim(0, -1).numpy()
    return lab2rgb(np.concatenate([L[..., None], ab], axis=-1))


def run(tiny: bool = False) -> list[Row]:
    torch.manual_seed(0)  # what the weights are makes no difference to the time
    paper = Colorizer(zhang(0.05 if tiny else 1.0), size=32 if tiny else 256)
    course = Colorizer.from_pretrained("course")
    rows = []
    for side in (64,) if tiny else (256, 1024):
        photo = sample("flower").resize((side, side))
        rgb = np.asarray(photo) / 255

        def reference(rgb=rgb):
            return plain_colorize(paper.network, paper.bins, rgb, paper.size)

        ways = ("paper's", paper, 1 / 0.8), ("course's", course, 1 / 0.15)
        for name, colorizer, target in ways:
            rows.append(race(
                f"colorize {side} x {side}, {name} network",
                lambda c=colorizer, photo=photo: c(photo),
                "paper's network, scikit-image", reference, 1 if tiny else 2, target,
                (network_ms(colorizer.network, (1, 1, colorizer.size, colorizer.size))[1],
                 "matrix products, Winograd's")))
    return rows
