"""Every kind of image file and array that a person may bring."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

from colorlib import images
from colorlib.images import PhotoError, as_rgb, open_photo, read_rgb, sample, save_photo

RAMP = np.linspace(0, 255, 48 * 32).reshape(32, 48).round().astype(np.uint8)


def test_samples_have_credits():
    credits = (next(iter(images.samples().values())).parent / "CREDITS.md").read_text()
    assert len(images.samples()) >= 5
    assert all(path.name in credits for path in images.samples().values())
    assert sample("china").mode == "RGB"
    with pytest.raises(ValueError, match="china"):
        sample("nobody")


@pytest.mark.parametrize("mode, suffix", [
    ("L", ".png"), ("LA", ".png"), ("P", ".png"), ("P", ".gif"), ("1", ".png"), ("RGB", ".jpg"),
    ("RGBA", ".png"), ("CMYK", ".jpg"), ("CMYK", ".tif"), ("L", ".bmp"), ("RGB", ".webp"),
    ("YCbCr", ".jpg"),
])
def test_modes_of_eight_bits(tmp_path, mode, suffix):
    path = tmp_path / f"photo{suffix}"
    picture = Image.fromarray(RAMP).convert("RGB")
    (picture.quantize() if mode == "P" else picture.convert(mode)).save(path)
    rgb = as_rgb(path)
    assert rgb.shape == (3, 32, 48)
    if mode != "1":
        assert (rgb[0] - torch.from_numpy(RAMP) / 255).abs().max() < 0.1
    assert read_rgb(path).dtype == torch.uint8


def write_deep(path, pixels):
    """A file of 16 bits a channel, as scanners write them; Pillow writes none in color."""
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels)
        return
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    color_type = 0 if pixels.ndim == 2 else 2
    header = struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d))
              for k, d in chunks]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits(tmp_path, suffix, channels):
    path = tmp_path / f"scan{suffix}"
    deep = RAMP.astype(np.uint16) * 257
    pixels = deep if channels == 1 else np.stack([deep] * 3, -1)
    write_deep(path, pixels)
    assert (as_rgb(path)[1] - torch.from_numpy(RAMP) / 255).abs().max() < 0.01


def test_dark_sixteen_bit_scan_stays_dark(tmp_path):
    write_deep(tmp_path / "dark.png", np.full((8, 8), 200, np.uint16))
    assert as_rgb(tmp_path / "dark.png").max() < 0.01


def test_exif_orientation(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    Image.fromarray(RAMP).save(tmp_path / "side.jpg", exif=exif)
    assert open_photo(tmp_path / "side.jpg").size == (32, 48)


def test_color_profile_is_used(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    Image.fromarray(RAMP).convert("RGB").save(tmp_path / "odd.jpg", icc_profile=profile.tobytes())
    assert open_photo(tmp_path / "odd.jpg").mode == "RGB"  # one that does not fit is passed over
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    Image.fromarray(RAMP).convert("RGB").save(tmp_path / "s.png", icc_profile=srgb.tobytes())
    assert np.abs(np.asarray(open_photo(tmp_path / "s.png"))[..., 0].astype(int) - RAMP).max() <= 1


@pytest.mark.parametrize("name, content, reason", [
    ("text.jpg", b"this is no picture", "not an image"),
    ("empty.png", b"", "not an image"),
    ("cut.jpg", "half", "truncated"),
    ("cut.png", "half", "truncated"),
])
def test_broken_files_are_named(tmp_path, name, content, reason):
    path = tmp_path / name
    if content == "half":
        whole = io.BytesIO()
        noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
        Image.fromarray(noise).save(whole, "JPEG" if name.endswith("jpg") else "PNG")
        content = whole.getvalue()[: len(whole.getvalue()) // 2]
    path.write_bytes(content)
    with pytest.raises(PhotoError, match=reason) as caught:
        open_photo(path)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_bombs_and_absent_files(tmp_path):
    with pytest.raises(PhotoError, match="no such file"):
        open_photo(tmp_path / "none.jpg")
    with pytest.raises(PhotoError, match="folder"):
        open_photo(tmp_path)
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    with pytest.raises(PhotoError, match="pixels"):
        open_photo(tmp_path / "bomb.png")


@pytest.mark.parametrize("image", [
    RAMP, RAMP[..., None], np.stack([RAMP] * 4, -1), RAMP / 255, RAMP.astype(np.uint16) * 257,
    torch.from_numpy(RAMP), torch.from_numpy(RAMP)[None], torch.from_numpy(RAMP / 255),
    Image.fromarray(RAMP),
], ids=lambda x: f"{type(x).__name__}")
def test_arrays_and_tensors(image):
    assert (as_rgb(image) - torch.from_numpy(RAMP) / 255).abs().max() < 0.005


@pytest.mark.parametrize("bad, message", [
    (np.zeros((4, 4, 2)), "shape"), (np.zeros((0, 4, 3)), "shape"), (torch.zeros(5, 4, 3), "shape"),
    (np.full((4, 4), 200.0), "divide by 255"), (np.full((4, 4), np.nan), "lie in"), (17, "path"),
])
def test_wrong_arrays_are_named(bad, message):
    with pytest.raises((ValueError, TypeError), match=message):
        as_rgb(bad)


def test_saving_is_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.jpg"
    path.write_bytes(b"the old file")
    with pytest.raises(PhotoError, match="no known kind"):
        save_photo(sample("cat"), tmp_path / "out.xyz")
    with pytest.raises(PhotoError, match="written"):
        save_photo(sample("cat"), tmp_path / "no" / "such" / "folder.png")
    broken = sample("cat")
    broken.save = lambda *args, **kwargs: (_ for _ in ()).throw(OSError("disk full"))
    with pytest.raises(PhotoError, match="disk full"):
        save_photo(broken, tmp_path / "out.png")
    assert path.read_bytes() == b"the old file"
    assert [p.name for p in tmp_path.iterdir()] == ["out.jpg"]
