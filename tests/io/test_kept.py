"""What a result keeps of its original, what it corrects, and what it says in every kind of file."""

import struct
from io import BytesIO

import numpy as np
import pytest
import tifffile
from icc import PROFILES
from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from test_formats import COLOR, GRAY

from colorlib.images import open_photo, save_photo
from colorlib.io.metadata import IPTC_TAG, colorized_note

TAG = ExifTags.Base
NOTE = colorized_note()
PICTURE = Image.fromarray((COLOR * 255).round().astype(np.uint8))
KINDS = [".jpg", ".png", ".tif", ".webp", ".avif", ".jp2"]
STALE = """<x:xmpmeta xmlns:x='adobe:ns:meta/'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:tiff='http://ns.adobe.com/tiff/1.0/'
 xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'
 xmlns:GCamera='http://ns.google.com/photos/1.0/camera/' tiff:ImageWidth='32' tiff:ImageLength='48'
 tiff:Orientation='6' photoshop:ColorMode='1' photoshop:ICCProfile='Dot Gain 20%'
 photoshop:City='Halle' GCamera:MotionPhoto='1' GCamera:MicroVideoOffset='123456'>
<exif:PixelXDimension>32</exif:PixelXDimension><exif:ColorSpace>65535</exif:ColorSpace>
<tiff:BitsPerSample><rdf:Seq><rdf:li>8</rdf:li></rdf:Seq></tiff:BitsPerSample>
<exif:UserComment>from an album</exif:UserComment></rdf:Description></rdf:RDF></x:xmpmeta>"""


def written(tmp_path, source, suffix, note=NOTE, picture=PICTURE):
    """The result of a source: its path, and Pillow's picture of it."""
    photo = open_photo(source)
    target = tmp_path / f"result{suffix}"
    save_photo(picture, target, note, photo)
    return target, Image.open(target)


def inch(path):
    """Pixels an inch as another program would find them: of the format, or of EXIF."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as tiff:
            tags = tiff.pages[0].tags
            assert tags[296].value == 2
            return tuple(round(tags[code].value[0] / tags[code].value[1]) for code in (282, 283))
    with Image.open(path) as picture:
        exif = exif_of(path)
        assert exif[TAG.ResolutionUnit] == 2
        found = tuple(round(float(exif[code])) for code in (TAG.XResolution, TAG.YResolution))
        if path.suffix in (".jpg", ".png"):
            assert tuple(map(round, picture.info["dpi"])) == found
    return found


def exif_of(path):
    if path.suffix != ".jp2":
        return Image.open(path).getexif()
    content = path.read_bytes()
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + content[content.index(b"JpgTiffExif->JP2") + 16 :])
    return exif


def everything(path):
    """All bytes of a file, to look for texts in."""
    return path.read_bytes()


# --- resolution and texts ---

@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", [".jpg", ".png", ".tif", ".bmp"])
def test_resolution_is_kept(tmp_path, source, target):
    Image.fromarray((GRAY * 255).astype(np.uint8)).save(tmp_path / f"a{source}", dpi=(600, 300))
    path, _ = written(tmp_path, tmp_path / f"a{source}", target)
    assert inch(path) == (600, 300)


def test_resolution_of_a_deep_tiff_in_centimeters_turned(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", (GRAY * 65535).astype(np.uint16), resolution=(100, 50),
                     resolutionunit="CENTIMETER", extratags=[(274, "H", 1, 6, True)])
    turned = PICTURE.transpose(Image.Transpose.ROTATE_270)
    path, _ = written(tmp_path, tmp_path / "a.tif", ".jpg", picture=turned)
    assert inch(path) == (127, 254)
    exif = Image.Exif()
    exif[0x0112] = 6
    PICTURE.save(tmp_path / "b.jpg", dpi=(600, 300), exif=exif)
    path, _ = written(tmp_path, tmp_path / "b.jpg", ".png", picture=turned)
    assert inch(path) == (300, 600)


def test_no_resolution_is_made_up(tmp_path):
    for suffix in (".jpg", ".png", ".tif"):
        PICTURE.save(tmp_path / f"a{suffix}")
        _, result = written(tmp_path, tmp_path / f"a{suffix}", suffix)
        assert result.getexif().get(TAG.XResolution, 1) == 1


@pytest.mark.parametrize("note", [NOTE, None])
@pytest.mark.parametrize("target", KINDS)
def test_texts_of_a_png_are_kept(tmp_path, target, note):
    texts = PngInfo()
    for name, text in (("Title", "Wedding"), ("Author", "J. Doe"), ("Copyright", "(c) J. Doe"),
                       ("Description", "Großmutter"), ("Source", "box 7"),
                       ("Raw profile type exif", "stale")):
        texts.add_text(name, text)
    PICTURE.convert("L").save(tmp_path / "a.png", pnginfo=texts)
    path, result = written(tmp_path, tmp_path / "a.png", target, note)
    if target == ".png":
        result.load()
        assert result.text["Title"] == "Wedding" and result.text["Source"] == "box 7"
        assert result.text["Description"] == f"Großmutter {note or ''}".strip()
        assert "Raw profile type exif" not in result.text
        return
    exif = exif_of(path)
    assert exif[TAG.DocumentName] == "Wedding" and exif[TAG.Artist] == "J. Doe"
    assert exif[TAG.Copyright] == "(c) J. Doe"
    caption = exif[TAG.ImageDescription].encode("latin-1").decode()
    assert caption == f"Großmutter {note or ''}".strip()


def test_comments_of_jpeg_and_gif_are_kept(tmp_path):
    for suffix in (".jpg", ".gif"):
        PICTURE.save(tmp_path / f"a{suffix}", comment="from the attic")
        for target in (".jpg", ".png"):
            _, result = written(tmp_path, tmp_path / f"a{suffix}", target)
            result.load()
            found = result.info.get("comment") or result.text["Comment"]
            assert found in (b"from the attic", "from the attic")


def test_captions_of_an_archive_in_a_tiff(tmp_path):
    block = b"\x1c\x02\x78" + struct.pack(">H", 9) + b"The choir"
    deep = (GRAY * 65535).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", deep, extratags=[(IPTC_TAG, 7, len(block), block, True)])
    path, _ = written(tmp_path, tmp_path / "a.tif", ".tif")
    with tifffile.TiffFile(path) as tiff:
        assert bytes(tiff.pages[0].tags[IPTC_TAG].value)[: len(block)] == block
    path, result = written(tmp_path, tmp_path / "a.tif", ".jpg")
    assert block in everything(path)


# --- the note, in every kind of file ---

@pytest.mark.parametrize("suffix", [*KINDS, ".jpeg", ".jfif", ".mpo", ".j2k", ".gif"])
def test_the_note_is_in_every_kind(tmp_path, suffix):
    PICTURE.save(tmp_path / "a.png")
    path, result = written(tmp_path, tmp_path / "a.png", suffix)
    assert NOTE.encode() in everything(path)
    result.load()
    assert result.size == PICTURE.size
    if suffix not in (".j2k", ".gif", ".jp2"):
        assert result.getexif()[TAG.ImageDescription] == NOTE
        assert b"DigitalSourceType" in everything(path)


# --- what is no longer true ---

@pytest.mark.parametrize("target", KINDS)
def test_what_the_result_makes_untrue_is_dropped(tmp_path, target):
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {TAG.ColorSpace: 65535, TAG.ExifImageWidth: 32, 0x9214: (1, 2, 3, 4),
                               TAG.ExifImageHeight: 48, TAG.UserComment: b"ASCII\0\0\0album"}
    PICTURE.convert("L").save(tmp_path / "a.jpg", exif=exif, xmp=STALE.encode(),
                              icc_profile=PROFILES["dotgain"])
    path, result = written(tmp_path, tmp_path / "a.jpg", target)
    details = exif_of(path).get_ifd(ExifTags.IFD.Exif)
    assert details[TAG.ColorSpace] == 1 and details[TAG.UserComment].endswith(b"album")
    assert TAG.ExifImageWidth not in details and 0x9214 not in details
    content = everything(path)
    for word in (b"ImageWidth", b"PixelXDimension", b"MotionPhoto", b"MicroVideo", b"Dot Gain",
                 b"ColorMode", b"BitsPerSample", b"65535", b"Orientation"):
        assert word not in content
    assert b"Halle" in content and b"from an album" in content
    if target != ".jp2":
        profile = ImageCms.ImageCmsProfile(BytesIO(result.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)


def test_the_caption_that_tifffile_writes_is_no_caption(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", (GRAY * 65535).astype(np.uint16))
    _, result = written(tmp_path, tmp_path / "a.tif", ".tif")
    assert result.getexif()[TAG.ImageDescription] == NOTE
