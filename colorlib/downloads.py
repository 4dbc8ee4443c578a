"""Data sets in: fetched once, checked, unpacked whole or not at all (chapter 05)."""

import hashlib
import os
import shutil
import tarfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

IMAGENETTE_URL = "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz"
IMAGENETTE_MD5 = "e793b78cc4c9e9a4ccc0c1155377a412"
CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
CIFAR10_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"


def cache_folder() -> Path:
    """Where downloads are kept: $COLORLIB_CACHE, or the user's cache folder."""
    import pooch

    return Path(os.environ.get("COLORLIB_CACHE") or pooch.os_cache("colorlib"))


def sha256(path: str | Path) -> str:
    """Hex digest of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(url: str, known_hash: str | None = None) -> Path:
    """Fetch a file once, with a progress bar, and check it. Returns where it lies.

    A try that breaks off leaves its part behind, and the next one goes on from there.

    Raises
    ------
    OSError, ValueError
        If it can't be had, or is another file than the one that `known_hash` belongs to; nothing
        is kept of such a file.
    """
    import pooch

    name = url.rsplit("/", 1)[-1]
    return Path(pooch.retrieve(url, known_hash, name, cache_folder(), downloader=_fetch))


def _fetch(url: str, output_file: str, _) -> None:
    """A downloader for pooch, whose own ones begin at the first byte each time."""
    import requests

    part = cache_folder() / f".{url.rsplit('/', 1)[-1]}.part"
    have = part.stat().st_size if part.exists() else 0
    wanted = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, headers=wanted, stream=True, timeout=30) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()  # there is nothing after what we have: it can't be the right part
            return _fetch(url, output_file, _)
        answer.raise_for_status()
        # A server that does not know of ranges sends all of it.
        have = have if answer.status_code == requests.codes.partial_content else 0
        total = have + int(answer.headers.get("Content-Length", 0)) or None
        with (
            part.open("ab" if have else "wb") as file,
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc="downloading") as bar,
        ):
            for chunk in answer.iter_content(1 << 16):
                file.write(chunk)
                bar.update(len(chunk))
    os.replace(part, output_file)


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
    folder = _home("cifar-10-batches-bin", "test_batch.bin", CIFAR10_URL, CIFAR10_MD5)
    files = sorted(folder.glob(pattern))
    if not files:
        raise ValueError(f"{folder} holds no {pattern}; delete it, and it is downloaded again")
    record = 1 + 3 * 32 * 32
    for path in files:
        if path.stat().st_size % record:
            raise ValueError(f"{path}: not whole, its size is no multiple of {record} bytes")
    pictures = np.concatenate([np.fromfile(path, np.uint8).reshape(-1, record) for path in files])
    return torch.from_numpy(pictures[:, 1:].copy()).reshape(-1, 3, 32, 32)


def _home(name: str, inside: str, url: str, md5: str) -> Path:
    """Folder of a data set that holds `inside`: found, or downloaded and unpacked."""
    for home in filter(None, [os.environ.get("COLORLIB_DATA"), cache_folder()]):
        if (Path(home) / name / inside).exists():
            return Path(home) / name
    archive = download(url, f"md5:{md5}")
    # Unpacked beside its place first: a folder that is there is whole.
    beside = cache_folder() / f".{name}.{os.getpid()}"
    try:
        with tarfile.open(archive) as tar:
            members = tqdm(tar, desc="unpacking", unit=" files")
            tar.extractall(beside, members=members, filter="data")
        shutil.rmtree(cache_folder() / name, ignore_errors=True)
        os.replace(beside / name, cache_folder() / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return cache_folder() / name
