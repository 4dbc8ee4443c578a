"""A training to look at while it runs: its curve, and photos colored so far (chapter 05)."""

import math
from itertools import accumulate

from .figures import Picture, figure, image_row, show
from .inference import TEMPERATURE, Colorizer


class Panel:
    """Give one to ``train(..., on_report=...)``: it is drawn anew, in its place, at every report.

    Parameters
    ----------
    images : paths, Pillow pictures, arrays or tensors, as for `Colorizer`: what to color.
    size : long side in pixels of what the network is shown.

    Attributes
    ----------
    picture : the last one drawn; outside a notebook, where nothing is displayed, too.
    """

    def __init__(self, images, size: int = 128, T: float = TEMPERATURE):
        self.images, self.size, self.T = list(images), size, T
        self.picture: Picture | None = None
        self._view = None

    def __call__(self, training) -> None:
        # Colored by the averaged weights: they are what the training will give.
        colorizer = Colorizer(training.averaged().cpu(), self.size)
        colored = [colorizer(image, self.T) for image in self.images]
        last = training.history[-1]
        alt = (f"After step {last['step']} of {training.recipe.steps}: the loss is "
               f"{last['loss']:.2f}; its curve, and {len(colored)} photos colored so far.")
        titles = ["loss", *[f"photo {i}" for i in range(1, len(colored) + 1)]]
        drawn = _curve(training.history, training.recipe.steps, training.recipe.loss)
        self.picture = image_row([drawn, *colored], titles, alt=alt)
        self._show()

    def _show(self) -> None:
        try:
            from IPython.display import display
        except ImportError:
            return
        if self._view is None:
            self._view = display(self.picture, display_id=True)
        else:
            self._view.update(self.picture)


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
    fig = _curve(history, ends[-1], recipe["loss"], width=6)
    for end in ends[:-1]:  # another crop, another loss: the curve may jump
        fig.axes[0].axvline(end, color="gray", linewidth=1)
    first, last = history[0], history[-1]
    return show(fig, alt=f"The loss at step {first['step']:,} is {first['loss']:.2f}, at step "
                f"{last['step']:,} {last['loss']:.2f}; the training had {len(ends)} stages.")


def _curve(history: list[dict], steps: int, loss: str, width: float = 3.4):
    """Loss of each report against the steps, beside that of an even guess."""
    fig, ax = figure(width, 2.6)
    ax.plot([h["step"] for h in history], [h["loss"] for h in history], ".-")
    if loss != "l2":
        ax.axhline(math.log(313), color="gray", linestyle=":")
        ax.annotate("ln 313", (steps, math.log(313)), (0, 3), ha="right",
                    textcoords="offset points")
    ax.set(xlabel="step", ylabel="loss", xlim=(0, steps), ylim=(0, None))
    return fig
