"""A photograph's file decoded: every page, upright, its colors in sRGB (beside the chapters)."""

import os
import stat
from collections.abc import Callable, Iterator

from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from . import tiff
from .errors import PhotoError, told, warn
from .jp2 import boxes
from .metadata import kept
from .modes import one_depth
from .profiles import to_srgb
from .torn import mended
from .xmp import cleaned

TAG = ExifTags.Base

# What a folder is searched for. Pillow reads more, such as icons, that are no photographs.
SUFFIXES = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif", ".tif", ".tiff",
    ".bmp", ".dib", ".gif", ".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc", ".heic", ".heif",
    ".hif", ".pbm", ".pgm", ".ppm", ".pnm", ".pfm", ".tga", ".pcx", ".sgi", ".psd"}
HEIF_SUFFIXES = {".heic", ".heif", ".hif"}
MAX_PIXELS = 120_000_000  # more is taken for a decompression bomb
PAGED = {"TIFF", "GIF", "PNG", "WEBP", "AVIF"}  # others' further pictures are previews or layers
TURNED = {5, 6, 7, 8}  # orientations with width and height exchanged
HEIF = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY  # 1 MB is too little for profiles


class PhotoFile:
    """An open file of one picture or several.

    Parameters
    ----------
    source : a path, or a binary file.

    Attributes
    ----------
    name : of the file, for messages.
    places : where its pages are among all that the file holds; thumbnails and masks are left out.
    kind : Pillow's name of its format.

    Raises
    ------
    PhotoError
        Here and in `page`, in one line: no such file, no picture, broken, too large.
    """

    def __init__(self, source):
        self.name = str(getattr(source, "name", "picture") if hasattr(source, "read") else source)
        self._own = None
        with told(self.name):
            self._file = source if hasattr(source, "read") else self._open(source)
            self._image = self._opened()
            self._tiff = self._as_tiff()
            self.places = self._places()
            self.kind = getattr(self._image, "format", "TIFF")

    def __enter__(self) -> "PhotoFile":
        return self

    def __exit__(self, *error) -> None:
        if self._own:
            self._own.close()

    def __len__(self) -> int:
        return len(self.places)

    def pixels(self) -> int:
        """How many pixels the first page has; nothing is decoded for it."""
        page = self._tiff.pages[self.places[0]] if self._tiff else self._image
        return page.imagewidth * page.imagelength if self._tiff else page.width * page.height

    def pages(self) -> Iterator[Image.Image]:
        """All pages, each decoded when its turn comes."""
        return (self.page(number) for number in range(len(self)))

    def first(self) -> Image.Image:
        """The first page; a `PhotoWarning` says so where there are more."""
        if len(self) > 1:
            self._warn(f"its first page of {len(self)} is taken")
        return self.page()

    def page(self, number: int = 0) -> Image.Image:
        """One page, upright and in sRGB; what its file said lies in `info` (see `metadata`)."""
        remarks = [self._others] if self._others else []
        with told(self.name):
            image = self._page(self.places[number], remarks.append)
        for remark in remarks:
            self._warn(remark)
        return image

    def _warn(self, remark: str) -> None:
        warn(f"{self.name}: {remark}")

    def _open(self, path):
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise PhotoError("a pipe or a device, not a file")
        self._own = open(path, "rb")  # noqa: SIM115
        return self._own

    def _start(self, count: int) -> bytes:
        self._file.seek(0)
        start = self._file.read(count)
        self._file.seek(0)
        return start

    def _opened(self) -> Image.Image | None:
        """Pillow's view of the file, not yet decoded; None for a TIFF that it does not know."""
        # By the open file, never by its path: Pillow maps turned TIFFs with their sides swapped.
        start = self._start(16)
        if start[4:8] == b"ftyp" and start[8:12] in HEIF:
            _with_heif()
        try:
            return Image.open(self._file)
        except Image.UnidentifiedImageError:
            if not tiff.is_tiff(start):
                raise
            return None

    def _as_tiff(self):
        """tifffile's view of the file, where it is a TIFF."""
        ours = self._image is None or self._image.format == "TIFF"
        return tiff.opened(self._file) if ours else None

    def _places(self) -> list[int]:
        self._others = ""
        image = self._image
        if self._tiff:
            return tiff.pages(self._tiff)
        count = getattr(image, "n_frames", 1)
        if image.format in PAGED:
            return list(range(count))
        if image.format in ("MPO", "HEIF") and count > 1:
            self._others = f"its first picture of {count} is taken"
        return [image.tell()]

    def _page(self, place: int, say: Callable[[str], None]) -> Image.Image:
        if self._tiff:
            image, exif, facts = self._of_tiff(place, say)
        else:
            image, exif, facts = self._by_pillow(place, say)
        orientation = exif.get(TAG.Orientation, 1)
        xmp = cleaned(image.info.get("xmp") or facts.get("xmp"))
        image.info |= facts | {"exif": kept(exif).tobytes(), "xmp": xmp, "pages": len(self)}
        if orientation in TURNED and "dpi" in image.info:
            image.info["dpi"] = image.info["dpi"][::-1]
        return to_srgb(one_depth(image, say), say)

    def _of_tiff(self, place, say) -> tuple[Image.Image, Image.Exif, dict]:
        page = self._tiff.pages[place]
        exif, facts = tiff.metadata(page)
        image = tiff.read(page, MAX_PIXELS, say, alone=self._image is None)
        if image is None:
            image, _, known = self._by_pillow(place, say)  # which turns it while it decodes it
            image.info.pop("dpi", None)
            facts = known | facts
        return image, exif, facts

    def _by_pillow(self, place, say) -> tuple[Image.Image, Image.Exif, dict]:
        image = self._image
        if image.tell() != place:
            image.seek(place)
        if image.width * image.height > MAX_PIXELS:
            raise PhotoError(f"{image.width} x {image.height} pixels, more than the "
                             f"{MAX_PIXELS:,} allowed; reduce it first")
        exif = _exif(image)
        try:
            image.load()
        except (OSError, SyntaxError) as error:
            image = mended(self._file, image, error, say)
        facts = {"texts": dict(getattr(image, "text", {}))}
        if image.format == "JPEG2000":
            facts |= boxes(self._file)
            if "exif" in facts:
                exif.load(facts.pop("exif"))
        upright = _turned(image)
        upright.info = dict(image.info)
        if not _states_dpi(image, exif):
            upright.info.pop("dpi", None)
        return upright, exif, facts


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # Pillow raises whatever it meets; the picture matters more
        return Image.Exif()


def _turned(image: Image.Image) -> Image.Image:
    """A copy that is upright as EXIF says; the picture itself where it is already."""
    turn = _exif(image).get(TAG.Orientation, 1) != 1
    return ImageOps.exif_transpose(image) if turn else image.copy()


def _states_dpi(image: Image.Image, exif: Image.Exif) -> bool:
    """Whether a resolution comes from the file: Pillow gives some that say nothing one too."""
    if image.format in ("JPEG", "MPO"):
        return image.info.get("jfif_unit", 0) != 0 or TAG.XResolution in exif
    return min(image.info.get("dpi", (0, 0))) >= 2


def upright(image: Image.Image) -> Image.Image:
    """A Pillow picture as its file would be read: turned as its EXIF says, its profile applied."""
    name = getattr(image, "filename", "") or "the picture"
    file = getattr(image, "fp", None)
    if image.format == "TIFF" and getattr(image, "tile", None) and file is not None:
        with PhotoFile(getattr(image, "filename", "") or file) as pages:  # not decoded so far
            places = pages.places
            return pages.page(places.index(image.tell()) if image.tell() in places else 0)
    remarks: list[str] = []
    with told(name):
        image.load()
        image = one_depth(image, remarks.append)
        if _exif(image).get(TAG.Orientation, 1) != 1:
            image = ImageOps.exif_transpose(image)
        image = to_srgb(image, remarks.append)
    for remark in remarks:
        warn(f"{name}: {remark}")
    return image


def _with_heif() -> None:
    """Teach Pillow to read HEIC, where its extension is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise PhotoError("HEIC is read by pillow-heif, which is not installed: "
                         "pip install pillow-heif") from None
    register_heif_opener()
