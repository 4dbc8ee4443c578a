"""The table of errors in the book says what colorlib says, word for word."""

import os
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
import tifffile
import torch
from conftest import ROOT
from PIL import Image
from test_training import TINY

from colorlib.cli.parser import main
from colorlib.color import rgb_to_lab
from colorlib.data import Batches, find_photos
from colorlib.gamut import AbGamut
from colorlib.grading.judge import grade
from colorlib.grading.sandbox import Limits
from colorlib.grading.submissions import find
from colorlib.images import as_rgb, open_photo, sample, save_photo
from colorlib.inference import Colorizer
from colorlib.io.datasets import cifar10, imagenette
from colorlib.io.downloads import unpack
from colorlib.metrics import auc, colorfulness, psnr
from colorlib.networks import build, load_public
from colorlib.recipes import scaled
from colorlib.scale.export import export_onnx
from colorlib.scale.shards import Shards, pack
from colorlib.training import Training
from colorlib.turing.sessions import read

# What a library says of a broken file, and may say otherwise in its next version.
LIBRARYS = re.compile(r"\((?:image file|Not a gzipped|Error while|'utf-8' codec|File is not a zip)"
                      r".*?\)+(?=[:;]|$)")
PAGE = ROOT / "book" / "reference" / "errors.md"


@pytest.fixture
def said(tmp_path, monkeypatch, capsys):
    """All messages of the table, provoked anew, in its order."""
    monkeypatch.chdir(tmp_path)
    photo = sample("cat").resize((24, 16))
    photo.save("cat.png")
    for name in ("letter.jpg", "mine.safetensors", "weights.pth", "result.json", "set.tar.gz"):
        (tmp_path / name).write_text("Dear reader")
    (tmp_path / "torn.png").write_bytes((tmp_path / "cat.png").read_bytes()[:200])
    (tmp_path / "empty").mkdir()
    (tmp_path / "one").mkdir()
    photo.save("one/cat.png")
    pack("one", "shards")
    os.truncate("shards/00000.tar", 9740)
    capsys.readouterr()  # packing has shown its progress
    (tmp_path / "cat_color.png").touch()
    ramp = np.linspace(0, 250, 384).reshape(16, 24)
    tifffile.imwrite("signed.tif", (ramp - 100).astype(np.int16))
    tifffile.imwrite("floats.tif", ramp.astype(np.float32))
    tifffile.imwrite("counts.tif", ramp.astype(np.uint32))
    tifffile.imwrite("channels.tif", np.zeros((16, 24, 5), np.uint16), photometric="minisblack",
                     planarconfig="contig")
    os.mkfifo("pipe.jpg")
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    Training(TINY, data={"photographs": 8, "digest": "a"}).save("c.safetensors")
    longer = replace(TINY, seed=1)
    tries = [
        lambda: open_photo("none.jpg"),
        lambda: open_photo("empty"),
        lambda: open_photo("letter.jpg"),
        lambda: open_photo("torn.png"),
        lambda: open_photo("pipe.jpg"),
        lambda: open_photo("phone.heic"),
        lambda: open_photo("signed.tif"),
        lambda: open_photo("floats.tif"),
        lambda: open_photo("counts.tif"),
        lambda: open_photo("channels.tif"),
        lambda: save_photo(photo, "cat.doc"),
        lambda: save_photo(photo, "cat.psd"),
        lambda: save_photo(Image.new("RGB", (20000, 9)), "wide.webp"),
        lambda: save_photo(photo, "none/cat.png"),
        lambda: sample("dog"),
        lambda: as_rgb(torch.full((3, 2, 2), 255.0)),
        lambda: as_rgb(torch.zeros(5, 2, 2)),
        lambda: rgb_to_lab(torch.zeros(3, 2, 2, dtype=torch.uint8)),
        lambda: rgb_to_lab(torch.zeros(2, 2, 3)),
        lambda: AbGamut().nearest(torch.full((2, 1, 1), torch.nan)),
        lambda: auc(torch.full((2,), torch.nan)),
        lambda: psnr(torch.full((3, 2, 2), torch.inf), torch.zeros(3, 2, 2)),
        lambda: colorfulness(torch.zeros(3, 0, 2)),
        lambda: Colorizer.from_pretrained("none.safetensors"),
        lambda: Colorizer.from_pretrained("mine.safetensors"),
        lambda: load_public("weights.pth"),
        lambda: main(["colorize", "cat.png"]) and None,
        lambda: main(["colorize", "cat.png", "torn.png", "-o", "one.png"]) and None,
        lambda: main(["colorize", "cat.png", "--force", "-T", "-1"]) and None,
        lambda: main(["colorize", "cat.png", "--force", "--size", "2"]) and None,
        lambda: main(["colorize", ""]) and None,
        lambda: main(["colorize", "https://example.org/cat.png"]) and None,
        lambda: main(["train", "--data", "one", "--out", "cat.png"]) and None,
        lambda: main(["evaluate", "--data", "one", "--photos", "0"]) and None,
        lambda: find_photos("empty"),
        lambda: find_photos("none"),
        lambda: imagenette("test"),
        lambda: cifar10("val"),
        lambda: unpack("set.tar.gz", "out", "set"),
        lambda: Training(TINY).load("mine.safetensors"),
        lambda: Training(longer).load("c.safetensors"),
        lambda: Training(TINY, data={"photographs": 9, "digest": "b"}).load("c.safetensors"),
        lambda: scaled(TINY, 1),
        lambda: build("unet"),
        lambda: Training(replace(TINY, network="dahl")),
        lambda: export_onnx(Colorizer(build("dahl", 1 / 16)), "dahl.onnx"),
        lambda: Training(replace(TINY, network="iizuka", loss="own")).step(
            torch.zeros(2, 1, 16, 16), torch.zeros(2, 2, 4, 4)),
        lambda: Batches([None], 4, 8).part(0, 0, 3),
        lambda: Shards("empty"),
        lambda: list(Shards("shards")),
        lambda: read("result.json"),
        lambda: main(["grade", "nobody", "-o", "grades"]) and None,
        lambda: main(["grade", "empty", "-o", "grades"]) and None,
        lambda: main(["grade", "in", "-o", "grades", "--roster", "none.csv"]) and None,
        lambda: main(["grade", "in", "-o", "grades", "--roster", "cat.png"]) and None,
        lambda: main(["grade", "in", "-o", "grades", "--roster", "roster.csv"]) and None,
        *(lambda k=k: handed_in(k) for k in range(3)),
        lambda: main(["grade", "in", "-o", "grades", "--seconds", "0"]) and None,
    ]
    (tmp_path / "roster.csv").write_text("Student,ID\n")
    for name, content in (("ada/01_lab_color.ipynb", b"Dear teacher"), ("bob/all.zip", b"PK"),
                          ("eve/01_lab_color.ipynb", b'{"cells": []}')):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        (tmp_path / "in" / name).write_bytes(content)

    def handed_in(k):
        one = sorted(find("in"), key=lambda one: (one.path.endswith("zip"), one.path))[k]
        raise ValueError(f"{one.path}: {grade(one, Limits(20, 2**31)).problem}")

    messages = []
    for attempt in tries:
        try:
            attempt()
        except Exception as error:
            messages.append(LIBRARYS.sub("(…)", str(error)))
        else:
            messages.append(LIBRARYS.sub("(…)", capsys.readouterr().err.strip()))
    return messages


def test_the_table_is_what_is_said(said):
    rows = re.findall(r"^\| .*? \| ``? ?(.*?) ?``? \| .* \|$", PAGE.read_text("utf-8"), re.M)
    assert all(message and "\n" not in message for message in said)
    assert rows == said
