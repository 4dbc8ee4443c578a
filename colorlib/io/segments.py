"""The packed parts of a TIFF laid open, where tifffile alone can't (beside the chapters).

tifffile reads what is stored plainly, by Deflate, LZMA or PackBits; all else it leaves to a large
package of codecs. Pillow's libtiff knows those, but not every kind of number. So a strip or tile
goes through libtiff as if it were a row of bytes, and tifffile reads the numbers.
"""

import struct
from io import BytesIO

import numpy as np
from PIL import Image
from tifffile import TiffFile, TiffPage

from .errors import PhotoError

PLAINLY = {1, 8, 32773, 32946, 34925}  # compressions that tifffile undoes
DIFFERENCES, FLOATS = 2, 3  # predictors; tifffile does not undo the second
HEADER = 8 + 2 + 10 * 12 + 4  # bytes of a TIFF with ten tags before its one strip


def packed(page: TiffPage) -> bool:
    """Whether a page must be laid open before tifffile can read it."""
    return page.compression not in PLAINLY or page.predictor == FLOATS or _odd(page)


def laid_open(page: TiffPage) -> BytesIO:
    """The file of a page once more, with that page stored plainly, in whole bytes."""
    page.parent.filehandle.seek(0)
    content = page.parent.filehandle.read()
    file = BytesIO(content)
    with TiffFile(file) as tiff:
        page = tiff.pages[page.index]
        offsets, counts = [], []
        for i, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts,
                                                strict=True)):
            opened = _opened(content[offset : offset + count], page, i)
            offsets.append(file.seek(0, 2))
            counts.append(file.write(opened))
        short, long = 3, 4  # types of a tag's numbers
        bits = (_bits(page),) * page.samplesperpixel
        changes = [(259, 1, short), (266, 1, short), (317, 1, short), (258, bits, short),
                   (273, offsets, long), (324, offsets, long), (279, counts, long),
                   (325, counts, long)]
        for code, value, kind in changes:
            if code in page.tags:
                page.tags[code].overwrite(value, dtype=kind)
    file.seek(0)
    return file


def _odd(page) -> bool:
    """Whether its numbers have another width than whole bytes, as 12 bits."""
    return page.bitspersample not in (1, 8, 16, 32, 64)


def _bits(page) -> int:
    """Bits of a number after `laid_open`."""
    if not _odd(page):
        return page.bitspersample
    return 8 if page.bitspersample < 8 else 16


def _opened(data: bytes, page: TiffPage, index: int) -> bytes:
    """One strip or tile as plain bytes."""
    rows, columns = _shape(page, index)
    size = rows * -(-columns * page.bitspersample // 8)
    data = _decompressed(data, page, size) if data and page.compression != 1 else data
    data = data[:size].ljust(size, b"\0")
    if page.predictor == FLOATS:
        data = _floats(data, rows, columns, page)
    elif page.predictor == DIFFERENCES:
        data = _sums(data, rows, page)
    if _odd(page):
        data = _wide(data, rows, columns, page)
    return data


def _shape(page, index: int) -> tuple[int, int]:
    """Rows of a strip or tile, and numbers in each."""
    apart = page.planarconfig == 2
    samples = 1 if apart else page.samplesperpixel
    if page.is_tiled:
        return page.tilelength, page.tilewidth * samples
    strips = -(-page.imagelength // page.rowsperstrip)
    first = index % strips * page.rowsperstrip
    return min(page.rowsperstrip, page.imagelength - first), page.imagewidth * samples


def _decompressed(data: bytes, page: TiffPage, size: int) -> bytes:
    """A segment through libtiff, as one row of `size` gray pixels of 8 bits."""
    tags = [(256, 4, size), (257, 4, 1), (258, 3, 8), (259, 3, int(page.compression)), (262, 3, 1),
            (266, 3, int(page.fillorder)), (273, 4, HEADER), (277, 3, 1), (278, 4, 1),
            (279, 4, len(data))]
    ifd = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", code, kind, 1, value) for code, kind, value in tags)
    row = b"II*\0" + struct.pack("<I", 8) + ifd + bytes(4) + data
    try:
        with Image.open(BytesIO(row)) as image:
            return image.tobytes()
    except (OSError, Image.DecompressionBombError, ValueError, RuntimeError):
        name = getattr(page.compression, "name", page.compression)
        raise PhotoError(f"a TIFF of {page.bitspersample} bits packed by {name}, which can't be "
                         "read or is broken; save it uncompressed or by Deflate") from None


def _sums(data: bytes, rows: int, page: TiffPage) -> bytes:
    """Undo the predictor for integers: each number is the difference from the one at its left."""
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    dtype = np.dtype(f"{page.parent.byteorder}u{page.bitspersample // 8}")
    steps = np.frombuffer(data, dtype).reshape(rows, -1, samples)
    return np.cumsum(steps, axis=1, dtype=dtype.newbyteorder("=")).astype(dtype).tobytes()


def _floats(data: bytes, rows: int, columns: int, page: TiffPage) -> bytes:
    """Undo the predictor for floats: differences of bytes, the first bytes of a row first."""
    size = page.bitspersample // 8
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    steps = np.frombuffer(data, np.uint8).reshape(rows, -1, samples)
    planes = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(rows, size, columns)
    values = np.ascontiguousarray(planes.transpose(0, 2, 1))  # the highest byte first
    big = page.parent.byteorder == ">"
    return (values if big else np.ascontiguousarray(values[..., ::-1])).tobytes()


def _wide(data: bytes, rows: int, columns: int, page: TiffPage) -> bytes:
    """Numbers of 2 to 15 bits, packed one after another in each row, in 8 or 16 bits each."""
    bits = page.bitspersample
    stream = np.frombuffer(data, np.uint8)
    if page.compression == 1 and page.fillorder == 2:
        stream = np.packbits(np.unpackbits(stream, bitorder="little"))
    each = np.unpackbits(stream.reshape(rows, -1), axis=1)[:, : columns * bits]
    values = np.zeros((rows, columns), np.uint16)
    for place in range(bits):
        values = values * 2 + each[:, place::bits]
    order = page.parent.byteorder
    return values.astype(np.uint8 if _bits(page) == 8 else f"{order}u2").tobytes()
