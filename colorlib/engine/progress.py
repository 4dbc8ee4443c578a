"""What is told about a training while it runs: the bar, the curve, the time."""

import time
from collections.abc import Sequence

from tqdm.auto import tqdm


class Progress:
    """A progress bar in images, and a point of the curve every so many steps.

    Parameters
    ----------
    batches : the number of images of each step of the whole training.
    done : steps that were done before.
    every : steps between two points of the curve.
    title : what the bar says in front.
    hidden : True draws no bar.
    """

    def __init__(self, batches: Sequence[int], done: int, every: int, title: str, hidden: bool):
        self.batches, self.done, self.every = batches, done, every
        self.losses, self.images, self.seconds = [], 0, 0.0  # since the last point
        self.bar = tqdm(total=sum(batches), initial=sum(batches[:done]), unit=" images",
                        smoothing=0.05, desc=title, disable=hidden)

    def __enter__(self) -> "Progress":
        self.begun = time.monotonic()
        return self

    def __exit__(self, *error) -> None:
        self.bar.close()

    def step(self, loss: float) -> tuple[float, dict | None]:
        """Count one step.

        Returns
        -------
        seconds : how long the step took.
        point : of the curve, ``{"step", "loss", "images_per_second"}``, if due, else None.
        """
        seconds, self.begun = time.monotonic() - self.begun, time.monotonic()
        images = self.batches[self.done]
        self.losses.append(loss)
        self.done, self.images, self.seconds = (
            self.done + 1, self.images + images, self.seconds + seconds)
        self.bar.update(images)
        if self.done % self.every and self.done < len(self.batches):
            return seconds, None
        mean = sum(self.losses) / len(self.losses)
        point = {"step": self.done, "loss": mean,
                 "images_per_second": round(self.images / self.seconds, 1)}
        self.losses, self.images, self.seconds = [], 0, 0.0
        self.bar.set_postfix(step=self.done, loss=f"{mean:.3f}")
        return seconds, point
