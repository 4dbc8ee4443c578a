"""A machine that takes the Turing test: which of two pictures is the colorized one? (chapter 08)

``python -m colorlib.rater`` trains it on Imagenette and measures it; the weights that ship carry
what was measured.
"""

import argparse
import json
import sys
import time
from importlib.resources import files
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

from .checkpoints import save_atomically
from .color import rgb_to_lab
from .data import find_photos, imagenette, sha256
from .files import write_text
from .images import PhotoError, read_rgb
from .inference import Colorizer, annealed_mean
from .metrics import chroma

SIDE = 160  # pixels of the square that is colorized
VIEW = 112  # pixels of the square that the rater is shown
METHODS = {"random": None, "mean, T = 1": 1.0, "T = 0.38": 0.38, "mode, T = 0": 0.0}


class Rater(nn.Module):
    """A score for each picture; of two, the one with the higher score is taken for the real one.

    Four strided convolutions on Lab, then the mean over the picture.

    Parameters
    ----------
    coarse : see color in 14 x 14 squares only, lightness as sharp as ever. Then the fine grain of
        the color, which no colorizer makes as a camera does, can't give it away.
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
        path = path or str(files("colorlib") / "assets" / "rater.safetensors")
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
            rgb = [colorizer.paint(*pair) for pair in zip(lab[:, :1], colors, strict=True)]
            made[name].append((torch.stack(rgb) * 255).round().to(torch.uint8))
    return {"real": real} | {name: torch.cat(parts) for name, parts in made.items()}


def train_rater(versions: dict[str, Tensor], steps: int, coarse: bool = False, batch: int = 24,
                lr: float = 3e-3, seed: int = 0, report=None) -> Rater:
    """Teach a rater by the test itself: pairs of a real photo and a colorized version of it.

    The loss is that of Bradley and Terry (1952): the probability of picking the real one of a
    pair is sigmoid(score of the real - score of the other). Both see the same window, mirrored or
    not, so that nothing but the colors can tell.
    """
    torch.manual_seed(seed)
    rater, names = Rater(coarse), list(METHODS)
    optimizer = torch.optim.AdamW(rater.parameters(), lr, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps, pct_start=0.1)
    fakes = torch.stack([versions[name] for name in names])
    for step in range(steps):
        photo = torch.randint(len(versions["real"]), (batch,))
        method = torch.arange(batch) % len(names)  # as often each
        pair = torch.cat([versions["real"][photo], fakes[method, photo]]).float() / 255
        top, left = torch.randint(SIDE - VIEW + 1, (2,)).tolist()
        pair = pair[..., top : top + VIEW, left : left + VIEW]
        pair = pair.flip(-1) if torch.rand(()) < 0.5 else pair
        real, fake = rater(pair).chunk(2)
        loss = -F.logsigmoid(real - fake).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if report and (step + 1) % 100 == 0:
            report(f"step {step + 1} of {steps}: loss {loss.item():.3f}")
    return rater.eval()


def center(pictures: Tensor, side: int = VIEW) -> Tensor:
    """The middle square of pictures (..., H, W)."""
    top, left = ((n - side) // 2 for n in pictures.shape[-2:])
    return pictures[..., top : top + side, left : left + side]


# What is taken away from both pictures of a pair, to see whether the rater needed it: Lab to Lab.
HANDICAPS = {
    "nothing": lambda lab: lab,
    "lightness": lambda lab: torch.cat([torch.full_like(lab[:, :1], 50), lab[:, 1:]], dim=1),
    "fine color": coarse_color,
    "place of color": lambda lab: coarse_color(lab, 1),
    "color": lambda lab: torch.cat([lab[:, :1], torch.zeros_like(lab[:, 1:])], dim=1),
}


def mean_chroma(pictures: Tensor) -> Tensor:
    """The rater of one number: mean chroma of uint8 pictures (N, 3, H, W), to (N,)."""
    lab = torch.cat([rgb_to_lab(part.float() / 255) for part in pictures.split(32)])
    return chroma(lab).mean((-2, -1))


@torch.inference_mode()
def scores(rater: Rater, pictures: Tensor, without: str = "nothing") -> Tensor:
    """Scores (N,) of the middle of uint8 pictures (N, 3, H, W), with one of `HANDICAPS`."""
    parts = (rgb_to_lab(part.float() / 255) for part in center(pictures).split(32))
    return torch.cat([rater.judge(HANDICAPS[without](lab)) for lab in parts])


def labeled_real(real: Tensor, fake: Tensor, draws: int = 1000) -> list[float]:
    """Share of pairs in which the fake has the higher score, and its 95% interval over photos."""
    fooled = (fake > real).double() + 0.5 * (fake == real).double()
    picks = torch.randint(len(fooled), (draws, len(fooled)),
                          generator=torch.Generator().manual_seed(0))
    ends = fooled[picks].mean(1).quantile(torch.tensor([0.025, 0.975], dtype=torch.float64))
    return [fooled.mean().item(), *ends.tolist()]


@torch.inference_mode()
def what_gives_it_away(rater: Rater, real: Tensor, fake: Tensor, patch: int = 16) -> Tensor:
    """How much each patch of a colorized picture costs it.

    The true colors are put back into one patch at a time; what the score gains by that is what the
    patch had cost.

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
                        default=Path(str(files("colorlib") / "assets" / "rater.safetensors")))
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
    raters = {"sharp": False, "coarse": True}
    raters = {name: train_rater(train, options.steps, coarse, report=lambda line: print(
        line, flush=True)) for name, coarse in raters.items()}
    results = {
        "command": " ".join(["python -m colorlib.rater", *sys.argv[1:]]),
        "photos": {"to learn from": len(train["real"]), "to test": len(test["real"])},
        "steps": options.steps, "torch": torch.__version__, "device": "cpu",
        "colorizer": sha256(Path(str(files("colorlib") / "assets" / "course.safetensors"))),
        "labeled_real": measure(raters, train, test),
        "seconds_of_cpu": round(time.process_time() - start),
    }
    for who, found in results["labeled_real"].items():
        for name, (share, low, high) in found["nothing"].items():
            print(f"{who:12} {name:12} labeled real {share:6.1%}  [{low:.1%}, {high:.1%}]")
    state = {f"{who}.{name}": tensor.half() if tensor.is_floating_point() else tensor
             for who, rater in raters.items() for name, tensor in rater.state_dict().items()}
    save_atomically(state, {"results": json.dumps(results)}, options.weights)
    write_text(json.dumps(results, indent=1) + "\n", options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
