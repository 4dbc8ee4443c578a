"""Draws the figure of question 12: `.venv/bin/python book/instructor/concepts/draw.py`."""

from pathlib import Path

import numpy as np

from colorlib.notebook.figures import PALETTE, figure

OUT = Path(__file__).with_name("two_methods.png")
METHODS = {"A": np.r_[np.full(50, 5.0), np.full(50, 100.0)], "B": np.linspace(20, 60, 100)}


def main() -> None:
    fig, ax = figure(5.2, 3.2)
    thresholds = np.linspace(0, 150, 601)
    for (name, errors), color, line in zip(METHODS.items(), PALETTE, ("-", "--"), strict=False):
        share = (errors[:, None] <= thresholds).mean(0)
        ax.plot(thresholds, 100 * share, line, color=color, label=f"method {name}")
    ax.set(xlabel="error t in ab, 0 to 150", ylabel="pixels with an error of at most t, %",
           xlim=(0, 150), ylim=(0, 105))
    ax.legend(loc="lower right")
    fig.savefig(OUT, dpi=110)


if __name__ == "__main__":
    main()
