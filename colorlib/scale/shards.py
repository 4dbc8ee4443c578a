"""Photographs by the million, in tar files of a thousand (chapter 13).

To write them needs webdataset (``pip install webdataset``), to read them nothing.
"""

import hashlib
import json
import os
import re
import tarfile
import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from ..data import find_photos
from ..images import PhotoError, read_rgb
from ..io.downloads import sha256
from ..io.files import NamedFile, replacing, write_text

MANIFEST = "shards.json"  # lies beside the shards: what each holds, and its checksum
WINDOW = 8  # shards whose photographs are shuffled together


class ShardError(ValueError):
    """A shard that is torn or not what the manifest says; names it, and says what to do."""


def pack(source: str | Path, out: str | Path, photos: int = 1000, seed: int = 0) -> dict:
    """Pack the photographs of a folder into WebDataset shards, as the files are, byte for byte.

    Parameters
    ----------
    source : folder; all that is in its folders counts.
    out : folder for ``00000.tar`` and so on, and for the manifest.
    photos : in each shard, but for the last.
    seed : of the order. A folder is sorted, perhaps by class; the shards are shuffled.

    Returns
    -------
    dict, the manifest: ``photos`` in all, and of each of its ``shards`` the ``file``, its
    ``sha256``, ``bytes`` and ``photos``.

    Raises
    ------
    ValueError
        If there are no photographs, or `out` has the shards of another collection.

    Notes
    -----
    The same photographs and arguments give the same bytes. Stopped, it goes on: shards that are
    there and have their checksum are not written again. Each sample is the photo, and its path in
    `source` as ``name``.
    """
    import webdataset

    if photos < 1:
        raise ValueError(f"photos must be at least 1 a shard, got {photos}")
    source, out = Path(source), Path(out)
    paths = find_photos(source)
    order = torch.randperm(len(paths), generator=torch.Generator().manual_seed(seed)).tolist()
    plan = [(paths[i].relative_to(source).as_posix(), paths[i].stat().st_size) for i in order]
    digest = hashlib.sha256(json.dumps([plan, photos]).encode()).hexdigest()
    there = {}
    if (out / MANIFEST).exists():
        made = manifest(out)
        if made["plan"] != digest:
            raise ValueError(f"{out} has the shards of other photographs or of other arguments; "
                             "choose another folder, or delete it")
        there = {shard["file"]: shard for shard in made["shards"]}
    out.mkdir(parents=True, exist_ok=True)
    for number in tqdm(range(-(-len(paths) // photos)), unit=" shards"):
        name = f"{number:05}.tar"
        if name in there and not _fault(out, there[name]):
            continue
        chosen = order[number * photos : (number + 1) * photos]
        with (
            replacing(out / name) as beside, beside.open("wb") as file,
            # Time and owner would make other bytes of the same photographs.
            webdataset.TarWriter(file, user="", group="", mtime=0) as writer,
        ):
            for position, i in enumerate(chosen, number * photos):
                kind = paths[i].suffix.lower().removeprefix(".")
                writer.write({"__key__": f"{position:09}", kind: paths[i].read_bytes(),
                              "name": os.fsencode(paths[i].relative_to(source).as_posix())})
        there[name] = {"file": name, "sha256": sha256(out / name), "photos": len(chosen),
                       "bytes": (out / name).stat().st_size}
        made = {"plan": digest, "photos": len(paths), "shards": sorted(
            there.values(), key=lambda shard: shard["file"])}
        write_text(json.dumps(made, indent=1) + "\n", out / MANIFEST)
    return made


def is_sharded(folder: str | Path) -> bool:
    """Whether a folder holds shards that `pack` made."""
    return (Path(folder) / MANIFEST).is_file()


def manifest(folder: str | Path, whole: bool = False) -> dict:
    """What the shards of a folder are said to hold: see `pack`.

    Raises
    ------
    ShardError
        If the manifest can't be read; with `whole`, if packing did not come to its end.
    """
    path = Path(folder) / MANIFEST
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
        made["plan"]
        for shard in made["shards"]:
            # A name, never a path: a manifest from elsewhere must not read other folders.
            if not re.fullmatch(r"\d{5,}\.tar", shard["file"]) or not (
                0 < shard["photos"] <= shard["bytes"] and isinstance(shard["sha256"], str)
            ):
                raise ValueError(f"{shard['file']} has an entry that can't be true")
        packed, photos = sum(shard["photos"] for shard in made["shards"]), int(made["photos"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise ShardError(f"{path} can't be read ({reason}); make it anew by `colorlib shards`"
                         ) from None
    if whole and packed < photos:
        raise ShardError(f"{folder} has {packed:,} of its {photos:,} photographs: "
                         "run `colorlib shards` again, it goes on")
    return made


def _fault(folder: Path, shard: dict) -> str:
    """What is wrong with a shard; nothing if all is well."""
    path = folder / shard["file"]
    if not path.is_file():
        return f"{path} is missing"
    size = path.stat().st_size
    if size != shard["bytes"]:
        return f"{path} is torn: {size:,} of {shard['bytes']:,} bytes"
    if sha256(path) != shard["sha256"]:
        return f"{path} is corrupt: its sha256 is not that of the manifest"
    return ""


class Sound:
    """Says of each shard in a folder whether it may be read; checks its file only once.

    bad : "stop" raises a ShardError for a torn or corrupt shard, "skip" notes it in `skipped`.
    """

    def __init__(self, folder: Path, bad: str):
        if bad not in ("stop", "skip"):
            raise ValueError(f"bad must be 'stop' or 'skip', got {bad!r}")
        self.folder, self.bad, self.skipped, self._looked = folder, bad, {}, set()

    def __call__(self, shard: dict) -> bool:
        path = self.folder / shard["file"]
        if path not in self._looked:
            self._looked.add(path)
            fault = _fault(self.folder, shard)
            if fault and self.bad == "stop":
                raise ShardError(f"{fault}; `colorlib shards` writes it anew, --bad skip goes on "
                                 "without it")
            if fault:
                warnings.warn(f"{fault}: left out, with its {shard['photos']} photographs",
                              stacklevel=2)
                self.skipped[path] = fault
        return path not in self.skipped


def photo_places(path: Path, photos: int) -> list[tuple[int, int]]:
    """First byte and number of bytes of each photo in a shard; ShardError if not so many."""
    with tarfile.open(path) as tar:
        places = [(m.offset_data, m.size) for m in tar if not m.name.endswith(".name")]
    if len(places) != photos:
        raise ShardError(f"{path} has {len(places)} photographs, its manifest says {photos}; "
                         "`colorlib shards` writes both anew")
    return places


class Shards(Sequence):
    """The photographs of a folder of shards, read one by one, for training.

    A tar file is not compressed, so each photo is a run of its bytes. They are read when the photo
    is asked for, and not kept. So any process can compute any batch of `data.Batches`.

    Parameters
    ----------
    folder : where `pack` put them.
    side : the short side in pixels that larger photographs are reduced to.
    bad : what to do about a torn or corrupt shard: "stop" (a ShardError names it) or "skip" (a
        warning names it, its photographs are None).

    Attributes
    ----------
    skipped : dict of path to reason: shards and photographs that could not be read.
    """

    def __init__(self, folder: str | Path, side: int = 256, bad: str = "stop"):
        self.folder, self.side = Path(folder), side
        self.shards = manifest(folder, whole=True)["shards"]
        counts = torch.tensor([shard["photos"] for shard in self.shards], dtype=torch.long)
        self.ends = counts.cumsum(0)
        self._is_sound = Sound(self.folder, bad)
        self.skipped = self._is_sound.skipped
        # A batch may reach over two windows.
        self._places_in = lru_cache(2 * WINDOW)(photo_places)

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __reduce__(self):
        """For processes that are spawned: all but the memory of places."""
        known = {"_is_sound": self._is_sound, "skipped": self.skipped}
        return Shards, (self.folder, self.side, self._is_sound.bad), known

    def fingerprint(self) -> dict:
        """What a checkpoint records of its data, see `data.Photos.fingerprint`."""
        return {"photographs": len(self), "digest": manifest(self.folder)["plan"][:16]}

    def __getitem__(self, i: int) -> Tensor | None:
        number = int(torch.searchsorted(self.ends, i, right=True))
        shard = self.shards[number]
        if not self._is_sound(shard):
            return None
        place = i - int(self.ends[number]) + shard["photos"]
        path = self.folder / shard["file"]
        start, size = self._places_in(path, shard["photos"])[place]
        with path.open("rb") as file:
            file.seek(start)
            content = file.read(size)
        try:
            return read_rgb(NamedFile(content, f"{shard['file']}, photo {place}"), self.side)
        except PhotoError as error:
            self.skipped[f"{shard['file']}, photo {place}"] = str(error)
            return None

    def order(self, rng: torch.Generator) -> Tensor:
        """Every photo once, shuffled: the shards, then the photographs of each `WINDOW` shards.

        So only `WINDOW` shards have to be open at a time.
        """
        starts = self.ends - torch.tensor([shard["photos"] for shard in self.shards])
        found = []
        for window in torch.randperm(len(self.shards), generator=rng).split(WINDOW):
            photos = torch.cat([torch.arange(starts[n], self.ends[n]) for n in window.tolist()])
            found.append(photos[torch.randperm(len(photos), generator=rng)])
        return torch.cat(found)
