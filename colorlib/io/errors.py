"""How a photograph is refused, and how something is said of one that is read all the same."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image


class PhotoError(ValueError):
    """A file that can't be used as a photograph; says in one line which and why."""


class PhotoWarning(UserWarning):
    """What was odd about a photograph that was read or written all the same, in one line."""


# Python keeps what warnings are shown for all threads together: one at a time may change it.
_showing = threading.RLock()


def warn(line: str) -> None:
    """Say something of a photograph, also while another thread decodes one."""
    with _showing:
        warnings.warn(line, PhotoWarning, stacklevel=4)


@contextmanager
def told(name: str) -> Iterator[None]:
    """Whatever a decoder raises, as a PhotoError of one line that names the file."""
    try:
        with _showing, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own warnings of size and odd metadata
            yield
    except PhotoError as error:
        raise PhotoError(f"{name}: {error}") from None
    except FileNotFoundError:
        raise PhotoError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise PhotoError(f"{name}: a folder, not a photograph") from None
    except PermissionError:
        raise PhotoError(f"{name}: no permission to read it") from None
    except Image.UnidentifiedImageError:
        raise PhotoError(f"{name}: not an image file, or of a kind that can't be read") from None
    except Image.DecompressionBombError:
        raise PhotoError(f"{name}: too many pixels for a photograph") from None
    except MemoryError:
        raise
    except Exception as error:  # decoders raise whatever they meet in a broken file
        if isinstance(error, OSError) and error.strerror:  # of the system, as a name too long
            raise PhotoError(f"{name}: can't be read ({error.strerror})") from None
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PhotoError(f"{name}: broken or truncated image file ({reason})") from None
