"""A folder colored, against one photo after another (chapter 13)."""

import tempfile
from pathlib import Path

from colorlib.images import open_photo, sample, samples, save_photo
from colorlib.inference import Colorizer
from colorlib.scale import albums

from .machine import network_ms
from .measure import Row, race


def run(tiny: bool = False) -> list[Row]:
    colorizer = Colorizer.from_pretrained("course")
    count, side = (2, 32) if tiny else (16, 640)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "album"
        folder.mkdir()
        for i in range(count):
            photo = sample(list(samples())[i % 8]).resize((side, side * 3 // 4))
            photo.save(folder / f"{i}.jpg")
        jobs = albums.plan([folder], Path(name) / "out").jobs

        def one_by_one():
            for source, target in jobs:
                photo = open_photo(source)
                save_photo(colorizer(photo), target)

        bound = count * network_ms(colorizer.network, (1, 1, 192, 256))[1]
        return [race(f"color a folder of {count} photos of {side} x {side * 3 // 4}",
                     lambda: list(albums.colorize(jobs, colorizer)), "one by one", one_by_one,
                     1 if tiny else 3, bound=(bound, "matrix products, Winograd's"))]
