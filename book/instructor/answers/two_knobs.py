"""Two knobs: a lower temperature, or more rebalancing afterwards? The code of model answer A.

    python two_knobs.py FOLDER        FOLDER holds imagenette2-160's train/ and val/

Every setting is measured on photographs to choose by. The settings that a fixed rule chooses are
measured on others, once. Writes two_knobs.json beside itself.
"""

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F

from colorlib import Colorizer, annealed_mean, images
from colorlib.color import rgb_to_lab
from colorlib.data import find_photos
from colorlib.metrics import Evaluation
from colorlib.rebalancing import class_weights, course_prior
from colorlib.recipes import HOLD_OUT

KNOBS = {  # from the plain mean, T = 1 and lambda = 1 (the weights as they ship), two ways on
    "temperature": [(T, 1) for T in (1, 0.8, 0.6, 0.5, 0.38, 0.3, 0.2, 0.1, 0)],
    "rebalancing": [(1, lam) for lam in (1, 0.98, 0.95, 0.9, 0.8, 0.65, 0.5)],
}
SHIPPED = (0.38, 1)
BUDGET = 1.0  # points of plain AuC below gray's that a setting may cost


def measure(paths, settings, colorizer):
    """Sums of each photograph under each setting and under gray: {setting: (photos, 6)}."""
    prior = course_prior()
    shifts = {lam: class_weights(prior, lam).clamp(min=1e-9).log()[:, None, None]
              for _, lam in settings}
    sums = {setting: Evaluation(prior) for setting in [*settings, "gray"]}
    for path in paths:
        photo = images.as_rgb(path)
        logits = colorizer.logits(photo)
        truth = F.interpolate(photo[None], logits.shape[1:], mode="area")[0]
        L = rgb_to_lab(truth)[:1]
        sums["gray"].add(colorizer.paint(L, torch.zeros(2, 1, 1)), truth)
        for T, lam in settings:
            ab = annealed_mean(logits + shifts[lam], colorizer.bins, T)
            sums[T, lam].add(colorizer.paint(L, ab), truth)
    return {setting: torch.stack(evaluation.rows) for setting, evaluation in sums.items()}


def scores(rows, gray):
    """Points of AuC and of rebalanced AuC above gray's, and chroma as a share of the truth's."""
    ours, base = rows.sum(0), gray.sum(0)
    return torch.stack([
        100 * (ours[0] / ours[1] - base[0] / base[1]),
        100 * (ours[2] / ours[3] - base[2] / base[3]),
        ours[4] / ours[5],
    ])


def choose(found, settings):
    """The setting with the most rebalanced AuC among those that stay within the budget."""
    return max((s for s in settings if found[s][0] >= -BUDGET), key=lambda s: found[s][1])


def interval(of, photos, draws=2000):
    """95% bootstrap interval over photographs of `of(picked)`."""
    rng = torch.Generator().manual_seed(0)
    picks = torch.randint(photos, (draws, photos), generator=rng)
    drawn = torch.stack([of(pick) for pick in picks])
    return drawn.quantile(torch.tensor([0.025, 0.975], dtype=drawn.dtype), dim=0)


def main(folder, photos=500):
    colorizer = Colorizer.from_pretrained("course")
    held_out = find_photos(folder / "train")[::HOLD_OUT]  # never trained on
    val = find_photos(folder / "val")
    val = [val[i * len(val) // photos] for i in range(photos)]

    settings = sorted({s for knob in KNOBS.values() for s in knob})
    sums = measure(held_out, settings, colorizer)
    found = {s: scores(sums[s], sums["gray"]) for s in settings}
    chosen = {name: choose(found, knob) for name, knob in KNOBS.items()}
    strength = found[chosen["rebalancing"]][2]
    chosen["as strong, by temperature"] = min(
        KNOBS["temperature"], key=lambda s: (found[s][2] - strength).abs())
    chosen["as shipped"] = SHIPPED
    report = {"chosen by": len(held_out), "reported on": len(val), "budget": BUDGET, "sweep": {
        name: [[*s, *found[s].tolist()] for s in knob] for name, knob in KNOBS.items()}}

    sums = measure(val, sorted(set(chosen.values())), colorizer)
    gray, best = sums["gray"], sums[chosen["rebalancing"]]
    for name, setting in chosen.items():
        rows = sums[setting]
        value, lead = scores(rows, gray), scores(best, gray) - scores(rows, gray)
        ends = interval(lambda p, rows=rows: scores(rows[p], gray[p]), len(val))
        leads = interval(lambda p, rows=rows: scores(best[p], gray[p]) - scores(rows[p], gray[p]),
                         len(val))
        report[name] = {"setting": setting, "value": value.tolist(), "interval": ends.T.tolist(),
                        "lead of rebalancing": lead.tolist(), "its interval": leads.T.tolist()}
        print(name, setting, *[f"{v:.2f} [{a:.2f}, {b:.2f}]" for v, a, b in
                               zip(value, *ends, strict=True)], sep="  ")
        print("   rebalancing leads by", *[f"{v:.2f} [{a:.2f}, {b:.2f}]" for v, a, b in
                                           zip(lead, *leads, strict=True)], sep="  ")
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    result = main(parser.parse_args().folder)
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
