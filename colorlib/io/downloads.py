"""Data sets in: fetched once, checked, unpacked whole or not at all (chapter 05)."""

import glob
import gzip
import hashlib
import os
import secrets
import tarfile
import time
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath

from tqdm.auto import tqdm

STALLED = 30  # seconds without a byte after which a server is given up
MAX_UNPACKED = 2 << 30  # bytes; an archive that unpacks to more is none of ours
MAX_HEADER = 1 << 20  # bytes that tarfile may ask for at once: names, not files


def cache_folder() -> Path:
    """Where downloads are kept: $COLORLIB_CACHE, or the user's cache folder."""
    import pooch

    if os.environ.get("COLORLIB_CACHE"):
        return Path(os.environ["COLORLIB_CACHE"])
    with suppress(RuntimeError):  # that is how platformdirs says it, or by a path with a ~
        folder = Path(pooch.os_cache("colorlib"))
        if folder.parts[:1] != ("~",):
            return folder
    raise OSError("there is no home folder to keep downloads in: set COLORLIB_CACHE to a folder, "
                  "or COLORLIB_DATA to one that holds the data")


def sha256(path: str | Path) -> str:
    """Hex digest of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(url: str, known_hash: str | None = None) -> Path:
    """Fetch a file once, with a progress bar, and check it. Returns where it lies.

    A try that breaks off leaves its part behind, and the next one goes on from there. Processes
    that fetch the same file at once each fetch it whole, and do not disturb each other.

    Raises
    ------
    OSError, ValueError
        If it can't be had, or is another file than the one that `known_hash` belongs to; nothing
        is kept of such a file.
    """
    import pooch
    import requests

    name = url.rsplit("/", 1)[-1]
    folder = cache_folder()
    try:
        return Path(pooch.retrieve(url, known_hash, name, folder, downloader=_fetch))
    except requests.RequestException as error:
        raise OSError(f"{url}: not downloaded, {_why(error)}; try again later, what came is kept "
                      "and it goes on from there") from error
    except OSError as error:
        raise OSError(f"{folder}: the download can't be written there ({error.strerror or error}); "
                      "make room, or set COLORLIB_CACHE to another folder") from error
    except ValueError as error:
        raise ValueError(f"{url}: what came is another file, its hash is not {known_hash}; nothing "
                         "is kept of it, try again, or from another network") from error


def _why(error) -> str:
    """What went wrong on the way, in a few words: requests tells it as a chain of objects."""
    import requests

    if isinstance(error, requests.HTTPError):
        return f"the server says {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"the server was silent for {STALLED} seconds"
    if isinstance(error, requests.TooManyRedirects):
        return "the server sends from one address to the next without end"
    return "the connection could not be made, or broke off"


def _fetch(url: str, output_file: str, _) -> None:
    """A downloader for pooch, whose own ones begin at the first byte each time."""
    import requests

    name = url.rsplit("/", 1)[-1]
    part = _claim(name)
    try:
        have = part.stat().st_size if part.exists() else 0
        wanted = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(url, headers=wanted, stream=True, timeout=STALLED) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                part.unlink()  # there is nothing after what we have: it can't be the right part
                return _fetch(url, output_file, _)
            answer.raise_for_status()
            # A server that does not know of ranges sends all of it.
            have = have if answer.status_code == requests.codes.partial_content else 0
            total = have + int(answer.headers.get("Content-Length", 0)) or None
            with (
                part.open("ab" if have else "wb") as file,
                tqdm(total=total, initial=have, unit="B", unit_scale=True, desc="downloading"
                     ) as bar,
            ):
                for chunk in answer.iter_content(1 << 16):
                    file.write(chunk)
                    bar.update(len(chunk))
        os.replace(part, output_file)
    except BaseException:
        with suppress(OSError):
            os.replace(part, cache_folder() / f".{name}.part")  # for whoever tries next
        raise


def _claim(name: str) -> Path:
    """A part of our own to write to: one that another try has left, or a new one."""
    folder = cache_folder()
    mine = folder / f".{name}.{secrets.token_hex(6)}.part"
    for left in sorted(folder.glob(f".{glob.escape(name)}*.part")):
        with suppress(OSError):  # another process was quicker
            # One that is written to gets a byte before the server counts as stalled.
            if left.name == f".{name}.part" or time.time() - left.stat().st_mtime > 2 * STALLED:
                os.replace(left, mine)
                os.utime(mine)
                break
    return mine


class _Bounded(gzip.GzipFile):
    """A compressed file that ends with an error where it would unpack to too much."""

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_HEADER or self.tell() + size > MAX_UNPACKED:
            raise ValueError(f"unpacks to more than {MAX_UNPACKED:,} bytes")
        return super().read(size)


def unpack(archive: str | Path, folder: str | Path, name: str) -> None:
    """Unpack a .tar.gz that holds one folder, `name`, with plain files and folders in it.

    Raises
    ------
    ValueError
        For an archive that is torn, too large, or holds anything else: a link, a device, a name
        that leads elsewhere, as by ``..``, a leading slash or a backslash.
    OSError
        If there is no room for it.
    """
    try:
        with _Bounded(archive) as packed, tarfile.open(fileobj=packed, mode="r:") as tar:
            members = tqdm(_plain(tar, name), desc="unpacking", unit=" files")
            tar.extractall(folder, members=members, filter="data")
        if not (Path(folder) / name).is_dir():
            raise ValueError(f"it holds no folder {name}")
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{archive}: refused, nothing of it is kept ({reason}); delete it, and it "
                         "is downloaded again") from error


def _plain(tar: tarfile.TarFile, name: str):
    """The members, one by one, as long as each is a file or folder inside of `name`."""
    total = 0
    for member in tar:
        parts = PurePosixPath(member.name).parts
        if parts[:1] != (name,) or ".." in parts or "\\" in member.name or ":" in member.name:
            raise ValueError(f"it holds {member.name[:80]!r}, which leads out of {name}")
        if not (member.isfile() or member.isdir()):
            raise ValueError(f"it holds {member.name[:80]!r}, which is no file and no folder")
        total += member.size
        if total > MAX_UNPACKED:
            raise ValueError(f"unpacks to more than {MAX_UNPACKED:,} bytes")
        yield member
