"""A training to look at while it runs: its curve, and photos colored so far (chapter 05b)."""

import time

from ..inference import TEMPERATURE, Colorizer
from .curves import loss_curve
from .figures import Picture, image_row
from .held_out import held_out


class Panel:
    """Give one to ``train(..., on_report=...)``: it is drawn anew, in its place, at every report.

    Parameters
    ----------
    images : paths, Pillow pictures, arrays or tensors, as for `Colorizer`: what to color.
    size : long side in pixels of what the network is shown.
    kept : photographs kept aside: the panel says how the network does on them, see `held_out`.
    every : seconds between two drawings; the last report is always drawn.

    Attributes
    ----------
    picture : the last one drawn; outside a notebook, where nothing is displayed, too.
    film : of the training under way, step to the picture of that step.

    Another training gets another picture below, also from the same panel.
    """

    def __init__(self, images, size: int = 128, T: float = TEMPERATURE, kept=(),
                 every: float = 0.0):
        self.images, self.size, self.T = list(images), size, T
        self.kept, self.every = list(kept), every
        self.picture: Picture | None = None
        self.film: dict[int, Picture] = {}
        self._view = self._training = None
        self._drawn = -float("inf")

    def __call__(self, training) -> None:
        if training is not self._training:
            self._training, self._view, self._drawn = training, None, -float("inf")
            self.film = {}
        last = training.history[-1]
        finished = last["step"] >= training.recipe.steps
        if not finished and time.monotonic() - self._drawn < self.every:
            return
        # Colored by the averaged weights: they are what the training will give.
        colorizer = Colorizer(training.averaged(), self.size).to(training.device)
        colored = [colorizer(image, self.T) for image in self.images]
        said = f"loss {last['loss']:.2f}, {self._left(training)}"
        if self.kept:
            found = held_out(colorizer, self.kept, self.T)
            said += f"; held out: AuC {found['auc']:+.1f}, rebalanced {found['rebalanced']:+.1f}"
        alt = (f"After step {last['step']} of {training.recipe.steps}: the loss is "
               f"{last['loss']:.2f}; its curve, and {len(colored)} photos colored so far. {said}.")
        titles = [said, *[f"photo {i}" for i in range(1, len(colored) + 1)]]
        drawn = loss_curve(training.history, training.recipe.steps, training.recipe.loss)
        self.picture = image_row([drawn, *colored], titles, alt=alt)
        self.film[last["step"]] = self.picture
        self._show()
        self._drawn = time.monotonic()

    def _left(self, training) -> str:
        """How long the rest will take, at the speed of the last report."""
        images = sum(training.recipe.batches[training.done :])
        seconds = images / training.history[-1]["images_per_second"]
        if not images:
            return "finished"
        return f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:.0f} min left"

    def _show(self) -> None:
        try:
            from IPython.display import display
        except ImportError:
            return
        if self._view is None:
            self._view = display(self.picture, display_id=True)
        else:
            self._view.update(self.picture)
