"""TIFFs that say little, or much, of their numbers: right by their tags, or refused in one line."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image
from test_formats import COLOR, GRAY, HEIGHT, WIDTH, lightness, numbers

from colorlib.color import rgb_to_lab
from colorlib.images import PhotoError, PhotoWarning, as_rgb, open_photo


def tones(path):
    return rgb_to_lab(as_rgb(path))[0].numpy()


def right(path, expected=GRAY, within=0.5):
    assert np.abs(tones(path) - lightness(expected)).mean() < within


def write(path, stored, tags=(), **options):
    options = {"photometric": "minisblack", "metadata": None} | options
    tifffile.imwrite(path, stored, extratags=[(*tag, True) for tag in tags], **options)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.tif"


# --- floats ---

@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_a_few_floats_beyond_one_are_cut_off(path, kind, photometric):
    over = GRAY.copy()
    over[3, 3] = 1.02
    right(write(path, over.astype(kind), photometric=photometric),
          (1 - over if photometric == "miniswhite" else over).clip(0, 1))
    over[3, 3] = 40
    with pytest.warns(PhotoWarning, match="1 of its values lie outside 0 to 1"):
        assert np.abs(tones(write(path, over.astype(kind))) - lightness(GRAY)).mean() < 0.5


def test_not_a_number_is_black_and_said(path):
    some = GRAY.astype("f4")
    some[2, 5:8] = np.nan
    some[3, 4], some[3, 5] = np.inf, -np.inf
    with pytest.warns(PhotoWarning, match="3 of its values are not a number"):
        found = tones(write(path, some))
    assert found[2, 6] < 0.1 and found[3, 4] > 99.9 and found[3, 5] < 0.1
    with pytest.raises(PhotoError, match="none of its values is a number"):
        open_photo(write(path, np.full((4, 4), np.nan, "f4")))


@pytest.mark.parametrize("stored, found", [
    (GRAY * 255, "floats from"), (GRAY * 65535, "floats from"), (GRAY * 2 - 1, "floats from -0."),
    (COLOR * 255, "floats from")])
def test_floats_of_an_unknown_range_are_refused(path, stored, found):
    color = "rgb" if stored.ndim == 3 else "minisblack"
    with pytest.raises(PhotoError, match=f"a.tif: {found}.*divide them") as error:
        open_photo(write(path, stored.astype("f4"), photometric=color))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind, low, high", [
    ("f4", 0.0, 255.0), ("f4", -1.0, 1.0), ("f8", 10.0, 20.0), ("i2", -1000, 3000),
    ("i1", -100, 100), ("i4", 0, 10**6), ("u4", 0, 5000), ("u2", 0, 4095), ("i2", 0, 4095)])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_black_and_white_by_their_tags(path, kind, low, high, photometric, order):
    dtype = np.dtype(kind)
    stored = low + GRAY * (high - low)
    stored = stored if dtype.kind == "f" else stored.round()
    code = {"f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "u2": "H", "u4": "I"}[kind]
    write(path, stored.astype(dtype), [(340, code, 1, low), (341, code, 1, high)],
          photometric=photometric, byteorder=order)
    right(path, 1 - GRAY if photometric == "miniswhite" else GRAY)


# --- integers ---

@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "i8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_signed_integers_without_a_tag_are_refused(path, kind, order):
    stored = ((GRAY - 0.5) * 2 * np.iinfo(kind).max).round().astype(kind)
    with pytest.raises(PhotoError, match="signed integers of .* bits from -.*SMinSampleValue"):
        open_photo(write(path, stored, byteorder=order))


@pytest.mark.parametrize("kind, white", [("u4", 65535), ("u4", 255), ("u8", 2**32)])
def test_long_integers_that_end_far_below_their_full_scale_are_refused(path, kind, white):
    with pytest.raises(PhotoError, match="nothing says which is white"):
        open_photo(write(path, (GRAY * white).round().astype(kind)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_twelve_bits_in_sixteen(path, order):
    """They may be a dark picture: said, unless a tag tells."""
    stored = (GRAY * 4095).round().astype("u2")
    with pytest.warns(PhotoWarning, match="if they are 12-bit values, multiply them by 16"):
        assert tones(write(path, stored, byteorder=order)).max() < 55
    right(write(path, stored, [(281, "H", 1, 4095)], byteorder=order))
    with pytest.warns(PhotoWarning, match="12-bit"):  # not a depth, so it is but the largest value
        tones(write(path, stored, [(281, "H", 1, int(stored.max()) - 1)], byteorder=order))


def packed_bits(values, bits):
    """Numbers of so many bits one after another, each row beginning a byte."""
    rows = []
    for row in values.reshape(len(values), -1):
        text = "".join(f"{int(v):0{bits}b}" for v in row)
        text += "0" * (-len(text) % 8)
        rows.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    return b"".join(rows)


def by_hand(path, data, bits, samples=1, order="<", packing=1, photometric=1, more=(),
            planes=1, form=1):
    """A TIFF of one strip (or one a plane) with its tags written here."""
    strips = [data[i * len(data) // planes : (i + 1) * len(data) // planes] for i in range(planes)]
    if packing == 8:
        strips = [zlib.compress(strip) for strip in strips]
    tags = {256: (4, [WIDTH]), 257: (4, [HEIGHT]), 258: (3, [bits] * samples), 259: (3, [packing]),
            262: (3, [photometric]), 273: (4, None), 277: (3, [samples]), 278: (4, [HEIGHT]),
            279: (4, [len(s) for s in strips]), 284: (3, [1 if planes == 1 else 2]),
            339: (3, [form] * samples), **dict(more)}
    begin = 8 + 2 + 12 * len(tags) + 4
    extra = b""
    data_at = begin + 200
    tags[273] = (4, [data_at + sum(map(len, strips[:i])) for i in range(planes)])
    ifd = struct.pack(f"{order}H", len(tags))
    for code, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        field = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(
            f"{order}I", begin + len(extra))
        extra += packed if len(packed) > 4 else b""
        ifd += struct.pack(f"{order}HHI", code, kind, len(values)) + field
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    path.write_bytes(start + ifd + bytes(4) + extra.ljust(200, b"\0") + b"".join(strips))
    return path


@pytest.mark.parametrize("bits", [2, 4, 6, 10, 12, 14])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("packing", [1, 8])
def test_packed_bits(path, bits, order, photometric, packing):
    levels = (GRAY * (2**bits - 1)).round()
    stored = 2**bits - 1 - levels if photometric == 0 else levels
    by_hand(path, packed_bits(stored, bits), bits, order=order, photometric=photometric,
            packing=packing)
    right(path, levels / (2**bits - 1))


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planes", [1, 3])
def test_packed_bits_in_color(path, bits, order, planes):
    stored = (COLOR * (2**bits - 1)).round()
    stored = np.moveaxis(stored, -1, 0).reshape(-1, WIDTH) if planes == 3 else stored
    by_hand(path, packed_bits(stored, bits), bits, 3, order, photometric=2, planes=planes)
    right(path, COLOR)


def test_cmyk_and_lab_of_sixteen_bits(path):
    inks = numbers(np.dstack([1 - COLOR, 0 * GRAY]), "u2")
    write(path, inks, photometric="separated")
    right(path, COLOR)
    lab = np.dstack([(GRAY * 65535).round(), 0 * GRAY, 0 * GRAY]).astype("u2")
    write(path, lab, photometric="cielab")
    assert np.abs(tones(path) - 100 * GRAY).mean() < 0.5


# --- packed by what tifffile alone can't undo ---

def through_libtiff(path, stored, packing, order="<", photometric=1):
    """A TIFF packed by libtiff (in Pillow) as bytes, which are then said to be deeper numbers."""
    samples = 1 if stored.ndim == 2 else 3
    row = np.ascontiguousarray(stored).astype(stored.dtype.newbyteorder(order)).view(np.uint8)
    Image.fromarray(row.reshape(HEIGHT, -1)).save(path, compression=packing)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for code, value in ((256, WIDTH), (258, (stored.dtype.itemsize * 8,) * samples),
                            (262, photometric)):
            tiff.pages[0].tags[code].overwrite(value if value != (value,) else value)
    return path


@pytest.mark.parametrize("packing", ["tiff_lzw", "packbits"])
@pytest.mark.parametrize("photometric", [0, 1])
def test_sixteen_bits_by_libtiff(path, packing, photometric):
    stored = numbers(1 - GRAY if photometric == 0 else GRAY, "u2")
    right(through_libtiff(path, stored, packing, photometric=photometric))


@pytest.mark.parametrize("packing", ["tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("predictor", [2, 3])
def test_predictors_by_libtiff(path, packing, predictor):
    picture = Image.fromarray(GRAY.astype("f4") if predictor == 3 else numbers(GRAY, "u2"))
    picture.save(path, compression=packing, tiffinfo={317: predictor})
    with tifffile.TiffFile(path) as tiff:
        assert tiff.pages[0].predictor == predictor
    right(path)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits, form, color", [
    (8, 1, False), (8, 1, True), (12, 1, False), (16, 1, False), (16, 1, True), (32, 3, False)])
def test_lzw_in_either_byte_order(path, order, bits, form, color):
    values = COLOR if color else GRAY
    if bits == 12:
        data = packed_bits((values * 4095).round(), 12)
    else:
        kind = "f4" if form == 3 else f"u{bits // 8}"
        data = numbers(values, kind).astype(np.dtype(kind).newbyteorder(order)).tobytes()
    row = BytesIO()
    Image.frombytes("L", (len(data), 1), data).save(row, "TIFF", compression="tiff_lzw",
                                                    strip_size=len(data))
    row.seek(0)
    with tifffile.TiffFile(row) as tiff:
        [offset], [count] = tiff.pages[0].dataoffsets, tiff.pages[0].databytecounts
    strip = row.getvalue()[offset : offset + count]
    by_hand(path, strip, bits, 3 if color else 1, order, packing=5, form=form,
            photometric=2 if color else 1)
    right(path, values)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_files_with_long_offsets(path, order, kind, photometric):
    """BigTIFF, which Pillow does not read in every byte order."""
    stored = numbers(1 - GRAY if photometric == "miniswhite" else GRAY, kind)
    write(path, stored, [(274, "H", 1, 6)], photometric=photometric, byteorder=order, bigtiff=True)
    right(path, np.rot90(GRAY, -1))


# --- what is no photograph ---

@pytest.mark.parametrize("stored, options, words", [
    (np.zeros((HEIGHT, WIDTH, 3), "u1"), {"planarconfig": "contig"}, "3 channels of 8 bits"),
    (np.zeros((HEIGHT, WIDTH, 5), "u2"), {"planarconfig": "contig"}, "5 channels of 16 bits"),
    (np.zeros((HEIGHT, WIDTH), "c8"), {}, "can't be read as a photograph"),
    (np.zeros((HEIGHT, WIDTH), "u2"), {"photometric": "cfa"}, "raw data"),
])
def test_what_is_no_photograph_is_named(path, stored, options, words):
    with pytest.raises(PhotoError, match=words) as error:
        open_photo(write(path, stored, **options))
    assert "\n" not in str(error.value)


def test_thumbnails_are_no_pages(path):
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(np.zeros((8, 8), np.uint8), subfiletype=1, metadata=None)
        tiff.write(numbers(GRAY, "u2"), metadata=None)
    right(path)


def test_alpha_of_deep_pictures(path):
    for extra, alpha in (("unassalpha", GRAY), ("assocalpha", 0.2 + 0.8 * GRAY)):
        color = COLOR * (alpha[..., None] if extra == "assocalpha" else 1)
        write(path, numbers(np.dstack([color, alpha]), "u2"), photometric="rgb",
              extrasamples=[extra])
        assert open_photo(path).mode == "RGBA"
        right(path, COLOR, within=1)
        write(path, numbers(np.dstack([GRAY, alpha]), "u2"), planarconfig="contig",
              extrasamples=["unassalpha"])
        assert open_photo(path).mode == "LA"
        right(path)
