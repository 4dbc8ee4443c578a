"""A machine that takes the Turing test: which of two pictures is the colorized one? (chapter 08)

``python -m experiments.rater`` trains it on Imagenette and measures it. The results also go into
the file of its weights.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from colorlib.color import paint, rgb_to_lab
from colorlib.data import find_photos
from colorlib.engine.checkpoints import half
from colorlib.engine.fit import fit
from colorlib.images import PhotoError, center, read_rgb
from colorlib.inference import Colorizer, annealed_mean
from colorlib.io.assets import asset
from colorlib.io.datasets import imagenette
from colorlib.io.downloads import sha256
from colorlib.io.files import save_atomically, write_text
from colorlib.metrics import chroma
from colorlib.turing.rater import HANDICAPS, SIDE, VIEW, Rater, scores
from experiments.bootstrap import estimate

TIE = 0.01  # of two scores: sigmoid(0.01) = 0.5025, no better than a guess
METHODS = {"random": None, "mean, T = 1": 1.0, "T = 0.38": 0.38, "mode, T = 0": 0.0}


def colorized_versions(photos: list[Tensor], colorizer: Colorizer) -> dict[str, Tensor]:
    """Each photo as every method colors it.

    Parameters
    ----------
    photos : uint8 tensors, shape (3, 160, 160).

    Returns
    -------
    dict of "real" and each of `METHODS` to uint8 tensors, shape (N, 3, 160, 160). "random" gives a
    photo the colors of another.
    """
    real = torch.stack(photos)
    made = {name: [] for name in METHODS}
    other = real.roll(1, 0)  # the colors of the photo before it
    for batch, lent in zip(real.split(8), other.split(8), strict=True):
        lab, ab = rgb_to_lab(batch.float() / 255), rgb_to_lab(lent.float() / 255)[:, 1:]
        with torch.inference_mode():
            logits = colorizer.network.logits(lab[:, :1])
        for name, T in METHODS.items():
            colors = ab if T is None else annealed_mean(logits, colorizer.bins, T)
            rgb = [paint(*pair) for pair in zip(lab[:, :1], colors, strict=True)]
            made[name].append((torch.stack(rgb) * 255).round().to(torch.uint8))
    return {"real": real} | {name: torch.cat(parts) for name, parts in made.items()}


def train_rater(versions: dict[str, Tensor], steps: int, coarse: bool = False, batch: int = 24,
                lr: float = 3e-3, seed: int = 0) -> Rater:
    """Teach a rater by the test itself: pairs of a real photo and a colorized version of it.

    The loss is that of Bradley and Terry (1952): the probability of picking the real one of a
    pair is sigmoid(score of the real - score of the other). Both see the same window, mirrored or
    not, so that nothing but the colors can tell.
    """
    torch.manual_seed(seed)
    rater, names = Rater(coarse), list(METHODS)
    optimizer = torch.optim.AdamW(rater.parameters(), lr, weight_decay=0.05)
    fakes = torch.stack([versions[name] for name in names])

    def loss(step: int) -> Tensor:
        photo = torch.randint(len(versions["real"]), (batch,))
        method = torch.arange(batch) % len(names)  # as often each
        pair = torch.cat([versions["real"][photo], fakes[method, photo]]).float() / 255
        top, left = torch.randint(SIDE - VIEW + 1, (2,)).tolist()
        pair = pair[..., top : top + VIEW, left : left + VIEW]
        pair = pair.flip(-1) if torch.rand(()) < 0.5 else pair
        real, fake = rater(pair).chunk(2)
        return -F.logsigmoid(real - fake).mean()

    return fit(rater, loss, optimizer, steps, lr, "training the rater", pct_start=0.1,
               cycle_momentum=True)


def mean_chroma(pictures: Tensor) -> Tensor:
    """The rater of one number: mean chroma of uint8 pictures (N, 3, H, W), to (N,)."""
    lab = torch.cat([rgb_to_lab(part.float() / 255) for part in pictures.split(32)])
    return chroma(lab).mean((-2, -1))


def labeled_real(real: Tensor, fake: Tensor) -> list[float]:
    """Share of pairs in which the fake has the higher score, and its 95% interval over photos.

    Scores nearer than `TIE` count as a guess: one half. A rater without color sees two pictures
    that differ by the rounding of their bytes alone: the sign of such a difference means nothing.
    """
    gap = fake - real
    return estimate(torch.where(gap.abs() < TIE, 0.5, (gap > 0).double()))


def squares(paths: list[Path]) -> list[Tensor]:
    """The middle squares of photographs, uint8 (3, 160, 160); files too small or broken left out.

    So are photographs in gray: nobody can tell which of two gray pictures had its colors made.
    """
    found = []
    for path in paths:
        try:
            photo = read_rgb(path, shrink_to=SIDE)
        except PhotoError:
            continue
        if min(photo.shape[-2:]) >= SIDE:
            square = center(photo, SIDE)
            if chroma(rgb_to_lab(square.float() / 255)).mean() > 2:
                found.append(square)
    return found


def measure(raters: dict[str, Rater], train: dict[str, Tensor], test: dict[str, Tensor]) -> dict:
    """Labeled-real shares, with intervals: of each rater, with each handicap, on each method.

    Beside them those of a rater that looks at one number, the mean chroma of a picture.
    """
    found = {}
    for who, rater in raters.items():
        found[who] = {}
        for without in HANDICAPS:
            real = scores(rater, test["real"], without)
            found[who][without] = {name: labeled_real(real, scores(rater, test[name], without))
                                   for name in METHODS}
    learned, real = mean_chroma(train["real"]), mean_chroma(test["real"])
    found["mean chroma"] = {"nothing": {}}
    for name in METHODS:
        # More chroma or less: whichever told the real one on the pairs of the training half.
        sign = 1 if (learned > mean_chroma(train[name])).double().mean() >= 0.5 else -1
        fake = sign * mean_chroma(test[name])
        found["mean chroma"]["nothing"][name] = labeled_real(sign * real, fake)
    return found


def main(argv=None) -> int:
    """Train, measure, write the weights and the results."""
    parser = argparse.ArgumentParser(description="Train and measure the machine rater.")
    parser.add_argument("--data", type=Path, help="folder; default: Imagenette's val split")
    parser.add_argument("--photos", type=int, default=1000, help="half of them to learn from")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--weights", type=Path,
                        default=asset("rater.safetensors"))
    parser.add_argument("-o", "--output", type=Path, default=Path("results/turing.json"))
    options = parser.parse_args(argv)
    # The val split: photographs that the colorizer has not seen, so its colors are as good on them
    # as on any. Half of them teach the rater, the other half test it.
    start = time.process_time()
    paths = find_photos(options.data or imagenette("val"))
    paths = [paths[i * len(paths) // options.photos] for i in range(options.photos)]
    colorizer = Colorizer.from_pretrained("course")
    train, test = (colorized_versions(squares(part), colorizer)
                   for part in (paths[::2], paths[1::2]))
    print(f"{len(train['real'])} + {len(test['real'])} photographs colorized "
          f"({time.process_time() - start:.0f} s of CPU)", flush=True)
    raters = {name: train_rater(train, options.steps, coarse)
              for name, coarse in (("sharp", False), ("coarse", True))}
    results = {
        "command": " ".join(["python -m experiments.rater", *sys.argv[1:]]),
        "photos": {"to learn from": len(train["real"]), "to test": len(test["real"])},
        "steps": options.steps, "torch": torch.__version__, "device": "cpu",
        "colorizer": sha256(asset("course.safetensors")),
        "labeled_real": measure(raters, train, test),
        "seconds_of_cpu": round(time.process_time() - start),
    }
    for who, found in results["labeled_real"].items():
        for name, (share, low, high) in found["nothing"].items():
            print(f"{who:12} {name:12} labeled real {share:6.1%}  [{low:.1%}, {high:.1%}]")
    state = {f"{who}.{name}": tensor
             for who, rater in raters.items() for name, tensor in rater.state_dict().items()}
    save_atomically(half(state), {"results": json.dumps(results)}, options.weights)
    write_text(json.dumps(results, indent=1) + "\n", options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
