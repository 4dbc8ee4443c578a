"""A training to look at while it runs: its curve, and photos colored so far (chapter 05)."""

from ..inference import TEMPERATURE, Colorizer
from .curves import loss_curve
from .figures import Picture, image_row


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
        drawn = loss_curve(training.history, training.recipe.steps, training.recipe.loss)
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
