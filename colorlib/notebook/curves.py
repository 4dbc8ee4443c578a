"""Curves of a training and of the probes (chapters 05 and 11)."""

import math
from itertools import accumulate

import numpy as np

from ..representation.features import BLOCKS
from .figures import PALETTE, Picture, figure, show

# Zhang, Isola and Efros, "Split-brain autoencoders" (2017), table 2: % of ImageNet's 1,000 classes,
# by linear classifiers on the five layers of an AlexNet; "color" is the 2016 paper's network.
PUBLISHED = {"random": [11.6, 17.1, 16.9, 16.3, 14.1], "kmeans": [17.5, 23.0, 24.5, 23.2, 20.6],
             "color": [13.1, 24.8, 31.0, 32.6, 31.8],
             "supervised": [19.3, 36.3, 44.2, 48.3, 50.5]}


def curves(study: dict):
    """Accuracy by block, with 95% intervals, beside what was published: a matplotlib figure."""
    fig, (ours, theirs) = figure(9, 4.2, columns=2)
    for name, color, marker in zip(study["networks"], PALETTE, "osDP^v", strict=False):
        of = [study["probes"][name][block] for block in BLOCKS]
        low, high = 100 * np.array([probe["interval"] for probe in of]).T
        blocks = range(1, len(BLOCKS) + 1)
        ours.fill_between(blocks, low, high, color=color, alpha=0.2)
        ours.plot(blocks, [100 * probe["accuracy"] for probe in of], color=color, marker=marker,
                  label=name)
        if name in PUBLISHED:
            theirs.plot(range(1, 6), PUBLISHED[name], color=color, marker=marker)
    ours.axhline(100 * study["pixels"]["accuracy"], color="gray", ls=":", label="pixels alone")
    ours.set(title="Here: ten classes", xlabel="block", ylabel="photos named right, %",
             ylim=(0, 72))
    theirs.set(title="Published: 1,000 classes", xlabel="layer", xticks=range(1, 6), ylim=(0, 60))
    ours.legend(fontsize=9)
    return fig


def curve(recipe: dict) -> Picture:
    """How the training of finished weights went, by what their file tells (`Colorizer.recipe`).

    Raises
    ------
    ValueError
        If it tells no history: the paper's weights, or those of an early colorlib.
    """
    history = recipe.get("history")
    if not history:
        raise ValueError("these weights came without the history of their training")
    ends = list(accumulate(stage["steps"] for stage in recipe["stages"]))
    fig = loss_curve(history, ends[-1], recipe["loss"], width=6)
    for end in ends[:-1]:  # another crop, another loss: the curve may jump
        fig.axes[0].axvline(end, color="gray", linewidth=1)
    first, last = history[0], history[-1]
    return show(fig, alt=f"The loss at step {first['step']:,} is {first['loss']:.2f}, at step "
                f"{last['step']:,} {last['loss']:.2f}; the training had {len(ends)} stages.")


def loss_curve(history: list[dict], steps: int, loss: str, width: float = 3.4):
    """Loss of each report against the steps, beside that of an even guess."""
    fig, ax = figure(width, 2.6)
    ax.plot([h["step"] for h in history], [h["loss"] for h in history], ".-")
    if loss != "l2":
        ax.axhline(math.log(313), color="gray", linestyle=":")
        ax.annotate("ln 313", (steps, math.log(313)), (0, 3), ha="right",
                    textcoords="offset points")
    ax.set(xlabel="step", ylabel="loss", xlim=(0, steps), ylim=(0, None))
    return fig
