"""Measure what chapters 14 and 15 tell of: ``python -m experiments.after``.

The networks are those that ship; ``python -m experiments.after_train`` trained them. Measured is on
167 photographs of Imagenette's val split that no network learned from, and on which chapter 8's
machine rater was tested. Writes results/after.json, and what the notebooks read of it.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

import torch
from torch import Tensor

from colorlib.after.diffusion import NO_WORD, blind, sample, shipped_denoiser
from colorlib.after.many import diversity, errors, sample_pixels
from colorlib.after.queries import shipped
from colorlib.color import paint, rgb8_to_lab
from colorlib.data import find_photos
from colorlib.evaluation.classifier import small_classifier
from colorlib.evaluation.provenance import provenance
from colorlib.evaluation.sums import Evaluation
from colorlib.inference import Colorizer, annealed_mean
from colorlib.io.assets import asset
from colorlib.io.datasets import imagenette
from colorlib.io.downloads import sha256
from colorlib.io.files import write_text
from colorlib.metrics import DRAWS, colorfulness
from colorlib.rebalancing import course_prior
from colorlib.turing.rater import Rater, scores
from experiments.after_audit import audit
from experiments.after_critic import fooled
from experiments.after_data import Looked, looked
from experiments.after_train import CACHE
from experiments.bootstrap import estimate
from experiments.cache import cache_json, cache_tensors

SAMPLES = 6  # answers of the diffusion model to one photograph
PART = 50  # photographs that are colored together
WEIGHTS = ("after/diffusion", "after/bins", "after/queries", "after/encoder", "course", "rater")


def parts(data: Looked):
    """Photographs in parts: L (n, 1, 128, 128), what is seen of them, classes."""
    for begin in range(0, len(data.labels), PART):
        part = slice(begin, begin + PART)
        yield rgb8_to_lab(data.rgb[part])[:, :1], data.seen.pick(part), data.labels[part]


@torch.inference_mode()
def answers(data: Looked) -> dict[str, Tensor]:
    """ab (N, 2, 32, 32) of each method; the diffusion model's are "diffusion 0" to "5"."""
    bins, queries, denoiser = shipped("bins"), shipped("queries"), shipped_denoiser()
    course, rng = Colorizer.from_pretrained("course"), torch.Generator().manual_seed(0)
    made: dict[str, list[Tensor]] = {}
    for i, (lightness, seen, labels) in enumerate(parts(data)):
        logits, centers = bins(seen), bins.gamut.bins
        found = {"gray": torch.zeros(len(labels), 2, 32, 32),
                 "pixel by pixel": sample_pixels(logits, centers, rng),
                 "pixel by pixel, again": sample_pixels(logits, centers, rng),
                 "mean": annealed_mean(logits, centers, 1.0),
                 "bins": annealed_mean(logits, centers),
                 "queries": queries.colors(seen), "course": course.ab(lightness)}
        none = torch.full_like(labels, NO_WORD)
        for seed in range(SAMPLES):
            found[f"diffusion {seed}"] = sample(denoiser, seen, none, seed=100 * i + seed)
        for name, ab in found.items():
            made.setdefault(name, []).append(ab)
    joined = {name: torch.cat(values) for name, values in made.items()}
    return joined | {"lent": data.ab.float().roll(1, 0)}


@torch.inference_mode()
def spoken(data: Looked) -> dict[str, Tensor]:
    """Answers to a word, with the features and without: the right one, none, a wrong one."""
    denoiser, made = shipped_denoiser(), {}
    for _, seen, labels in parts(data):
        words = {"right": labels, "none": torch.full_like(labels, NO_WORD),
                 "wrong": (labels + 5) % NO_WORD}
        for keep, who in ((1, "features"), (0, "lightness alone")):
            told = blind(seen, torch.full((len(labels),), keep))
            for name, word in words.items():
                made.setdefault(f"{who}, {name} word", []).append(sample(denoiser, told, word))
    return {name: torch.cat(values) for name, values in made.items()}


def painted(data: Looked, ab: Tensor) -> Tensor:
    """RGB bytes (N, 3, 128, 128) of photographs with these colors."""
    lightness = rgb8_to_lab(data.rgb)[:, :1]
    pictures = [paint(*pair) for pair in zip(lightness, ab.float(), strict=True)]
    return (torch.stack(pictures) * 255).round().to(torch.uint8)


def row(data: Looked, ab: Tensor, pictures: Tensor, rater: Rater, real: Tensor) -> dict:
    """The table's figures of one method, and how often the machine rater took it for real."""
    sums = Evaluation(course_prior(), draws=DRAWS)
    for picture, truth in zip(pictures, data.rgb, strict=True):
        sums.add(picture.float() / 255, truth.float() / 255)
    found = {name: value for name, value in sums.figures().items()
             if name.partition("_interval")[0] in ("auc", "auc_rebalanced", "chroma_share", "psnr")}
    fake = scores(rater, pictures)
    both = torch.tensor([[colorfulness(p.float() / 255, formula)
                          for formula in ("signed", "absolute")] for p in pictures])
    return found | {
        "error": estimate(errors(ab[None].float(), data.ab.float())[0]),
        "labeled_real": estimate((fake > real).double() + 0.5 * (fake == real).double()),
        "colorfulness_signed": estimate(both[:, 0]), "colorfulness_absolute": estimate(both[:, 1])}


def table(data: Looked, made: dict[str, Tensor]) -> tuple[dict, dict[str, Tensor]]:
    """Rows of all methods, and their pictures."""
    rater = Rater.from_pretrained(coarse=True)
    real = scores(rater, data.rgb)
    pictures, rows = {}, {}
    for name, ab in made.items():
        if name.startswith("diffusion") and name != "diffusion 0" or "again" in name:
            continue
        name = name.removesuffix(" 0")
        pictures[name] = painted(data, ab)
        rows[name] = row(data, ab, pictures[name], rater, real)
        print(name, {k: v for k, v in rows[name].items() if "interval" not in k}, flush=True)
    pictures["truth"] = data.rgb
    rows["truth"] = row(data, data.ab, data.rgb, rater, real)
    return rows, pictures


def many(data: Looked, made: dict[str, Tensor]) -> dict:
    """How the six answers differ, and how near the best of them comes."""
    six = torch.stack([made[f"diffusion {seed}"] for seed in range(SAMPLES)]).float()
    alone = torch.stack([made["pixel by pixel"], made["pixel by pixel, again"]]).float()
    truth = data.ab.float()
    off = errors(six, truth)
    others = torch.stack([truth.roll(shift, 0) for shift in range(1, SAMPLES + 1)])
    return {"photos": len(truth), "samples": SAMPLES,
            "diversity": {"diffusion": estimate(diversity(six)),
                          "pixel by pixel": estimate(diversity(alone)),
                          "colors of other photographs": estimate(diversity(others))},
            "within": {"diffusion": estimate(roughness(six[0])),
                       "pixel by pixel": estimate(roughness(alone[0])),
                       "truth": estimate(roughness(truth))},
            "error": {"one answer": estimate(off[0]),
                      "the best of six": estimate(off.amin(0)),
                      "the mean of six": estimate(errors(six.mean(0)[None], truth)[0]),
                      "best of six others' colors": estimate(errors(others, truth).amin(0))}}


def roughness(ab: Tensor) -> Tensor:
    """Mean ab distance of horizontal neighbors: (N, 2, H, W) to (N,)."""
    return (ab[..., 1:] - ab[..., :-1]).norm(dim=1).mean((1, 2))


def words(data: Looked, made: dict[str, Tensor]) -> dict:
    """Errors for each word, what a word gains, and how far another one moves the colors."""
    truth, found = data.ab.float(), {}
    for who in ("features", "lightness alone"):
        ab = {name: made[f"{who}, {name} word"].float() for name in ("right", "none", "wrong")}
        off = {name: errors(value[None], truth)[0] for name, value in ab.items()}
        found[who] = {"error": {name: estimate(value) for name, value in off.items()},
                      "gained by the right word": estimate(off["none"] - off["right"]),
                      "lost by a wrong one": estimate(off["wrong"] - off["right"]),
                      "moved": estimate((ab["right"] - ab["wrong"]).norm(dim=1).mean((1, 2)))}
    return {"photos": len(truth), "with": found}


def main(argv=None) -> int:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder; default: training/after")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/after.json"))
    options = parser.parse_args(argv)
    begun = time.process_time()
    weights = {name: sha256(asset(f"{name}.safetensors")) for name in WEIGHTS}
    key = json.dumps([weights, SAMPLES])
    data = looked("judge", "imagenet", options.cache)
    made = cache_tensors(options.cache / "answers.safetensors", key, lambda: answers(data))
    half = Looked(*(value[::2] for value in data[:3]), data.seen.pick(slice(None, None, 2)))
    told = cache_tensors(options.cache / "spoken.safetensors", key, lambda: spoken(half))

    def figures() -> dict:
        rows, pictures = table(data, made)
        return {"rows": rows, "critic": fooled(options.cache, data),
                "audit": audit(small_classifier(), pictures, asset("after/features.safetensors"))}

    found = {"command": "python -m experiments.after", "photos": len(data.labels),
             "classifier": "small", "weights": weights}
    found |= cache_json(options.cache / "figures.json", key, figures)
    found |= {"many": many(data, made), "words": words(half, told)}
    val = find_photos(imagenette("val"))
    found["provenance"] = provenance(val) | {"seconds_of_cpu": round(time.process_time() - begun)}
    write_text(json.dumps(found, indent=1) + "\n", options.output)
    shutil.copy(options.output, asset("after/after.json"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
