"""What the model card and the README say is what the shipped weights do."""

import json
import re

import numpy as np
from conftest import ROOT
from PIL import Image

from colorlib import Colorizer
from colorlib.cli.parser import main
from colorlib.cli.pictures import side_by_side
from colorlib.evaluation.methods import weights_file
from colorlib.images import sample
from colorlib.io.assets import asset
from colorlib.io.downloads import sha256
from colorlib.limits import old_prints
from colorlib.networks import zhang
from colorlib.pretrained.efficientnet import VARIANTS

CARD = (ROOT / "book" / "model_card.md").read_text()
TABLE = json.loads((ROOT / "results" / "table.json").read_text())
FIGURES = {"gray": TABLE["rows"]["gray"], "colorized": TABLE["rows"]["full"]}


def table() -> dict[tuple[str, str], list[float]]:
    """Rows of the card's table: (figure, who) to value, low end, high end."""
    found = {}
    for line in CARD.splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) == 3 and re.search(r"\d\.\d", line):
            for who, cell in zip(("gray", "colorized"), cells[1:], strict=True):
                found[cells[0], who] = [float(x) for x in re.findall(r"\d+\.\d+", cell)]
    return found


def test_the_card_prints_what_was_measured():
    names = {"AuC, %": "auc", "rebalanced AuC, %": "auc_rebalanced",
             "chroma, as a share of the truth's": "chroma_share"}
    rows = table()
    assert {row for row, _ in rows} == set(names)
    for (row, who), numbers in rows.items():
        measured = FIGURES[who]
        expected = [measured[names[row]], *measured[names[row] + "_interval"]]
        assert numbers == [round(x, 2) for x in expected]
    assert f"{TABLE['photos']:,} photographs" in CARD


def test_the_card_describes_the_shipped_weights():
    colorizer = Colorizer.from_pretrained("course")
    parameters = sum(p.numel() for p in zhang(colorizer.recipe["width"]).parameters())
    assert f"{parameters:,} parameters" in CARD
    assert f"at most {colorizer.size} pixels" in CARD
    assert FIGURES["colorized"]["recipe"]["size"] == colorizer.size


def test_pictures_are_of_the_shipped_weights():
    """Remade, the README's picture is the one that is there (JPEG may differ by a little)."""
    photo = sample("china")
    row = side_by_side(photo, Colorizer.from_pretrained("photo")(photo))
    shown = Image.open(ROOT / "book" / "_static" / "images" / "triptych.jpg")
    assert shown.size == row.size
    assert np.abs(np.asarray(shown, int) - np.asarray(row, int)).mean() < 4


def test_figures_hold_on_real_photographs(tmp_path, imagenette):
    """Measured again on a tenth of the val split: inside what sampling allows."""
    report = tmp_path / "report.json"
    photos = ["--data", str(imagenette), "--photos", "200"]
    assert main(["evaluate", *photos, "-o", str(report)]) == 0
    again = json.loads(report.read_text())
    for name in ("auc", "auc_rebalanced", "chroma_share"):
        low, high = again["colorized"][f"{name}_interval"]
        margin = high - low  # twice the half width: 200 photos against all of them
        assert abs(again["colorized"][name] - FIGURES["colorized"][name]) < margin


def test_the_card_of_the_network_for_photographs_prints_what_was_measured():
    card = (ROOT / "book" / "model_card_photo.md").read_text()
    results = json.loads((ROOT / "results" / "photo.json").read_text())
    assert results["weights"]["photo"] == sha256(asset("photo.safetensors"))
    names = {"all of photos": "all of these", "imagenette val": "Imagenette's val split"}
    for source, found in results["collections"].items():
        cells = [names.get(source, source), str(found["photos"])]
        for net in (found["photo"], found["course"]):
            cells.append(f"{net['auc_rebalanced']:+.1f} / {net['auc']:+.1f} / "
                         f"{net['chroma_share']:.2f}")
        assert f"| {' | '.join(cells)} |" in card, source
    for name, count in Colorizer.from_pretrained("photo").recipe["sources"].items():
        assert f"| {name} | {count:,} |" in card, name


def test_the_gain_of_more_kinds_of_photographs_was_measured_beside_what_ships():
    found = json.loads((ROOT / "results" / "both.json").read_text())
    shipped = json.loads((ROOT / "results" / "photo.json").read_text())
    assert f".venv/bin/{found['command']}\n" in CARD
    for name in ("photo", "course"):
        assert found["weights"][name] == sha256(asset(f"{name}.safetensors"))
        for source, line in found["collections"].items():  # the same photographs
            assert line[name].items() <= shipped["collections"][source][name].items()
    change = found["collections"]["all of photos"]["both"]["less_course"]
    assert change["auc_interval"][0] > 0 > change["auc_rebalanced_interval"][0]  # "a little"


def test_the_judge_that_is_no_part_of_a_row_saw_what_ships():
    found = json.loads((ROOT / "results" / "judge.json").read_text())
    held = {"small": asset("table/classifier.safetensors"), "photo": asset("photo.safetensors")}
    for name, digest in found["weights"].items():
        if name in VARIANTS:
            assert digest == VARIANTS[name].sha256
        else:
            assert digest == sha256(held.get(name) or weights_file(name)), name
    rows = found["evenly spread"]["rows"]
    gains = {name: rows[name]["less_gray"] for name in rows}
    truth = gains.pop("truth")
    assert truth["thousand_interval"][0] > 0
    for name, gain in gains.items():  # "the two judges disagree"
        assert gain["small_interval"][0] > 0, name
        for column in ("ten_interval", "thousand_interval"):
            assert gain[column][0] < 0 < gain[column][1], name
    for name in ("full", "photo"):
        assert gains[name]["thousand_interval"][1] < 56.0 - 52.7  # the paper's gain


def test_the_network_for_photographs_beats_gray():
    everything = json.loads((ROOT / "results" / "photo.json").read_text())["collections"]
    ours = everything["all of photos"]["photo"]
    assert ours["auc_rebalanced_interval"][0] > 0 and ours["auc_interval"][0] > -0.5
    assert ours["chroma_of_gray"] < everything["all of photos"]["course"]["chroma_of_gray"]
    network = Colorizer.from_pretrained("photo").network
    assert sum(p.numel() for p in network.parameters()) <= 4.5e6


def test_skin_and_grays_were_measured_with_what_ships():
    results = json.loads((ROOT / "results" / "photo_limits.json").read_text())
    for name, held in results["weights"].items():
        assert held == sha256(asset(f"{name}.safetensors")), name
    for tone, found in results["grays"]["tones"].items():
        assert found["photo"]["chroma"][0] < found["course"]["chroma"][0], tone
    course = json.loads((ROOT / "results" / "limits.json").read_text())["skin"]
    for kind, groups in results["skin"].items():
        assert list(groups) == list(course[kind])
        for group, row in groups.items():
            assert row["course"]["error"] == course[kind][group]["error"]
            assert row["gray error"] == course[kind][group]["gray error"]  # the same pictures


def test_colors_are_stretched_bilinearly_since_nothing_else_is_better_near_edges():
    results = json.loads((ROOT / "results" / "upsampling.json").read_text())
    assert results["weights"]["photo"] == sha256(asset("photo.safetensors"))
    found = results["the network's colors"]
    for way in ("joint bilateral", "guided filter"):
        assert found[way]["change of error near edges"][1] > 0


def test_repairing_old_prints_was_measured_with_what_ships_and_helps():
    results = json.loads((ROOT / "results" / "old_prints.json").read_text())
    assert tuple(results["steps"]) == old_prints.RECIPE
    for name, held in results["weights"].items():
        assert held == sha256(asset(f"{name}.safetensors")), name
    for name, path in old_prints.real().items():
        assert results["real scans taken for an old print"][name] == old_prints.is_toned(path)
    for found in results["collections"].values():
        for net in ("photo", "course"):
            assert found[net]["change by repairing"]["auc_interval"][0] > 0
        assert found["taken for an old print"] == {"the photograph": 0,
                                                   "old print": found["photos"]}
