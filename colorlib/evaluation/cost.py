"""What the network of a row costs: megabytes and milliseconds (chapter 07)."""

import statistics
import time

import torch

from ..engine.counting import costs
from ..inference import Colorizer
from ..networks import build
from .methods import Row

MEGABYTE = 1e6
TIMED = 256  # side in pixels of the picture that the runtime is of, as in the paper


def cost(row: Row, repeats: int = 9) -> dict[str, float]:
    """Megabytes of parameters and of features in float32, and milliseconds of this processor.

    The time is the median of `repeats` passes, from L to ab, of one picture of 256 x 256, in
    processor time: what other programs take meanwhile doesn't count. Empty for a row without a
    network.
    """
    if not row.recipe:
        return {}
    network = build(row.recipe.network, row.recipe.width).eval()
    colorizer = Colorizer(network)
    lightness = torch.full((1, 1, TIMED, TIMED), 50.0)
    bytes_of = costs(network, lightness, forward=network.outputs)
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 1):
            begun = time.process_time()
            colorizer.ab(lightness, row.T)
            times.append(time.process_time() - begun)
    return {"parameters_mb": 4 * bytes_of.parameters / MEGABYTE,
            "features_mb": 4 * bytes_of.features / MEGABYTE,
            "runtime_ms": 1000 * statistics.median(times[1:])}
