"""What a file says of itself: that its colors were made, beside what it said before (chapter 12).

EXIF has places for a caption and for the name of the program; XMP has them too, and one for the
IPTC's word on where a picture comes from, which archives and search engines read.
"""

from pathlib import Path
from xml.etree import ElementTree as XML

from PIL import ExifTags, Image, ImageCms, PngImagePlugin

CAPTION, SOFTWARE = ExifTags.Base.ImageDescription, ExifTags.Base.Software
# Of the photograph, not of how its file was stored; the orientation is in the pixels by now.
KEPT = (CAPTION, SOFTWARE, *(ExifTags.Base[name] for name in (
    "Make", "Model", "DateTime", "Artist", "Copyright", "XResolution", "YResolution",
    "ResolutionUnit", "DocumentName", "XPTitle", "XPComment", "XPAuthor", "XPKeywords",
    "XPSubject")))
# Sides, which may have been turned, and what points to places in the old file.
STALE = {ExifTags.Base[name] for name in (
    "ExifImageWidth", "ExifImageHeight", "ExifInteroperabilityOffset", "MakerNote")}
NAMES = {"rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "x": "adobe:ns:meta/",
         "dc": "http://purl.org/dc/elements/1.1/", "xmp": "http://ns.adobe.com/xap/1.0/",
         "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"}
# The IPTC's term for what was taken by a camera, with parts that a trained network made.
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

# Where a JPEG has the captions and credits that archives wrote before there was XMP (IPTC-IIM).
IPTC, MARKER, LONGEST = 0x0404, b"\xff\xed", 0xFFFF


def program() -> str:
    """The name and version of this library."""
    from .. import __version__

    return f"colorlib {__version__}"


def colorized_note(weights: str | Path = "course", T: float = 0.38) -> str:
    """The caption of a colorized photo: what was done, by what, and how far to believe it.

    Examples
    --------
    >>> colorized_note()
    'Colorized by a neural network (colorlib 1.0.0, weights course, T = 0.38): its colors are guesses, not a record of the scene.'
    """  # noqa: E501
    return (f"Colorized by a neural network ({program()}, weights {Path(weights).name}, T = {T:g})"
            ": its colors are guesses, not a record of the scene.")


def labels(kind: str, note: str | None, original: Image.Image | None, keep: bool = True) -> dict:
    """Options of Pillow's ``save`` that write a note, beside what the original's file said.

    Parameters
    ----------
    kind : Pillow's name of the format. JPEG, PNG, TIFF and WEBP have room for it; for others there
        are no options.
    note : a caption to add to the one that is there, or None.
    original : the photograph as `images.open_photo` gave it, or None. Its camera, dates, place,
        caption and author go along, in a JPEG also an archive's IPTC block; its thumbnail, still
        gray, and its MakerNote do not. Where it had a color profile, the result gets that of sRGB,
        in which its pixels are by now.
    keep : False leaves out what the original's file said.
    """
    if kind not in ("JPEG", "PNG", "TIFF", "WEBP"):
        return {}
    exif, xmp, options = Image.Exif(), None, {}
    if original is not None and original.info.get("icc_profile"):
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        options["icc_profile"] = srgb.tobytes()
    if original is not None and keep:
        exif, xmp = kept(original), original.info.get("xmp")
        if kind == "JPEG" and (segment := _iptc(original)):
            options["extra"] = segment
    if note:
        before = exif.get(CAPTION)
        exif[CAPTION] = b" ".join(filter(None, [before, note.encode()]))
        exif[SOFTWARE] = program()
        xmp = _with_note(xmp, note)
    if kind == "TIFF":
        # Its writer finds dates and place only in what was loaded; texts as bytes, as in `kept`.
        texts = {tag: value for tag, value in exif.items() if isinstance(value, bytes)}
        packed, exif = exif.tobytes(), Image.Exif()
        exif.load(packed)
        for tag, value in (texts | ({ExifTags.Base.XMLPacket: xmp} if xmp else {})).items():
            exif[tag] = value
    elif xmp and kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
    elif xmp:
        options["xmp"] = xmp
    return options | ({"exif": exif} if len(exif) else {})


def kept(original: Image.Image) -> Image.Exif:
    """What of a photograph's EXIF is true of its colorized version; nothing if it is broken."""
    exif = Image.Exif()
    try:
        found = original.getexif()
        for tag in KEPT:
            if tag in found:
                value = found[tag]
                # As the bytes that they are: of what is not ASCII, Pillow would make "?".
                exif[tag] = value.encode("latin-1") if isinstance(value, str) else value
        for name in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            part = {tag: x for tag, x in found.get_ifd(name).items() if tag not in STALE}
            if part:
                exif[name] = part
        exif.tobytes()  # whether it can be written shows here, before there is a file
    except Exception:  # Pillow raises whatever it meets; the picture matters more
        return Image.Exif()
    return exif


def _iptc(original: Image.Image) -> bytes:
    """The IPTC block of a JPEG as a segment to write; without the checksum that says "unchanged",
    so programs take the caption from XMP, where the note is. Nothing if there is none."""
    block = original.info.get("photoshop", {}).get(IPTC, b"")
    found = (b"Photoshop 3.0\0" + b"8BIM" + IPTC.to_bytes(2, "big") + b"\0\0"
             + len(block).to_bytes(4, "big") + block + b"\0" * (len(block) % 2))
    size = len(found) + 2
    return MARKER + size.to_bytes(2, "big") + found if block and size <= LONGEST else b""


def _with_note(xmp: bytes | None, note: str) -> bytes:
    """An XMP packet with the note in it; a new one if there is none, or none that can be read."""
    for prefix, name in NAMES.items():
        XML.register_namespace(prefix, name)
    rdf, dc, creator, source = (f"{{{NAMES[space]}}}{name}" for space, name in (
        ("rdf", ""), ("dc", "description"), ("xmp", "CreatorTool"),
        ("Iptc4xmpExt", "DigitalSourceType")))
    try:
        root = XML.fromstring((xmp or b"").strip(b"\0 \r\n\t"))
    except XML.ParseError:
        root = XML.Element(f"{{{NAMES['x']}}}xmpmeta")
    described = next(root.iter(f"{rdf}RDF"), None)
    if described is None:
        described = XML.SubElement(root, f"{rdf}RDF")
    captions = [text for block in described for text in block.findall(f"{dc}//{rdf}li")]
    for block in list(described):
        for name in (creator, source):  # each may stand once, as an attribute or as an element
            block.attrib.pop(name, None)
            for old in block.findall(name):
                block.remove(old)
    for text in captions:
        text.text = f"{text.text or ''} {note}".strip()
    block = XML.SubElement(described, f"{rdf}Description", {f"{rdf}about": ""})
    XML.SubElement(block, creator).text = program()
    XML.SubElement(block, source).text = SOURCE
    if not captions:
        alternatives = XML.SubElement(XML.SubElement(block, dc), f"{rdf}Alt")
        language = {"{http://www.w3.org/XML/1998/namespace}lang": "x-default"}
        XML.SubElement(alternatives, f"{rdf}li", language).text = note
    body = XML.tostring(root, encoding="unicode")
    return ('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
            f'{body}\n<?xpacket end="w"?>').encode()
