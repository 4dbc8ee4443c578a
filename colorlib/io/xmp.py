"""The XMP packet of a file: a note put into it, and what the result makes untrue taken out."""

from xml.etree import ElementTree as XML

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMES = {"rdf": RDF, "x": "adobe:ns:meta/", "dc": "http://purl.org/dc/elements/1.1/",
         "xmp": "http://ns.adobe.com/xap/1.0/", "tiff": "http://ns.adobe.com/tiff/1.0/",
         "exif": "http://ns.adobe.com/exif/1.0/", "photoshop": "http://ns.adobe.com/photoshop/1.0/",
         "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"}
# The IPTC's term for what was taken by a camera, with parts that a trained network made.
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

# How the old file stored its pixels, and what lay behind them: a film, a depth map, a thumbnail.
UNTRUE = {
    "tiff": {"ImageWidth", "ImageLength", "ImageHeight", "BitsPerSample", "SamplesPerPixel",
             "PhotometricInterpretation", "Compression", "Orientation", "PlanarConfiguration",
             "YCbCrSubSampling", "YCbCrPositioning", "YCbCrCoefficients", "TransferFunction",
             "WhitePoint", "PrimaryChromaticities", "ReferenceBlackWhite", "NativeDigest",
             "XResolution", "YResolution", "ResolutionUnit"},
    "exif": {"PixelXDimension", "PixelYDimension", "ColorSpace", "ComponentsConfiguration",
             "CompressedBitsPerPixel", "SubjectArea", "SubjectLocation", "Gamma", "NativeDigest",
             "MakerNote"},
    "photoshop": {"ColorMode", "ICCProfile", "LegacyIPTCDigest"},
    "xmp": {"Thumbnails"},
    "dc": {"format"},
}
GONE = {f"{{{NAMES[space]}}}{name}" for space, names in UNTRUE.items() for name in names}
SPACES_GONE = tuple(f"{{{space}" for space in (
    "http://ns.google.com/photos/", "http://ns.adobe.com/hdr-gain-map/", "http://ns.apple.com/HDR",
    "http://ns.adobe.com/xmp/note/", "http://ns.adobe.com/camera-raw-settings/"))


def cleaned(packet: bytes | None) -> bytes | None:
    """A packet without what is not true of the result; None if there is none that can be read."""
    root = _parsed(packet)
    if root is None:
        return None
    for parent in list(root.iter()):
        for name in [name for name in parent.attrib if _gone(name)]:
            del parent.attrib[name]
        for child in [child for child in parent if _gone(child.tag)]:
            parent.remove(child)
    return _packet(root)


def with_note(packet: bytes | None, note: str, program: str) -> bytes:
    """A packet with the note in it; a new one if there is none, or none that can be read.

    Parameters
    ----------
    packet : as the file has it, or None.
    note : goes behind each of the captions that are there.
    program : the name of what wrote the file.
    """
    rdf, dc, creator, source = (f"{{{NAMES[space]}}}{name}" for space, name in (
        ("rdf", ""), ("dc", "description"), ("xmp", "CreatorTool"),
        ("Iptc4xmpExt", "DigitalSourceType")))
    root = _parsed(packet)
    if root is None:
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
    XML.SubElement(block, creator).text = program
    XML.SubElement(block, source).text = SOURCE
    if not captions:
        alternatives = XML.SubElement(XML.SubElement(block, dc), f"{rdf}Alt")
        language = {"{http://www.w3.org/XML/1998/namespace}lang": "x-default"}
        XML.SubElement(alternatives, f"{rdf}li", language).text = note
    return _packet(root)


def _gone(name: str) -> bool:
    return name in GONE or name.startswith(SPACES_GONE)


def _parsed(packet: bytes | None) -> XML.Element | None:
    for prefix, name in NAMES.items():
        XML.register_namespace(prefix, name)
    try:
        return XML.fromstring((packet or b"").strip(b"\0 \r\n\t"))
    except (XML.ParseError, ValueError, LookupError):  # no XML, or in an unknown encoding
        return None


def _packet(root: XML.Element) -> bytes:
    body = XML.tostring(root, encoding="unicode")
    return ('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
            f'{body}\n<?xpacket end="w"?>').encode()
