"""Mutated files through every reader: only the documented error may come out, in one line, soon.

`make faults` tries 20,000 pictures.
"""

import io
import json
import random
import resource
import signal
import struct
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tifffile
from conftest import LONG
from PIL import Image
from test_training import TINY

from colorlib.images import PhotoError, as_rgb, open_photo, sample, samples
from colorlib.inference import Colorizer
from colorlib.scale.shards import ShardError, Shards, pack
from colorlib.training import Training
from colorlib.turing import pooling, simulation
from colorlib.turing.sessions import SessionError, read

HANG = 10  # seconds
MEMORY = 3 << 20  # KiB that the process may ever take; MAX_PIXELS bounds it
NUMBERS = [b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff" * 4, b"\x7f\xff\xff\xff",
           b"\xff\xff\xff\x7f", b"\0\0\x27\x10", b"\x10\x27\0\0", b"\x80\0\0\0"]
FORMATS = ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """A few changes of the kind that a bad disk or a bad person makes, most of them in the head."""
    content = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        reach = len(content) if rng.random() < 0.5 else min(len(content), 128)
        at = rng.randrange(max(1, reach))
        kind = rng.randrange(6)
        if kind == 0 and content:
            content[min(at, len(content) - 1)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            number = rng.choice(NUMBERS)
            content[at : at + len(number)] = number
        elif kind == 2:
            content[at:at] = rng.randbytes(rng.randint(1, 9))
        elif kind == 3:
            del content[at : at + rng.randint(1, 30)]
        elif kind == 4 and rng.random() < 0.3:
            del content[at:]
        else:
            other = rng.randrange(max(1, len(content)))
            content[at : at + 8] = content[other : other + 8]
    return bytes(content)


@contextmanager
def in_time():
    def late(*_):
        raise TimeoutError(f"longer than {HANG} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def originals(kind: str) -> list[bytes]:
    """Pictures of a format in the modes that it knows."""
    small, found = sample("cat").resize((24, 20)), []
    exif = Image.Exif()
    exif[0x0112] = 6
    for mode in ("RGB", "L", "RGBA", "P", "1", "CMYK", "I;16"):
        file = io.BytesIO()
        try:
            picture = small.convert("L").convert("I").convert(mode) if mode == "I;16" else (
                small.convert(mode))
            picture.save(file, kind, exif=exif)
        except (OSError, ValueError, KeyError):
            continue  # a mode that it does not know
        found.append(file.getvalue())
    return found + (deep_tiffs(np.asarray(small)) if kind == "TIFF" else [])


def deep_tiffs(color: np.ndarray) -> list[bytes]:
    """TIFFs that Pillow alone does not read, or not rightly."""
    found, gray = [], color[..., 1]
    for pixels, options in (
        (gray.astype(np.uint16) * 257, {"photometric": "miniswhite", "byteorder": ">"}),
        (color.astype(np.uint16) * 257, {"photometric": "rgb", "compression": "zlib"}),
        (np.moveaxis(color, -1, 0).astype(np.uint16), {
            "photometric": "rgb", "planarconfig": "separate", "tile": (16, 16)}),
        (gray / np.float32(255), {"compression": "zlib", "extratags": [(274, "H", 1, 6, True)]}),
        (gray.astype(np.int16), {"extratags": [(340, "h", 1, 0), (341, "h", 1, 255)]}),
    ):
        file = io.BytesIO()
        tags = [(*tag, True)[:5] for tag in options.pop("extratags", [])]
        tifffile.imwrite(file, pixels, metadata=None, extratags=tags, **options)
        found.append(file.getvalue())
    file = io.BytesIO()
    Image.fromarray(gray / np.float32(255)).save(file, "TIFF", compression="tiff_lzw",
                                                 tiffinfo={317: 3})
    return [*found, file.getvalue()]


@pytest.mark.parametrize("kind", FORMATS)
def test_mutated_pictures(kind, tmp_path, counts):
    rng, path = random.Random(kind), tmp_path / "photo"
    contents, read_whole, tries = originals(kind), 0, 3400 if LONG else 60
    for _ in range(tries):
        path.write_bytes(mutated(rng.choice(contents), rng))
        with in_time():
            try:
                photo = open_photo(path)
                if photo.width * photo.height < 1_000_000:
                    rgb = as_rgb(photo)
                    assert rgb.shape[0] == 3 and rgb.min() >= 0 and rgb.max() <= 1
                read_whole += 1
            except PhotoError as error:
                assert "\n" not in str(error) and str(path) in str(error)
    counts[f"mutated pictures, {kind}"] += tries
    counts["mutated pictures that still were pictures"] += read_whole
    assert 0 < read_whole < tries
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MEMORY


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    Training(TINY).save_weights(path)
    return path.read_bytes()


def load(content: bytes, path: Path) -> bool:
    path.write_bytes(content)
    with in_time():
        try:
            Colorizer.from_pretrained(path)
            return True
        except ValueError as error:
            assert "\n" not in str(error) and str(path) in str(error)
            return False


def with_recipe(weights: bytes, change) -> bytes:
    """The weights with another recipe in their header."""
    size = struct.unpack("<Q", weights[:8])[0]
    header = json.loads(weights[8 : 8 + size])
    recipe = change(json.loads(header["__metadata__"]["recipe"]))
    header["__metadata__"]["recipe"] = recipe if isinstance(recipe, str) else json.dumps(recipe)
    packed = json.dumps(header).encode()
    packed += b" " * (-len(packed) % 8)
    return struct.pack("<Q", len(packed)) + packed + weights[8 + size :]


def test_mutated_weights(weights, tmp_path, counts):
    rng, path, tries = random.Random(0), tmp_path / "w.safetensors", 3000 if LONG else 60
    size = struct.unpack("<Q", weights[:8])[0]
    assert load(weights, path)
    for _ in range(tries):
        # All in the header but for a tenth: numbers of a weight may be any.
        head, tail = weights[: 8 + size], weights[8 + size :]
        at = rng.choice([0, 0, 8, rng.randrange(len(head))])
        content = head[:at] + mutated(head[at:], rng) + tail
        load(content if rng.random() < 0.9 else mutated(weights, rng), path)
    counts["mutated weights"] += tries


ODD = [None, [], {}, "x", "", -1, 0, 1e308, float("nan"), float("inf"), 10**30, True, "[" * 3000]


def test_odd_recipes(weights, tmp_path, counts):
    path = tmp_path / "w.safetensors"
    for odd in ODD:
        assert not load(with_recipe(weights, lambda recipe, odd=odd: odd), path)
        for key in ("width", "size"):
            load(with_recipe(weights, lambda recipe, k=key, odd=odd: recipe | {k: odd}), path)
    for size in (10**9, -256, "x", None, [1], float("inf"), float("nan")):
        content = with_recipe(weights, lambda recipe, size=size: recipe | {"size": size})
        assert not load(content, path)
    nan = bytearray(weights)
    nan[-4096:] = b"\xff" * 4096
    assert not load(bytes(nan), path)
    counts["mutated weights"] += 3 * len(ODD) + 8


@pytest.mark.filterwarnings("ignore:.*left out")
def test_mutated_shards(tmp_path, counts):
    """A shard or the manifest is damaged: one line says so, or all that is sound is read."""
    pytest.importorskip("webdataset")
    rng, tries = random.Random(0), 2000 if LONG else 60
    pack(samples()["cat"].parent, tmp_path, photos=3)
    whole = {path: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    stopped = 0
    for _ in range(tries):
        path = rng.choice(list(whole))
        path.write_bytes(mutated(whole[path], rng))
        with in_time():
            try:
                photos = Shards(tmp_path, side=16, bad=rng.choice(["stop", "skip"]))
                list(photos)
            except ShardError as error:
                assert "\n" not in str(error)
                stopped += 1
        path.write_bytes(whole[path])
    counts["mutated shards"] += tries
    assert 0 < stopped < tries


@pytest.mark.parametrize("key, odd", [
    ("file", "../00000.tar"), ("file", "/etc/passwd"), ("file", 3), ("photos", 4), ("photos", 2),
    ("photos", 0), ("photos", None), ("photos", float("nan")), ("bytes", "x"), ("sha256", 1)])
def test_a_manifest_that_lies(tmp_path, key, odd):
    pytest.importorskip("webdataset")
    made = pack(samples()["cat"].parent, tmp_path, photos=3)
    made["shards"][0][key] = odd
    made["photos"] = sum(n for s in made["shards"] if isinstance(n := s["photos"], int))
    (tmp_path / "shards.json").write_text(json.dumps(made))
    with pytest.raises(ShardError) as error:
        list(Shards(tmp_path))
    assert "\n" not in str(error.value) and str(tmp_path) in str(error.value)


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_mutated_ratings(kind, tmp_path, counts):
    rng, tries = random.Random(kind), 5000 if LONG else 100
    session = simulation.simulate_sessions(1, seed=3)[0]
    whole = (session.to_json() if kind == "json" else session.to_csv()).encode()
    path, good = tmp_path / f"a.{kind}", 0
    for _ in range(tries):
        content = mutated(whole, rng)
        path.write_bytes(content)
        with in_time():
            try:
                read(path)
                good += 1
            except SessionError as error:
                assert "\n" not in str(error)
            pooling.pool(tmp_path)
    assert good < tries / 10  # what JSON does not look at, as its spaces
    counts["mutated ratings"] += tries


def test_ratings_of_other_types(tmp_path, counts):
    """Values that JSON can hold and no field should, under a checksum that fits where it can."""
    session = simulation.simulate_sessions(1, seed=3)[0]
    path = tmp_path / "a.json"
    odd = [None, [], {}, "x", "\ud800", -1, 10**30, 1.5, True, float("nan"), "[" * 3000]
    for name in json.loads(session.to_json()):
        for value in odd:
            content = json.loads(session.to_json()) | {name: value}
            _pooled(path, json.dumps(content))
            counts["mutated ratings"] += 1
    for name in json.loads(session.to_json())["trials"][0]:
        for value in odd:
            content = json.loads(session.to_json())
            content["trials"][20][name] = value
            _pooled(path, json.dumps(content))
            counts["mutated ratings"] += 1
    for text in ("[" * 100_000, '{"format":' * 50_000, "{}", "[]", "", "format\n", ",\n,", "\0",
                 '{"format": "colorful-turing-1"}', "format\ncolorful-turing-1\n"):
        _pooled(path, text)
        path.rename(tmp_path / "a.csv")
        assert len(pooling.pool(tmp_path).left_out) == 1
        (tmp_path / "a.csv").rename(path)
        counts["mutated ratings"] += 2


def _pooled(path, text):
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with in_time():
        found = pooling.pool(path.parent)
    assert len(found.sessions) + len(found.left_out) + len(found.other_vision) == 1
    assert all("\n" not in reason for _, reason in found.left_out)


LARGEST = """
import resource, sys
from PIL import Image
from colorlib.images import MAX_PIXELS, as_rgb
picture = Image.new("RGB", (12_000, MAX_PIXELS // 12_000), (200, 100, 50))
peak = lambda: 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
assert as_rgb(picture).shape == (3, picture.height, picture.width)
print((peak() - before) / MAX_PIXELS)
"""


@pytest.mark.skipif(not LONG, reason="takes 2 GB of memory: `make faults` runs it")
def test_the_largest_picture_keeps_within_its_memory(counts):
    """120 megapixels, in a process of its own, so that its peak is this picture's."""
    run = subprocess.run([sys.executable, "-c", LARGEST], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert 12 <= float(run.stdout) <= 20
    counts["bytes a pixel, of 120 megapixels"] = round(float(run.stdout), 1)
