"""What a colorized file says of itself, read back as another program would."""

import io
import re
from xml.etree import ElementTree as XML

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, IptcImagePlugin

from colorlib.cli.parser import main
from colorlib.images import open_photo, sample, save_photo
from colorlib.io import metadata

SUFFIXES = [".jpg", ".png", ".tif", ".webp"]
NOTE = metadata.colorized_note("photo")
TITLE = "Großmutter, 1921"
OLD_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Scanner 3"
 xmp:Rating="5" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">Großmutter</rdf:li></rdf:Alt></dc:description></rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def xmp_of(image):
    """The XMP of a file as (the names of its elements and attributes, all its text)."""
    packet = image.info["xmp"]
    packet = packet.encode() if isinstance(packet, str) else packet
    root = XML.fromstring(packet.strip(b"\0 \n"))
    names = [re.sub("{.*}", "", n) for e in root.iter() for n in (e.tag, *e.attrib)]
    values = [v for e in root.iter() for v in e.attrib.values()]
    return names, " | ".join([*root.itertext(), *values])


def old_photo(path, orientation=6):
    """A file as a scanner or a camera leaves it: on its side, with a caption and more."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.ImageDescription] = TITLE.encode()
    exif[ExifTags.Base.Make] = "Ernemann"
    exif[ExifTags.Base.XPTitle] = TITLE.encode("utf-16le")
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "1921:05:01 12:00:00",
                               ExifTags.Base.ExifImageWidth: 90}
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N"}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kind = Image.registered_extensions()[path.suffix]
    # PNG and TIFF have places of their own for XMP.
    more = {"xmp": OLD_XMP} if kind in ("JPEG", "WEBP") else {}
    if kind == "TIFF":
        packed, exif = exif.tobytes(), Image.Exif()
        exif.load(packed)
        exif[ExifTags.Base.ImageDescription] = TITLE.encode()
        exif[ExifTags.Base.XMLPacket] = OLD_XMP
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        more["pnginfo"] = PngInfo()
        more["pnginfo"].add_itxt("XML:com.adobe.xmp", OLD_XMP.decode())
    sample("cat").resize((90, 60)).save(path, exif=exif, icc_profile=profile, **more)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_colorize_says_that_its_colors_are_guesses(tmp_path, suffix):
    sample("cat").resize((90, 60)).convert("L").save(tmp_path / f"cat{suffix}")
    assert main(["colorize", str(tmp_path / f"cat{suffix}"), "-T", "0.5"]) == 0
    result = Image.open(tmp_path / f"cat_color{suffix}")
    exif = result.getexif()
    assert exif[ExifTags.Base.Software] == metadata.program()
    assert exif[ExifTags.Base.ImageDescription] == metadata.colorized_note("photo", 0.5)
    assert "guesses" in NOTE and "T = 0.38" in NOTE
    names, text = xmp_of(result)
    assert metadata.colorized_note("photo", 0.5) in text and metadata.SOURCE in text
    assert {"CreatorTool", "DigitalSourceType", "description"} <= set(names)
    assert not result.info.get("icc_profile")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("options, orientation", [([], 6), ([], 1), (["--no-note"], 6)])
def test_what_the_file_said_before_stays(tmp_path, suffix, options, orientation):
    path = tmp_path / f"old{suffix}"
    old_photo(path, orientation)
    assert main(["colorize", str(path), *options]) == 0
    result = Image.open(tmp_path / f"old_color{suffix}")
    exif = result.getexif()
    assert result.size == ((60, 90) if orientation == 6 else (90, 60))
    assert exif.get(ExifTags.Base.Orientation, 1) == 1
    assert exif[ExifTags.Base.Make] == "Ernemann"
    assert exif[ExifTags.Base.XPTitle].decode("utf-16le") == TITLE
    details = exif.get_ifd(ExifTags.IFD.Exif)
    assert details[ExifTags.Base.DateTimeOriginal].startswith("1921")
    assert ExifTags.Base.ExifImageWidth not in details
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
    caption = exif[ExifTags.Base.ImageDescription].encode("latin-1").decode()
    names, text = xmp_of(result)
    assert caption == (TITLE if options else f"{TITLE} {NOTE}")
    assert ("Scanner 3" in text) == bool(options) and "5" in text
    assert names.count("CreatorTool") == names.count("description") == 1
    assert (f"Großmutter {NOTE}" in text) == ("DigitalSourceType" in names) == (not options)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(result.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


@pytest.mark.parametrize("long", [False, True])
def test_what_an_archive_wrote_into_a_jpeg_stays(tmp_path, long):
    """Headline and credit as IPTC has them; a block that fits into no file is left out."""
    before = {(2, 105): "Großmutter".encode(), (2, 110): b"City archive"}
    if long:
        before |= {(2, n): b"x" * 30_000 for n in (25, 80, 120)}
    block = b"".join(bytes([0x1C, *tag]) + len(x).to_bytes(2, "big") + x
                     for tag, x in before.items())
    photo = sample("cat").resize((90, 60))
    photo.info["photoshop"] = {metadata.IPTC: block, 0x0425: b"0" * 16}
    save_photo(photo, tmp_path / "old.jpg", None, photo)
    assert main(["colorize", str(tmp_path / "old.jpg")]) == 0
    result = Image.open(tmp_path / "old_color.jpg")
    assert (IptcImagePlugin.getiptcinfo(result) or {}) == ({} if long else before)
    assert 0x0425 not in result.info.get("photoshop", {})
    assert NOTE in xmp_of(result)[1] and NOTE in result.getexif()[270]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_note_changes_no_pixel(tmp_path, suffix):
    photo = sample("china").resize((90, 60))
    save_photo(photo, tmp_path / f"plain{suffix}")
    save_photo(photo, tmp_path / f"noted{suffix}", NOTE)
    plain, noted = (Image.open(tmp_path / f"{name}{suffix}") for name in ("plain", "noted"))
    assert np.array_equal(np.asarray(plain), np.asarray(noted))
    assert not len({270, 305} & set(plain.getexif()))


def test_a_profile_of_another_space_becomes_srgb(tmp_path):
    """A gray profile on a picture in color would make it unreadable for others."""
    gray = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    sample("cat").resize((90, 60)).convert("L").save(tmp_path / "g.png", icc_profile=gray)
    assert main(["colorize", str(tmp_path / "g.png")]) == 0
    written = Image.open(tmp_path / "g_color.png").info["icc_profile"]
    assert written[16:20] == b"RGB "


@pytest.mark.parametrize("broken", ["exif", "xmp", "long xmp", "number"])
def test_odd_metadata_is_left_behind_and_the_picture_is_kept(tmp_path, broken):
    photo = sample("cat").resize((90, 60))
    if broken == "exif":
        photo.info["exif"] = b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40
    elif broken == "number":
        photo.getexif()[ExifTags.Base.Make] = 7
    else:
        long = OLD_XMP.replace(b'xmp:Rating="5"', b'xmp:Label="%s"' % (b"9" * 70_000))
        photo.info["xmp"] = b"<broken" if broken == "xmp" else long
    for suffix in SUFFIXES:
        save_photo(photo, tmp_path / f"a{suffix}", NOTE, photo)
        result = open_photo(tmp_path / f"a{suffix}")
        assert result.size == (90, 60) and NOTE in xmp_of(result)[1]
        assert NOTE in result.getexif()[ExifTags.Base.ImageDescription]


def test_kinds_without_a_place_for_it_are_written_all_the_same(tmp_path):
    for suffix in (".gif", ".bmp"):
        save_photo(sample("cat").resize((9, 6)), tmp_path / f"a{suffix}", NOTE)
        assert Image.open(tmp_path / f"a{suffix}").size == (9, 6)


def test_a_path_of_mine_does_not_get_into_the_note():
    assert "/home" not in metadata.colorized_note("/home/ada/mine.safetensors")
    assert "mine.safetensors" in metadata.colorized_note("/home/ada/mine.safetensors")
