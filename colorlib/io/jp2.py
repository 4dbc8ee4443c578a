"""What a JPEG 2000 file says of itself: boxes behind its picture that Pillow does not write."""

import struct
from io import BytesIO

from .metadata import Metadata, with_texts

# The identifiers of the boxes for XMP and for EXIF (ISO 16684-1; JPEG 2000 has no other place).
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
EXIF = b"JpgTiffExif->JP2"


def with_boxes(file: BytesIO, said: Metadata) -> BytesIO:
    """A file with boxes for EXIF and XMP at its end; a bare stream, .j2k, stays as it is."""
    if file.getvalue()[4:8] != b"jP  ":
        return file
    exif = with_texts(said)
    contents = {EXIF: exif.tobytes().removeprefix(b"Exif\0\0") if len(exif) else b"",
                XMP: said.xmp or b""}
    file.seek(0, 2)
    for name, content in contents.items():
        if content:
            file.write(struct.pack(">I", 8 + len(name) + len(content)) + b"uuid" + name + content)
    return file


def boxes(file) -> dict[str, bytes]:
    """The EXIF and XMP of a JPEG 2000 file, as `info` of a picture has them."""
    file.seek(0, 2)
    end, at, found = file.tell(), 0, {}
    while at + 8 <= end:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        if kind == b"uuid" and size >= 24:
            name, content = file.read(16), file.read(size - 24)
            if name in (XMP, EXIF):
                found |= {"xmp": content} if name == XMP else {"exif": b"Exif\0\0" + content}
        if size < 8:  # a size of 64 bits, or "to the end of the file": a picture's
            break
        at += size
    return found
