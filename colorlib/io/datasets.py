"""Imagenette and CIFAR-10: downloaded once, checked, found again (chapter 05)."""

import os
import shutil
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .downloads import cache_folder, download, unpack

IMAGENETTE_URL = "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz"
IMAGENETTE_MD5 = "e793b78cc4c9e9a4ccc0c1155377a412"
CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
CIFAR10_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
# Imagenette's folders: what they show, and that class's place among ImageNet's 1,000.
CLASSES = {
    "n01440764": ("tench", 0), "n02102040": ("English springer", 217),
    "n02979186": ("cassette player", 482), "n03000684": ("chain saw", 491),
    "n03028079": ("church", 497), "n03394916": ("French horn", 566),
    "n03417042": ("garbage truck", 569), "n03425413": ("gas pump", 571),
    "n03445777": ("golf ball", 574), "n03888257": ("parachute", 701),
}


def imagenette(split: str = "train") -> Path:
    """Folder of Imagenette's photographs, short side 160: 9,469 to train on, 3,925 to judge by.

    Looked for in $COLORLIB_DATA and in the cache; else downloaded (99 MB), checked and unpacked.
    """
    if split not in ("train", "val"):
        raise ValueError(f"split must be 'train' or 'val', got {split!r}")
    return _home("imagenette2-160", split, IMAGENETTE_URL, IMAGENETTE_MD5) / split


def cifar10(split: str = "train") -> Tensor:
    """CIFAR-10's pictures: 50,000 to train on, 10,000 to test by, of 32 x 32 pixels.

    Looked for in $COLORLIB_DATA and in the cache; else downloaded (170 MB), checked and unpacked.
    A folder with only some of the five training files gives the pictures of those.

    Returns
    -------
    uint8 tensor, shape (N, 3, 32, 32).

    Notes
    -----
    The binary version, since reading the Python version would mean to unpickle it. A record is a
    byte for the class, then 32 x 32 bytes each of red, green and blue. Krizhevsky 2009.
    """
    pattern = {"train": "data_batch_*.bin", "test": "test_batch.bin"}.get(split)
    if pattern is None:
        raise ValueError(f"split must be 'train' or 'test', got {split!r}")
    folder = _home("cifar-10-batches-bin", pattern, CIFAR10_URL, CIFAR10_MD5)
    files = sorted(folder.glob(pattern))
    record = 1 + 3 * 32 * 32
    for path in files:
        if path.stat().st_size % record:
            raise ValueError(f"{path}: not whole, its size is no multiple of {record} bytes")
    pictures = np.concatenate([np.fromfile(path, np.uint8).reshape(-1, record) for path in files])
    return torch.from_numpy(pictures[:, 1:].copy()).reshape(-1, 3, 32, 32)


def _home(name: str, inside: str, url: str, md5: str) -> Path:
    """Folder of a data set with files like `inside`, a pattern: found, or downloaded."""
    home = cache_folder() / name
    given = os.environ.get("COLORLIB_DATA")
    for folder in ([Path(given) / name] if given else []) + [home]:
        if any(folder.glob(inside)):
            return folder
    archive = download(url, f"md5:{md5}")
    # Unpacked beside its place first: a folder that is there is whole.
    beside = cache_folder() / f".{name}.{os.getpid()}"
    try:
        unpack(archive, beside, name)
        try:
            os.replace(beside / name, home)
        except OSError:
            if not any(home.glob(inside)):  # not another process's, which was quicker
                shutil.rmtree(home, ignore_errors=True)
                os.replace(beside / name, home)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return home


def label(path: str | Path) -> int:
    """Class of a photo of Imagenette, 0 to 9, by the folder that it lies in."""
    folder = Path(path).parent.name
    if folder not in CLASSES:
        raise ValueError(f"{path} lies in no folder of Imagenette's ten classes")
    return list(CLASSES).index(folder)
