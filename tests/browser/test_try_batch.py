"""Several photos in "Try it", colored one after the other, and the zip that holds them."""

import io
import zipfile

import numpy as np
import pytest
import test_try
from conftest import until
from PIL import Image
from test_try import as_file, call, give, part, said_by, same_color, set_temperature, shown

from colorlib import Colorizer
from colorlib.images import sample

loaded = test_try.loaded  # a fixture
NAMES = ("cat", "china", "raccoon")


def named(name, file):
    return {**file, "name": name}


@pytest.fixture
def photos():
    return {name: sample(name).resize((96 + 8 * i, 64)) for i, name in enumerate(NAMES)}


def hand_in(page, files):
    part(page, "file").set_input_files(files)


def test_several_photos_come_back_as_a_zip(loaded, photos):
    set_temperature(loaded, 0.38)
    files = [named("old one.png", as_file(photos["cat"])),
             named("größe.jpg", as_file(photos["china"], "JPEG", quality=98)),
             named("notes.txt", {"name": "", "mimeType": "text/plain", "buffer": b"no photo"}),
             named("old one.png", as_file(photos["raccoon"]))]
    with loaded.expect_download() as download:
        hand_in(loaded, files)
    assert download.value.suggested_filename == "photos_color.zip"
    with zipfile.ZipFile(download.value.path()) as made:
        assert made.testzip() is None
        assert made.namelist() == ["old one_color.png", "größe_color.jpg", "old one_color_2.png"]
        pictures = [Image.open(io.BytesIO(made.read(name))) for name in made.namelist()]
    colorizer = Colorizer.from_pretrained("photo")
    for picture, name in zip(pictures, NAMES, strict=True):
        picture.load()
        assert picture.size == photos[name].size and said_by(picture)
        wanted = np.asarray(colorizer(photos[name])).astype(int)
        if picture.format == "PNG":
            assert same_color(picture.convert("RGB"), wanted)
        else:
            assert np.abs(np.asarray(picture).astype(int) - wanted).mean() < 5
    assert "3 of 4 photos" in part(loaded, "status").text_content()
    assert "notes.txt: This file is no picture" in part(loaded, "problem").text_content()
    assert not part(loaded, "stop").is_visible() and not part(loaded, "progress").is_visible()


def test_a_batch_can_be_stopped_and_a_photo_in_between_is_right(loaded, photos):
    saved = []

    def keep(download):
        saved.append(download)

    loaded.on("download", keep)
    hand_in(loaded, [named(f"{i}.png", as_file(photos["cat"])) for i in range(30)])
    until(loaded, "/^Coloring [2-9] of 30/.test("
                  "document.querySelector('[data-part=status]').textContent)")
    part(loaded, "stop").press("Enter")
    assert "Stopped" in part(loaded, "status").text_content()
    hand_in(loaded, [named(f"{i}.png", as_file(photos["cat"])) for i in range(30)])
    until(loaded, "/^Coloring [2-9] of 30/.test("
                  "document.querySelector('[data-part=status]').textContent)")
    assert give(loaded, as_file(photos["china"])) == ""
    set_temperature(loaded, 0.38)
    assert same_color(shown(loaded), Colorizer.from_pretrained("photo")(photos["china"]))
    assert not part(loaded, "stop").is_visible()
    assert saved == []
    loaded.remove_listener("download", keep)


def test_nothing_but_wrong_files_makes_no_zip(loaded):
    text = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"no photo"}
    hand_in(loaded, [text, {**text, "name": "b.txt"}])
    until(loaded, "/b.txt/.test(document.querySelector('[data-part=problem]').textContent)")
    assert "a.txt: This file" in part(loaded, "problem").text_content()
    assert part(loaded, "status").text_content() == ""


def test_a_zip_is_one_that_python_reads(loaded):
    content = {"a.bin": list(range(256)) * 3, "empty": [], "ünï.txt": [104, 105]}
    found = call(loaded, "zip.js", """
        const zip = new m.Zip();
        for (const [name, bytes] of x[0]) await zip.add(name, new Blob([Uint8Array.from(bytes)]));
        return [...new Uint8Array(await zip.blob().arrayBuffer())];""",
        [*content.items(), ("a.bin", [7])])
    with zipfile.ZipFile(io.BytesIO(bytes(found))) as made:
        assert made.testzip() is None
        assert made.namelist() == [*content, "a_2.bin"]
        assert all(made.read(name) == bytes(data) for name, data in content.items())
