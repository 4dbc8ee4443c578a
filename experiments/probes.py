"""Measure what chapter 11 reports of six networks: ``python -m experiments.probes``.

Every part is written to a folder as soon as it is done. After a stop the same command goes on from
there. Everything takes about half an hour of one core.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from colorlib.evaluation.provenance import provenance
from colorlib.io.files import save_atomically, write_text
from colorlib.metrics import interval
from colorlib.representation.features import BLOCKS, pooled
from colorlib.representation.finetuning import FEW
from experiments.study import NETWORKS, VIEW, Study

TUNED = ("random", "color")  # the networks that few labels train further
PAIRS = (("color", "random"), ("color", "kmeans"), ("color", "classification"),
         ("classification", "l2"), ("supervised", "color"))
# Of the features that ship for the notebook:
SHIPPED = ("random", "color", "supervised"), ("model2", "model4", "model7")  # networks, blocks
SMALL = 128  # numbers for each photo and block
PHOTOS = 700, 300  # to fit, and to test


def compared(one: np.ndarray, other: np.ndarray) -> dict:
    """Difference of two probes' accuracies on the same photographs, and what its interval says."""
    difference = one.astype(float) - other
    low, high = interval(difference)
    return {"difference": float(difference.mean()), "interval": [low, high],
            "says": "above" if low > 0 else "below" if high < 0 else "open"}


def measure(study: Study, names: Sequence[str] = tuple(NETWORKS),
            tuned: Sequence[str] = TUNED) -> dict:
    """All of results/representation.json but for its provenance."""
    probes = {name: study.probes(name) for name in names}
    right = {name: {block: np.array(found.pop("right")) for block, found in of.items()}
             for name, of in probes.items()}
    for of in probes.values():
        for found in of.values():
            for part in found["few"].values():
                del part["right"]
    pixels = study.pixels()
    del pixels["right"]
    depth = {}
    for name, of in probes.items():
        best = max(BLOCKS, key=lambda block, of=of: of[block]["accuracy"])
        depth[name] = {"best": best, **compared(right[name][BLOCKS[-1]], right[name][best])}
    return {
        "photos": {"fit": int(study.fit.sum()), "choose": int(study.choose.sum()),
                   "test": len(study.test), "supervised": int((~study.choose).sum())},
        "side": VIEW, "networks": {name: NETWORKS[name] for name in names},
        "sizes": {block: int(study.features(names[0])[f"test.{block}"].shape[1])
                  for block in BLOCKS},
        "pixels": pixels, "probes": probes,
        "differences": {f"{a} - {b}": {block: compared(right[a][block], right[b][block])
                                       for block in BLOCKS}
                        for a, b in PAIRS if {a, b} <= set(names)},
        "last_less_best": depth,
        "finetuning": {name: {str(share): study.finetuned(name, share) for share in FEW}
                       for name in tuned if name in names},
        "concepts": study.concepts(names),
    }


def added(figures: dict, before: dict) -> dict:
    """What an earlier run measured, and of `figures` the networks and pairs that it lacks."""
    def both(new: dict, old: dict) -> dict:
        every = new | old
        order = [*NETWORKS, *(f"{a} - {b}" for a, b in PAIRS)]
        return {name: every[name] for name in order if name in every}

    found = dict(before)
    for part in ("networks", "probes", "differences", "last_less_best"):
        found[part] = both(figures[part], before[part])
    for concept, of in before["concepts"].items():
        of["networks"] = both(figures["concepts"][concept]["networks"], of["networks"])
    found["added"] = {"networks": sorted(set(found["networks"]) - set(before["networks"])),
                      "command": figures["command"], "provenance": figures["provenance"]}
    return found


def ship(study: Study, path: Path) -> None:
    """Write features of some photos for the notebook: 128 numbers for each block, a byte each."""
    fit, test = (np.linspace(0, count - 1, most).astype(int)
                 for count, most in zip((study.fit.sum(), len(study.test)), PHOTOS, strict=True))
    tensors = {"labels": torch.from_numpy(np.concatenate(
        [study.labels[study.fit][fit], study.truth[test]]).astype(np.uint8))}
    for name in SHIPPED[0]:
        found, (network, _) = study.features(name), study.start(name)
        for block in SHIPPED[1]:
            x = torch.cat([found[f"fit.{block}"][fit], found[f"test.{block}"][test]]).float()
            channels = getattr(network, block)[-1].num_features
            side = round((x.shape[1] / channels) ** 0.5)
            x = pooled(x.view(len(x), channels, side, side), SMALL)
            x = (x - x[: len(fit)].mean(0)) / x[: len(fit)].std(0).clamp(min=1e-6)
            tensors[f"{name}.{block}"] = (x.clamp(-4, 4) * 127 / 4).round().to(torch.int8)
    save_atomically(tensors, {"of": f"{PHOTOS} photographs of Imagenette"}, path)


def main(argv=None) -> int:
    """Measure, write the results and, if asked for, the notebook's features."""
    parser = argparse.ArgumentParser(description="What six networks have learned to see.")
    parser.add_argument("--data", type=Path, help="folder with train and val; default: Imagenette")
    parser.add_argument("--every", type=int, default=1, help="only every so-manieth photo")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--folder", type=Path, default=Path("training/probes"),
                        help="for what is not finished; default: %(default)s")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/representation.json"))
    parser.add_argument("--add", action="store_true",
                        help="keep what the output file has, and add the networks that it lacks; "
                             "nothing is fine-tuned")
    parser.add_argument("--ship", type=Path, help="write the notebook's features to this file")
    options = parser.parse_args(argv)
    study = Study(options.folder, options.data, options.every)
    figures = measure(study, options.networks, () if options.add else TUNED)
    figures["command"] = " ".join(["python -m experiments.probes", *sys.argv[1:]])
    figures["provenance"] = provenance(study.test)
    if options.add:
        figures = added(figures, json.loads(options.output.read_text()))
    write_text(json.dumps(figures, indent=1) + "\n", options.output)
    if options.ship:
        ship(study, options.ship)
    return 0


if __name__ == "__main__":
    sys.exit(main())
