"""Train a last layer to please the machine rater, and ask others what they see (chapter 14)."""

from pathlib import Path

import torch

from colorlib.after.critic import please
from colorlib.after.features import Seen
from colorlib.after.many import errors
from colorlib.after.queries import BinNet, shipped
from colorlib.color import paint, rgb8_to_lab
from colorlib.turing.rater import Rater, scores
from experiments.after_data import Looked, looked
from experiments.bootstrap import estimate

LEARN, JUDGE = 32, 100  # photographs
STEPS = (0, 10, 20, 40)  # after which the network is judged


@torch.no_grad()
def judged(network: BinNet, data: Looked, raters: dict[str, Rater]) -> dict:
    """What two raters and the truth say of a network's colors."""
    seen, places = data.seen, range(JUDGE)
    ab = torch.cat([network.colors(seen.pick(slice(i, i + 50))) for i in places[::50]])
    lightness = rgb8_to_lab(data.rgb[:JUDGE])[:, :1]
    pictures = torch.stack([paint(*pair) for pair in zip(lightness, ab, strict=True)])
    pictures, found = (pictures * 255).round().to(torch.uint8), {}
    for name, rater in raters.items():
        real, fake = scores(rater, data.rgb[:JUDGE]), scores(rater, pictures)
        found[name] = estimate((fake > real).double() + 0.5 * (fake == real).double())
    truth = data.ab[:JUDGE].float()
    return found | {"error": estimate(errors(ab[None], truth)[0]),
                    "chroma": estimate(ab.norm(dim=1).mean((1, 2)))}


def fooled(cache: Path, data: Looked) -> dict:
    """A network that learns to please the coarse rater, judged along the way on other photos."""
    raters = {name: Rater.from_pretrained(name == "coarse") for name in ("coarse", "sharp")}
    for rater in raters.values():
        rater.requires_grad_(False)
    train = looked("train", "imagenet", cache)
    some = slice(None, None, len(train.labels) // LEARN)
    lab = rgb8_to_lab(train.rgb[some][:LEARN])
    seen = Seen(*(value[:LEARN] for value in train.seen.pick(some)))
    network, found = shipped("bins"), {}
    for before, after in zip((0, *STEPS), STEPS, strict=False):
        please(network, raters["coarse"], lab[:, :1], seen, lab, steps=after - before)
        found[str(after)] = judged(network, data, raters)
        print("critic", after, found[str(after)], flush=True)
    return {"learned from": LEARN, "judged on": JUDGE, "steps": found}


