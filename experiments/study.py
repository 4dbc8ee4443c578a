"""Six networks compared on the same photographs, every part cached in a file (chapter 11)."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm.auto import tqdm

from colorlib.color import lightness_of
from colorlib.data import find_photos
from colorlib.evaluation.methods import colorizer, weights_file
from colorlib.images import center, read_rgb
from colorlib.io.datasets import imagenette, label
from colorlib.metrics import interval
from colorlib.networks import Zhang, zhang
from colorlib.representation.concepts import CONCEPTS, MOST, best_unit, places, responses
from colorlib.representation.features import BLOCKS, SIZE, features, pooled
from colorlib.representation.finetuning import FEW, SUPERVISED, few, logits_of, train_on_labels
from colorlib.representation.kmeans import initialize
from colorlib.representation.probes import PENALTIES, best_probe
from experiments.cache import cache_json, cache_tensors

SIDE = 128  # pixels: the middle square of a photo whose short side was made as long
VIEW = 96  # pixels: that square as a probe's network sees it
WIDTH = 1 / 4  # of all the networks, as of the course's
NETWORKS = {"random": "random weights", "kmeans": "k-means filters", "color": "learned to color",
            "classification": "learned to color, not rebalanced",
            "l2": "learned to color by L2", "supervised": "learned the labels"}
SHOWN = 256  # training pictures from which filters and BatchNorms are initialized
FEWEST = 10  # a concept that fewer photographs show is left out
MIDDLE = "model4"  # the block whose probes are also fitted to few labels
ROWS = {"color": "full", "classification": "classification", "l2": "l2"}  # of the table


def square(rgb: Tensor) -> Tensor:
    """The middle square of a photo, (3, 128, 128)."""
    return center(rgb, SIDE)


def pictures(paths: Sequence[Path]) -> Tensor:
    """Lightness of the middle squares as bytes, 255 for L = 100: uint8 (N, 1, 128, 128)."""
    return torch.stack([
        (lightness_of(square(read_rgb(path, shrink_to=SIDE)) / 255) * 2.55).round().byte()
        for path in tqdm(paths, desc="reading", mininterval=5)])


def lightness(part: Tensor, side: int = VIEW) -> Tensor:
    """L (N, 1, side, side) of what `pictures` returned."""
    values = part * (100 / 255)
    if side != SIDE:
        values = F.interpolate(values, (side, side), mode="bilinear", antialias=True)
    return values.contiguous(memory_format=torch.channels_last)


class Study:
    """The photographs in their parts, and the networks that are measured on them.

    Every 20th photo of the train split is used to choose penalties; no training has its label.
    Probes are fitted to every third of the others, and the supervised network is trained on the
    labels of all the others. Every second photo of the val split is for testing only.

    Parameters
    ----------
    folder : for the cache.
    data : folder with train and val; Imagenette if not given.
    every : use only one photo in so many.
    """

    def __init__(self, folder: Path, data: Path | None = None, every: int = 1):
        self.folder = folder
        self.train = find_photos(data / "train" if data else imagenette("train"))[::every]
        self.test = find_photos(data / "val" if data else imagenette("val"))[:: 2 * every]
        self.labels = np.array([label(path) for path in self.train])
        self.truth = np.array([label(path) for path in self.test])
        number = np.arange(len(self.train))
        self.choose = number % 20 == 0
        self.fit = (number % 3 == 1) & ~self.choose
        names = "".join(path.name for path in [*self.train, *self.test])
        self.key = f"{SIDE} {hashlib.sha256(names.encode()).hexdigest()}"
        both = cache_tensors(
            folder / "pictures.safetensors", self.key,
            lambda: {"train": pictures(self.train), "test": pictures(self.test)})
        self.gray, self.seen = both["train"], both["test"]

    def start(self, name: str) -> tuple[Zhang, str]:
        """One of the networks, and a text of all that its weights depend on."""
        if name in ROWS:
            digest = hashlib.sha256(weights_file(ROWS[name]).read_bytes()).hexdigest()
            return colorizer(ROWS[name]).network.to(memory_format=torch.channels_last), digest
        torch.manual_seed(0)
        network, key = zhang(WIDTH).to(memory_format=torch.channels_last), f"{name} {self.key}"

        def make() -> dict[str, Tensor]:
            if name == "supervised":
                told = ~self.choose
                initial, _ = self.start("random")
                train_on_labels(initial, self.gray[torch.from_numpy(told)], self.labels[told],
                                SUPERVISED, lr=2e-3,
                                checkpoint=self.folder / "learning.safetensors")
                return initial.state_dict()
            some = self.gray[:: max(1, len(self.gray) // SHOWN)][:SHOWN]
            return initialize(network, lightness(some), name).state_dict()

        key += f" {SUPERVISED}" if name == "supervised" else f" {SHOWN}"
        network.load_state_dict(cache_tensors(self.folder / f"{name}.safetensors", key, make))
        return network.eval(), key

    def features(self, name: str) -> dict[str, Tensor]:
        """Pooled features of each block, "fit.model1" and so on: (photos, numbers) each."""
        network, key = self.start(name)

        @torch.inference_mode()
        def make() -> dict[str, Tensor]:
            found: dict[str, list[Tensor]] = {}
            parts = {"fit": self.gray[torch.from_numpy(self.fit)],
                     "choose": self.gray[torch.from_numpy(self.choose)], "test": self.seen}
            for part, gray in parts.items():
                for some in tqdm(gray.split(64), desc=f"{name}, {part}", mininterval=5):
                    for block, feature in features(network, lightness(some)).items():
                        found.setdefault(f"{part}.{block}", []).append(
                            pooled(feature, SIZE).half())
            return {k: torch.cat(v) for k, v in found.items()}

        path = self.folder / f"{name}.features.safetensors"
        return cache_tensors(path, f"{SIZE} {VIEW} {key}", make)

    def probe(self, x: dict[str, np.ndarray], some: np.ndarray | None = None) -> dict:
        """Fit on the labels (those numbered `some`, or all), choose the penalty, test."""
        some = np.arange(int(self.fit.sum())) if some is None else some
        probe = best_probe(x["fit"][some], self.labels[self.fit][some],
                           x["choose"], self.labels[self.choose])
        right = probe.right(x["test"], self.truth)
        return {"accuracy": float(right.mean()), "interval": interval(right),
                "penalty": probe.penalty, "slope": probe.slope, "labels": len(some),
                "right": right.astype(int).tolist()}

    def probes(self, name: str) -> dict[str, dict]:
        """For each block: a probe of all labels, and of one block probes of few."""
        def make() -> dict:
            x, found = self.features(name), {}
            for block in tqdm(BLOCKS, desc=f"probes, {name}"):
                of = {part: x[f"{part}.{block}"].float().numpy()
                      for part in ("fit", "choose", "test")}
                found[block] = self.probe(of)
                shares = (0.01, 0.1) if block == MIDDLE else ()
                found[block]["few"] = {
                    str(share): self.probe(of, few(self.labels[self.fit], share))
                    for share in shares}
            return found

        key = f"{SIZE} {VIEW} {PENALTIES} {self.start(name)[1]}"
        return cache_json(self.folder / f"{name}.probes.json", key, make)

    def pixels(self) -> dict:
        """A probe on the lightness itself, in squares."""
        parts = {"fit": self.gray[torch.from_numpy(self.fit)],
                 "choose": self.gray[torch.from_numpy(self.choose)], "test": self.seen}
        return self.probe({k: pooled(lightness(v), SIZE).numpy() for k, v in parts.items()})

    def finetuned(self, name: str, share: float) -> dict:
        """Trunk and head, trained on a share of the labels that probes are fitted to."""
        network, key = self.start(name)

        def make() -> dict[str, Tensor]:
            some = few(self.labels[self.fit], share)
            gray = self.gray[torch.from_numpy(self.fit)][torch.from_numpy(some)]
            model = train_on_labels(network, gray, self.labels[self.fit][some], FEW[share])
            return {"logits": logits_of(model, lightness(self.seen)),
                    "labels": torch.tensor(len(some))}

        path = self.folder / f"{name}.few-{share}.safetensors"
        found = cache_tensors(path, f"{FEW[share]} {key}", make)
        right = found["logits"].argmax(1).numpy() == self.truth
        return {"accuracy": float(right.mean()), "interval": interval(right),
                "labels": int(found["labels"]), "steps": sum(x.steps for x in FEW[share])}

    def concepts(self, names: Sequence[str]) -> dict:
        """For sky, grass and faces: the best unit of every block, and what plain lightness does."""
        key, found = f"{CONCEPTS} {MOST} {self.key}", {}
        where = cache_tensors(self.folder / "places.safetensors", key,
                              lambda: places(self.test[::2], SIDE, square))
        tables = {concept: rows.numpy() for concept, rows in where.items()}
        for concept, table in tables.items():
            inside = table[:, 3] > 0
            if len(photos := np.unique(table[inside, 0])) < FEWEST:
                continue
            plain = np.stack([table[:, 4], -table[:, 4], table[:, 5], -table[:, 5]], axis=1)
            best = best_unit(plain, table)
            best["which"] = ("lightness", "darkness", "roughness", "smoothness")[best.pop("unit")]
            del best["units_above"]
            found[concept] = {
                "is": CONCEPTS[concept], "inside": int(inside.sum()),
                "outside": int((~inside).sum()), "photos_inside": len(photos), "lightness": best,
                "networks": {}}

        def units(network: Zhang) -> dict:
            rows = torch.cat([where[concept] for concept in found])
            answers = responses(network, lambda i: lightness(self.seen[::2][i], SIDE), rows)
            ends = np.cumsum([len(where[concept]) for concept in found])
            return {concept: {block: best_unit(answers[block][end - len(where[concept]) : end],
                                               tables[concept]) for block in BLOCKS}
                    for concept, end in zip(found, ends, strict=True)}

        for name in names:
            network, start = self.start(name)
            best = cache_json(self.folder / f"{name}.units.json", f"{key} {start}",
                              lambda network=network: units(network))
            for concept in found:
                found[concept]["networks"][name] = best[concept]
        return found
