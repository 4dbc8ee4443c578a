"""Both networks in "Try it", side by side, and the charts of size against quality."""

import base64
import io
import json

import numpy as np
import pytest
import test_try
from conftest import PHONE, ROOT, SITE, WIDE, until
from PIL import Image
from test_try import AXE, as_file, give, part, same_color, set_temperature

from colorlib import Colorizer
from colorlib.images import sample

loaded, page = test_try.loaded, test_try.page  # fixtures
PHOTO = (160, 120)
NAMES = ("course", "photo")


@pytest.fixture
def compared(loaded):
    """The page with a photo, colored by both networks."""
    assert give(loaded, as_file(sample("raccoon").resize(PHOTO))) == ""
    set_temperature(loaded, 0.38)
    if part(loaded, "compare").get_attribute("open") is None:
        part(loaded, "compare").locator("summary").press("Enter")
    assert not part(loaded, "pair").is_visible(), "the photo before is not compared any more"
    part(loaded, "race").press("Enter")
    until(loaded, "!document.querySelector('[data-part=pair]').hidden")
    return loaded


def test_each_network_has_the_colors_that_python_gives(compared):
    about = json.loads((SITE / "_static/try/model/about.json").read_text())
    photo = sample("raccoon").resize(PHOTO)
    for name, place in zip(NAMES, part(compared, "pair").locator("div").all(), strict=True):
        canvas, said = place.locator("canvas"), place.locator("p").text_content()
        url = canvas.evaluate("c => c.toDataURL()")
        picture = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB")
        colorizer = Colorizer.from_pretrained(name)
        assert same_color(picture, colorizer(photo))
        count = sum(p.numel() for p in colorizer.network.parameters())
        size = (SITE / "_static/try/model" / about["networks"][name]["file"]).stat().st_size
        assert f"{count / 1e6:.1f} million parameters, {size / 1e6:.1f} MB" in said
        milliseconds = int(said.split(" ms")[0].split()[-1])
        assert 0 < milliseconds < 60_000
        assert about["networks"][name]["title"] in canvas.get_attribute("aria-label")
    assert part(compared, "status").text_content().startswith("Colored")
    assert not part(compared, "progress").is_visible()


def test_charts_show_what_the_tables_say(compared):
    measured = json.loads((ROOT / "results/photo.json").read_text())
    measured = measured["collections"]["all of photos"]
    rows = part(compared, "own-sizes").locator("tbody tr")
    for name, row in zip(NAMES, rows.all(), strict=True):
        low, high = measured[name]["auc_rebalanced_interval"]
        assert row.locator("td").last.text_content() == \
            f"{measured[name]['auc_rebalanced']:.1f} ({low:.1f} to {high:.1f})"
    for table in ("own-sizes", "other-sizes"):
        chart = compared.locator(f"svg[data-table={table}]")
        points = chart.locator("circle").evaluate_all(
            "all => all.map(c => [c.getAttribute('cx'), c.getAttribute('cy')].map(Number))")
        data = part(compared, table).locator("tbody tr").evaluate_all(
            "all => all.map(r => [r.dataset.size, r.dataset.value].map(Number))")
        assert len(points) == len(data) >= 2
        (x, y), (size, value) = np.transpose(points), np.transpose(data)
        assert np.corrcoef(x, np.log(size))[0, 1] > 0.9999
        sign = np.corrcoef(y, value)[0, 1]
        assert sign > 0.9999 if table == "other-sizes" else sign < -0.9999  # y grows downwards
        assert x.min() > 0 and x.max() < 380 and y.min() > 0 and y.max() < 270
        labels = chart.locator("text[text-anchor=start]").all_text_contents()
        assert labels == part(compared, table).locator("tbody th").all_text_contents()
        boxes = chart.locator("text[text-anchor=start]").evaluate_all(
            "all => all.map(t => t.getBBox()).map(b => [b.x, b.y, b.x + b.width, b.y + b.height])")
        for i, one in enumerate(boxes):
            assert one[2] <= 380
            for other in boxes[:i]:
                apart = (one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3]
                         or other[1] >= one[3])
                assert apart, "a name hides another"


def test_published_sizes_are_their_parameters_at_four_bytes(loaded):
    rows = part(loaded, "other-sizes").locator("tbody tr").evaluate_all(
        "all => all.map(r => [...r.cells].slice(1).map(c => Number(c.textContent))"
        ".concat([r.dataset.size, r.dataset.value].map(Number)))")
    for parameters, size, fid, plotted, value in rows:
        assert round(4 * parameters) == size == plotted and fid == value


def test_nothing_more_is_fetched_until_it_is_asked_for(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    assert give(page, as_file(sample("cat").resize((64, 48)))) == ""
    part(page, "compare").locator("summary").click()
    until(page, "document.querySelectorAll('[data-part=own-sizes] tbody tr').length === 2")
    assert not [url for url in asked if "course.onnx" in url]
    page.context.route("**/course.onnx*", lambda route: route.abort())
    part(page, "race").click()
    until(page, "document.querySelector('[data-part=problem]').textContent")
    assert "could not be fetched" in part(page, "problem").text_content()
    page.context.unroute("**/course.onnx*")
    part(page, "race").click()
    until(page, "!document.querySelector('[data-part=pair]').hidden")
    assert [url for url in asked if "course.onnx" in url]


@pytest.mark.skipif(not AXE, reason="no axe-core in tests/")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_mend_in_the_comparison(compared, scheme):
    compared.emulate_media(color_scheme=scheme)
    until(compared, "s => document.documentElement.dataset.theme === s", scheme)
    compared.evaluate(AXE.read_text(encoding="utf-8"))
    found = compared.evaluate("axe.run('#try').then(result => result.violations)")
    compared.emulate_media(color_scheme="light")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_the_comparison_fits_a_phone(compared):
    compared.set_viewport_size(PHONE)
    wide = compared.evaluate("document.documentElement.scrollWidth")
    cut = compared.evaluate("""[...document.querySelectorAll('#try details table')].filter(t =>
        t.scrollWidth > t.clientWidth || t.getBoundingClientRect().right > innerWidth).length""")
    compared.set_viewport_size(WIDE)
    assert wide <= PHONE["width"] and cut == 0
