"""What a file says of itself: that its colors were made, beside what it said before (chapter 12).

EXIF has places for a caption and for the name of the program; XMP has them too, and one for the
IPTC's word on where a picture comes from, which archives and search engines read.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import ExifTags, Image, PngImagePlugin

from .profiles import srgb
from .xmp import SOURCE, cleaned, with_note  # noqa: F401

TAG = ExifTags.Base
CAPTION, SOFTWARE = TAG.ImageDescription, TAG.Software
RESOLUTION = TAG.XResolution, TAG.YResolution
# Of the photograph, not of how its file was stored; the orientation is in the pixels by now.
KEPT = (CAPTION, SOFTWARE, *RESOLUTION, *(TAG[name] for name in (
    "Make", "Model", "DateTime", "Artist", "Copyright", "ResolutionUnit", "DocumentName",
    "PageName", "PageNumber", "HostComputer", "Rating", "RatingPercent", "XPTitle", "XPComment",
    "XPAuthor", "XPKeywords", "XPSubject")))
# Sides, which may have been turned, places in the old picture or in its file, old pixels' form.
STALE = {0x9214, *(TAG[name] for name in (  # 0x9214 is where the subject is, in pixels
    "ExifImageWidth", "ExifImageHeight", "ExifInteroperabilityOffset", "MakerNote",
    "SubjectLocation", "ComponentsConfiguration", "CompressedBitsPerPixel", "Gamma"))}
SRGB = 1  # ColorSpace of EXIF
SHAPE = b'{"shape": '  # a caption that tifffile writes: the sides of the old picture
# PNG's texts and their places in EXIF, for results of another kind.
PLACES = {"Title": TAG.DocumentName, "Author": TAG.Artist, "Copyright": TAG.Copyright,
          "Description": CAPTION}
RAW = "Raw profile type "  # an old way to store EXIF and IPTC, orientation included

BEGINNING = "Colorized by a neural network"  # of every note; results are known by it
SEARCHED = 2**17  # bytes at a file's beginning and at its end in which a note stands

# Where a JPEG has the captions and credits that archives wrote before there was XMP (IPTC-IIM).
IPTC, MARKER, LONGEST = 0x0404, b"\xff\xed", 0xFFFF
IPTC_TAG = 33723  # where a TIFF has them


def program() -> str:
    """The name and version of this library."""
    from .. import __version__

    return f"colorlib {__version__}"


def colorized_note(weights: str | Path = "course", T: float = 0.38, hints: bool = False,
                   repaired: bool = False) -> str:
    """The caption of a colorized photo: what was done, by what, and how far to believe it.

    `hints`: a person chose some of the colors. `repaired`: the scan of an old print was repaired
    first, see `limits.old_prints`.

    Examples
    --------
    >>> colorized_note()
    'Colorized by a neural network (colorlib 1.0.0, weights course, T = 0.38): its colors are guesses, not a record of the scene.'
    """  # noqa: E501
    person = ", with the hints of a person" if hints else ""
    mended = ", after a program took tint, grain and spots away" if repaired else ""
    return (f"{BEGINNING} ({program()}, weights {Path(weights).name}, T = {T:g}{person}{mended})"
            ": its colors are guesses, not a record of the scene.")


def is_colorized(path: str | Path) -> bool:
    """Whether a file says that colorlib made its colors; False for one that can't be read."""
    mark = f"{BEGINNING} (colorlib ".encode()
    try:
        with open(path, "rb") as file:
            start = file.read(SEARCHED)
            if mark in start or len(start) < SEARCHED:
                return mark in start
            file.seek(max(SEARCHED, file.seek(0, 2) - SEARCHED))
            return mark in file.read()
    except OSError:
        return False


@dataclass
class Metadata:
    """What a result says of itself. Attributes are empty where nothing is to be said.

    exif, xmp : as in a file; `exif` has what is true of the result.
    profile : of its colors (ICC).
    dpi : pixels an inch, across and down.
    texts : a PNG's, by keyword; "Comment" is a JPEG's or GIF's.
    iptc : an archive's block of captions and credits.
    note : that its colors are guesses; it is a part of `exif` and `xmp` already.
    duration, loop : of a frame in milliseconds; of an animation, 0 without end.
    """

    exif: Image.Exif = field(default_factory=Image.Exif)
    xmp: bytes | None = None
    profile: bytes | None = None
    dpi: tuple[float, float] | None = None
    texts: dict[str, str] = field(default_factory=dict)
    iptc: bytes = b""
    note: str | None = None
    duration: float | None = None
    loop: int | None = None

    def least(self) -> "Metadata":
        """The note and the profile alone: for a file that can't hold what its original said."""
        return replace(metadata(self.note, None), profile=self.profile)


def metadata(note: str | None, original: Image.Image | None, keep: bool = True) -> Metadata:
    """A note, beside what the original's file said.

    Parameters
    ----------
    note : a caption to add to the one that is there, or None.
    original : the photograph as `images.open_photo` gave it, or None. Its camera, dates, place,
        resolution, texts, caption and author go along; its thumbnail, still gray, its MakerNote
        and what is true of the old pixels alone do not. Where it had a color profile, the result
        gets that of sRGB, in which its pixels are by now.
    keep : False leaves out what the original's file said.
    """
    found = Metadata(note=note)
    if original is not None and original.info.get("icc_profile"):
        found.profile = srgb()
    if original is not None:
        found.duration, found.loop = (original.info.get(key) for key in ("duration", "loop"))
    if original is not None and keep:
        found.exif = kept(original.getexif())
        found.xmp = cleaned(original.info.get("xmp"))
        found.dpi = original.info.get("dpi")
        found.texts = _texts(original)
        found.iptc = _iptc(original)
    if found.dpi and all(0 < value < 1e6 for value in found.dpi):
        found.exif.update(dict(zip(RESOLUTION, found.dpi, strict=True)) | {TAG.ResolutionUnit: 2})
    else:
        found.dpi = None
    if note:
        before = found.exif.get(CAPTION) or found.texts.get("Description", "").encode()
        found.exif[CAPTION] = b" ".join(filter(None, [before, note.encode()]))
        found.exif[SOFTWARE] = program()
        found.xmp = with_note(found.xmp, note, program())
        if "Description" in found.texts:
            found.texts["Description"] += f" {note}"
        found.texts.pop("Software", None)
    return found


def options(kind: str, found: Metadata) -> dict:
    """Options of Pillow's ``save`` that write it; `kind` is Pillow's name of a format.

    JPEG, PNG, WEBP and AVIF have room for nearly all of it, GIF and BMP for a little; for other
    kinds, see `encode`.
    """
    comment = found.texts.get("Comment")
    result = {"dpi": found.dpi} if found.dpi and kind in ("JPEG", "PNG", "BMP") else {}
    if kind == "GIF":
        note = found.exif.get(CAPTION) or comment
        return {"comment": note[:10_000]} if note else {}
    if kind not in ("JPEG", "PNG", "WEBP", "AVIF"):
        return result
    if found.profile:
        result["icc_profile"] = found.profile
    if kind == "PNG":
        result["pnginfo"] = _pnginfo(found)
    elif found.xmp:
        result["xmp"] = found.xmp
    if kind == "JPEG" and comment:
        result["comment"] = comment.encode()[:65_000]
    if kind == "JPEG" and found.iptc:
        result["extra"] = _segment(found.iptc)
    exif = found.exif if kind == "PNG" else with_texts(found)
    return result | ({"exif": exif} if len(exif) else {})


def with_texts(found: Metadata) -> Image.Exif:
    """The EXIF with a PNG's texts where it has places for them and nothing there."""
    exif = Image.Exif()
    exif.update(dict(found.exif))
    for name, tag in PLACES.items():
        if name in found.texts and tag not in exif:
            exif[tag] = found.texts[name].encode()
    return exif


def kept(found: Image.Exif) -> Image.Exif:
    """What of a photograph's EXIF is true of its colorized version; nothing if it is broken."""
    exif = Image.Exif()
    try:
        for tag in KEPT:
            if tag in found:
                value = found[tag]
                # As the bytes that they are: of what is not ASCII, Pillow would make "?".
                value = value.encode("latin-1") if isinstance(value, str) else value
                if not (tag == CAPTION and value.startswith(SHAPE)):
                    exif[tag] = value
        for name in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            part = {tag: x for tag, x in found.get_ifd(name).items() if tag not in STALE}
            if TAG.ColorSpace in part and name == ExifTags.IFD.Exif:
                part[TAG.ColorSpace] = SRGB
            if part:
                exif[name] = part
        exif.tobytes()  # whether it can be written shows here, before there is a file
    except Exception:  # Pillow raises whatever it meets; the picture matters more
        return Image.Exif()
    return exif


def _texts(original: Image.Image) -> dict[str, str]:
    """The texts of a PNG and the comment of a JPEG or GIF."""
    texts = {key: str(value) for key, value in original.info.get("texts", {}).items()
             if not key.startswith((RAW, "XML:com.adobe.xmp"))}
    comment = original.info.get("comment")
    if comment:
        texts["Comment"] = comment.decode("utf-8", "replace") if isinstance(
            comment, bytes) else str(comment)
    return texts


def _pnginfo(found: Metadata) -> PngImagePlugin.PngInfo:
    """A PNG's texts, as Latin-1 where that will do, and its XMP; none of them compressed."""
    info = PngImagePlugin.PngInfo()
    if found.xmp:
        info.add_itxt("XML:com.adobe.xmp", found.xmp.decode("utf-8", "replace"))
    for name, text in found.texts.items():
        info.add_text(name, text)
    return info


def _iptc(original: Image.Image) -> bytes:
    """The IPTC block of a JPEG or TIFF; nothing if there is none."""
    block = original.info.get("iptc") or (original.info.get("photoshop") or {}).get(IPTC, b"")
    return block if isinstance(block, bytes) else b""


def _segment(block: bytes) -> bytes:
    """An IPTC block as a segment of a JPEG; without the checksum that says "unchanged", so that
    programs take the caption from XMP, where the note is. Nothing if it is too long."""
    found = (b"Photoshop 3.0\0" + b"8BIM" + IPTC.to_bytes(2, "big") + b"\0\0"
             + len(block).to_bytes(4, "big") + block + b"\0" * (len(block) % 2))
    size = len(found) + 2
    return MARKER + size.to_bytes(2, "big") + found if size <= LONGEST else b""
