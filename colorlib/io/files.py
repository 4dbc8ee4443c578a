"""Files out: the new one whole, or the old one as it was (beside the chapters)."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor


class NamedFile(BytesIO):
    """A file in memory that error messages can name."""

    def __init__(self, content: bytes, name: str):
        super().__init__(content)
        self.name = name


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to, which takes its place when the block ends without an error.

    Whatever happens, a full disk, a power cut, a second process that writes the same file: `path`
    is the old file or the new one, never half of one.

    Examples
    --------
    >>> folder = getfixture("tmp_path")
    >>> with replacing(folder / "figures.json") as beside:
    ...     size = beside.write_text("{}")
    >>> [path.name for path in folder.iterdir()]
    ['figures.json']
    """
    path = Path(path)
    if not path.parent.is_dir():  # said of this file, not of the one beside it
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    # A name of its own, for two writers; short, since the name of `path` may be as long as allowed.
    beside = path.with_name(f".colorlib-{secrets.token_hex(6)}")
    try:
        yield beside
        with open(beside, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_text(text: str, path: str | Path) -> None:
    """Write a text in UTF-8, whole or not at all, and make the folder for it if there is none."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")


def save_atomically(tensors: dict[str, Tensor], metadata: dict[str, str], path) -> None:
    """Write a safetensors file that is either the old one or the new one, never half of it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        try:
            save_file(tensors, beside, metadata)
        except SafetensorError as error:  # a full disk, as safetensors tells of it
            raise OSError(f"{path}: can't be written ({error}); what was there is as it was"
                          ) from error
        with suppress(OSError):  # Google Drive knows no permissions
            beside.chmod(0o644)  # safetensors makes files that only their owner can read


def load_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file and its metadata. OSError or SafetensorError if torn."""
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def load_cached(path: str | Path, key: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """As `load_tensors`, of a file whose metadata has this `key`; two empty dicts of any other."""
    try:
        tensors, metadata = load_tensors(path)
    except (OSError, SafetensorError):
        return {}, {}
    return (tensors, metadata) if metadata.get("key") == key else ({}, {})
