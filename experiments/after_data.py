"""Imagenette as the networks of chapters 14 and 15 see it: looked at once, and kept in a file."""

from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from colorlib.after.features import SIDE, Seen, look, shipped_encoder
from colorlib.color import rgb8_to_lab
from colorlib.data import evenly, find_photos, is_gray
from colorlib.images import PhotoError, center, read_rgb
from colorlib.io.datasets import imagenette, label
from colorlib.pretrained.efficientnet import Encoder

PART = 64  # photographs that are looked at together


class Looked(NamedTuple):
    """Photographs: RGB bytes (N, 3, 128, 128), ab (N, 2, 32, 32), classes (N,), features."""

    rgb: Tensor
    ab: Tensor
    labels: Tensor
    seen: Seen

    def first(self, count: int) -> "Looked":
        """So many of the photographs, spread evenly: kinds of pictures lie in folders."""
        places = torch.arange(count) * len(self.labels) // count
        return Looked(*(value[places] for value in self[:3]),
                      Seen(*(value[places] for value in self.seen)))


def squares(paths: list[Path]) -> tuple[Tensor, Tensor]:
    """Middle squares of the color photographs, uint8 (N, 3, 128, 128), and their classes."""
    found, labels = [], []
    for path in paths:
        try:
            photo = center(read_rgb(path, shrink_to=SIDE), SIDE)
        except PhotoError:
            continue
        if not is_gray(photo):
            found.append(photo)
            labels.append(label(path))
    return torch.stack(found), torch.tensor(labels)


def random_encoder() -> Encoder:
    """The encoder as it is before any training: He's initialization, which keeps the spread."""
    torch.manual_seed(0)
    encoder = Encoder(1)
    for module in encoder.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            torch.nn.init.zeros_(module.bias)
    return encoder.eval()


def looked(split: str, encoder: str, cache: Path, count: int | None = None) -> Looked:
    """A split of Imagenette with the features of "imagenet" or of a "random" encoder.

    Parameters
    ----------
    split : "train" or "val"; or "judge", 167 of the val split that neither a network nor the
        machine rater of chapter 8 learned from.
    count : so many of the split's photographs, spread evenly over it, before gray ones are left
        out.
    """
    path = cache / f"{split}_{encoder}_{count or 'all'}.pt"
    if path.exists():
        kept = torch.load(path, weights_only=True)
        return Looked(kept["rgb"], kept["ab"], kept["labels"], Seen(*kept["seen"]))
    paths = find_photos(imagenette("val" if split == "judge" else split))
    if split == "judge":  # of the rater's own test half, see experiments/rater.py
        paths = evenly(paths, 1000)[1::6]
    elif count:
        paths = evenly(paths, count)
    rgb, labels = squares(paths)
    network = shipped_encoder() if encoder == "imagenet" else random_encoder()
    network = network.to(memory_format=torch.channels_last)
    ab, seen = [], []
    for part in rgb.split(PART):
        lab = rgb8_to_lab(part)
        ab.append(F.avg_pool2d(lab[:, 1:], 4).half())
        seen.append([value.half().contiguous() for value in look(network, lab[:, :1])])
    seen = [torch.cat(values) for values in zip(*seen, strict=True)]
    if encoder == "random":  # as large as the others: a layer that follows learns as fast
        seen[1:] = [value / value.float().std().clamp(min=1e-6) for value in seen[1:]]
    kept = {"rgb": rgb, "ab": torch.cat(ab), "labels": labels, "seen": seen}
    cache.mkdir(parents=True, exist_ok=True)
    torch.save(kept, path)
    return Looked(kept["rgb"], kept["ab"], labels, Seen(*seen))
