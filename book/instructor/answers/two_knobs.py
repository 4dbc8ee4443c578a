"""Two knobs: a lower temperature, or more rebalancing afterwards? The code of model answer A.

    python two_knobs.py FOLDER        FOLDER holds imagenette2-160's train/ and val/

Every setting is measured on photographs to choose by. The settings that a fixed rule chooses are
measured on others, once. Writes two_knobs.json and its two figures beside itself.
"""

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F

from colorlib import AbGamut, Colorizer, annealed_mean, images
from colorlib.color import rgb_to_lab
from colorlib.data import find_photos
from colorlib.metrics import WORST, ab_error, chroma
from colorlib.notebook.figures import figure
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
    prior, gamut = course_prior(), AbGamut()
    rarity = 1 / prior.clamp(min=prior[prior > 0].min())
    shifts = {lam: class_weights(prior, lam).clamp(min=1e-9).log()[:, None, None]
              for _, lam in settings}
    sums = {setting: [] for setting in [*settings, "gray"]}
    for path in paths:
        photo = images.as_rgb(path)
        logits = colorizer.logits(photo)
        truth = rgb_to_lab(F.interpolate(photo[None], logits.shape[1:], mode="area")[0])
        weight = rarity[gamut.nearest(truth[1:])]

        def row(ab, truth=truth, weight=weight):
            made = rgb_to_lab(colorizer.paint(truth[:1], ab))
            score = 1 - ab_error(made, truth).double().clamp(max=WORST) / WORST
            return torch.stack([score.sum(), score.new_tensor(score.numel()),
                                (score * weight).sum(), weight.sum(),
                                chroma(made).double().sum(), chroma(truth).double().sum()])

        sums["gray"].append(row(torch.zeros(2, 1, 1)))
        for T, lam in settings:
            sums[T, lam].append(row(annealed_mean(logits + shifts[lam], colorizer.bins, T)))
    return {setting: torch.stack(rows) for setting, rows in sums.items()}


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


def draw(report, path):
    """Both scores of both knobs, on the photographs to choose by."""
    fig, ax = figure(6, 4)
    for (knob, points), mark in zip(report["sweep"].items(), "os", strict=True):
        T, lam, plain, rebalanced, _ = zip(*points, strict=True)
        ax.plot(plain, rebalanced, marker=mark, label=knob)
        for x, y, *setting in list(zip(plain, rebalanced, T, lam, strict=True))[::2]:
            ax.annotate(f"{min(setting):g}", (x, y), (5, -12), textcoords="offset points")
    ax.axvline(-report["budget"], color="gray", linestyle=":")
    ax.set(xlabel="AuC, points above gray", ylabel="rebalanced AuC, points above gray")
    ax.legend(title="knob")
    fig.savefig(path, dpi=110, bbox_inches="tight")


def sheet(report, path, height=150):
    """Every second bundled photograph by name: gray, three settings, true."""
    colorizer, prior = Colorizer.from_pretrained("course"), course_prior()
    settings = [report[name]["setting"]
                for name in ("temperature", "rebalancing", "as strong, by temperature")]
    rows = []
    for name in list(images.samples())[::2]:
        photo = images.as_rgb(images.sample(name))
        L, logits = rgb_to_lab(photo)[:1], colorizer.logits(photo)
        shifts = [class_weights(prior, lam).clamp(min=1e-9).log()[:, None, None]
                  for _, lam in settings]
        row = [colorizer.paint(L, torch.zeros(2, 1, 1))]
        row += [colorizer.paint(L, annealed_mean(logits + shift, colorizer.bins, T))
                for (T, _), shift in zip(settings, shifts, strict=True)]
        row = torch.cat([*row, photo], dim=2)[None]
        rows.append(F.interpolate(row, (height, 5 * 200), mode="area")[0])
    images.save_photo(images.like(torch.cat(rows, dim=1), None, None), path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    result = main(parser.parse_args().folder)
    here = Path(__file__)
    here.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
    draw(result, here.with_suffix(".png"))
    sheet(result, here.with_suffix(".jpg"))
