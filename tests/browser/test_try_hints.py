"""Hints in "Try it": a touch, another color, and the picture follows as Python has it."""


import re

import numpy as np
import pytest
import test_try
import torch
from conftest import PHONE, SITE, WIDE, until
from PIL import Image
from test_try import (
    AXE,
    as_file,
    call,
    give,
    part,
    patience,
    said_by,
    same_color,
    set_temperature,
    shown,
)

from colorlib.classic.scribbles import on_grid
from colorlib.images import sample
from colorlib.rivals.interactive import ByHints

loaded, page = test_try.loaded, test_try.page  # fixtures
TEXT = "#b04050 60,40\n#3060c0 200,150\n#40a060 10,190 90,180 100,150\n"
PHOTO = (301, 203)


@pytest.fixture(scope="module")
def by_hints():
    return ByHints.from_pretrained(base="photo")


@pytest.fixture
def fresh(loaded):
    """The page with a photo of its own and no hint."""
    assert give(loaded, as_file(sample("raccoon").resize(PHOTO))) == ""
    set_temperature(loaded, 0.38)
    return loaded


def hints_on(page, count):
    """Wait until the picture shows so many hints."""
    until(page, "n => Number(document.getElementById('try').dataset.hints) === n", count)
    assert part(page, "pins").locator("button").count() == count


def reopen(page, text):
    part(page, "problem").evaluate("problem => { problem.textContent = ''; }")
    part(page, "reopen").set_input_files(
        {"name": "hints.txt", "mimeType": "text/plain", "buffer": text.encode()})


def touch(page, x, y):
    """Touch a place of the stage, by shares of its sides."""
    before = part(page, "summary").text_content()
    part(page, "stage").scroll_into_view_if_needed()
    box = part(page, "stage").bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    until(page, "before => document.querySelector('[data-part=summary]').textContent !== before",
          before)


def saved_hints(page):
    with page.expect_download() as download:
        part(page, "keep").click()
    assert download.value.suggested_filename == "my photo_hints.txt"
    return open(download.value.path(), encoding="utf-8").read()


def choose(page, number=-1, count=1):
    part(page, "choices").locator("button").nth(number).click()
    hints_on(page, count)


def test_strokes_touch_the_cells_that_they_touch_in_python(loaded):
    rng = np.random.default_rng(0)
    for size, grid in (((301, 203), (44, 64)), ((40, 999), (64, 4)), ((8, 8), (64, 64))):
        lines = []
        for _ in range(12):
            points = rng.uniform(0, 1, (rng.integers(1, 4), 2)) * (np.array(size) - 0.01)
            color = "".join(f"{v:02x}" for v in rng.integers(0, 256, 3))
            lines.append(f"#{color} " + " ".join(f"{x:.1f},{y:.1f}" for x, y in points))
        wanted = on_grid("\n".join(lines), size, grid)
        found = call(loaded, "hints.js", """
            const { parse } = await import("/_static/try/strokes.js");
            const [text, [width, height], [rows, columns]] = x;
            const size = { width, height }, grid = { width: columns, height: rows };
            return [...m.onGrid(parse(text, size), size, grid)];""", "\n".join(lines), size, grid)
        planes = torch.zeros_like(wanted).flatten(1)
        for cell, ab in found:
            planes[:, cell] = torch.tensor([*ab, 1.0])
        torch.testing.assert_close(planes.view_as(wanted), wanted, atol=1e-3, rtol=1e-5)


def test_hints_spread_as_in_python(loaded, by_hints):
    rng = torch.Generator().manual_seed(0)
    own, keys = (torch.randn(1, n, 6, 9, generator=rng) for n in (313, 32))
    network = by_hints.network
    planes = torch.zeros(1, 3, 6, 9)
    for row, column, ab in ((1, 2, (30.0, -50.0)), (4, 7, (-20.0, 60.0)), (4, 8, (0.0, 5.0))):
        planes[0, :, row, column] = torch.tensor([*ab, 1.0])
    with torch.no_grad():
        wanted = network.mix(4 * own, keys, planes)
        alone = network.alone(keys)
        ab, listens = network.attend(keys, planes)
    cells = {r * 9 + c: planes[0, :2, r, c].tolist() for r, c in planes[0, 2].nonzero().tolist()}
    found, spread = call(loaded, "hints.js", """
        const [logits, keys, alone, cells, near, bins] = x;
        const floats = (list) => Float32Array.from(list);
        const spread = m.attend({ keys: floats(keys), alone: floats(alone) },
          { width: 9, height: 6 }, new Map(cells), near);
        return [[...m.mix(floats(logits), bins, spread)],
                [spread.a, spread.b, spread.listens].map(map => [...map])];""",
        (4 * own).flatten().tolist(), keys.flatten().tolist(), alone.flatten().tolist(),
        list(cells.items()), network.near.exp().item(), by_hints.bins.tolist())
    np.testing.assert_allclose(spread, torch.cat([ab, listens], 1).flatten(2)[0], atol=2e-3)
    # torch takes distances as a product of float32 matrices, which rounds more.
    np.testing.assert_allclose(np.exp(found), wanted.exp().flatten(), atol=1e-3)


def test_a_chosen_color_changes_the_picture_as_python_has_it(fresh, by_hints):
    photo = sample("raccoon").resize(PHOTO)
    plain = shown(fresh)
    touch(fresh, 0.2, 0.4)
    choose(fresh, number=-1)
    touch(fresh, 0.8, 0.7)
    for axis, value in (("a", 60), ("b", -60)):
        fresh.locator(f"[data-axis={axis}]").evaluate(
            "(s, value) => { s.value = value; s.dispatchEvent(new Event('input')); }", value)
    assert "a 60, b −60" in part(fresh, "mixed").text_content()
    part(fresh, "take").click()
    hints_on(fresh, 2)
    text = saved_hints(fresh)
    assert re.fullmatch(r"(#[0-9a-f]{6} \d+,\d+\n){2}", text)
    for T in (0.38, 1):
        set_temperature(fresh, T)
        assert same_color(shown(fresh), by_hints(photo, text, T=T))
    set_temperature(fresh, 0.38)
    assert (np.abs(shown(fresh).astype(int) - plain).max(-1) > 20).any()
    assert "with the hints of a person" in saved_note(fresh)
    part(fresh, "clear").click()
    hints_on(fresh, 0)
    np.testing.assert_array_equal(shown(fresh), plain)


def saved_note(page):
    with page.expect_download() as download:
        part(page, "download").click()
    with Image.open(download.value.path()) as saved:
        assert said_by(saved)
        return saved.text["XML:com.adobe.xmp"]


@pytest.mark.parametrize("name", ["china", "cat", "raccoon"])
def test_a_file_of_hints_gives_what_it_gives_python(loaded, by_hints, name):
    photo = sample(name).resize(PHOTO)
    assert give(loaded, as_file(photo)) == ""
    set_temperature(loaded, 0.38)
    reopen(loaded, TEXT)
    hints_on(loaded, 3)
    assert part(loaded, "hinted").text_content() == "3 hints opened."
    assert saved_hints(loaded) == TEXT
    assert same_color(shown(loaded), by_hints(photo, TEXT))
    assert not same_color(shown(loaded), by_hints.base(photo))


def test_the_plane_of_colors_takes_a_touch(fresh):
    touch(fresh, 0.6, 0.5)
    part(fresh, "plane").scroll_into_view_if_needed()
    box = part(fresh, "plane").bounding_box()
    fresh.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"])
    hints_on(fresh, 1)
    a, b = re.search(r"a (\S+), b (\S+),", part(fresh, "hinted").text_content()).groups()
    assert abs(int(a) - 0.4 * 124) <= 1 and abs(int(b.replace("−", "-"))) <= 1


def test_undo_remove_and_another_color_for_the_same_hint(fresh):
    touch(fresh, 0.2, 0.4)
    for name in ("undo", "remove", "clear", "keep"):
        assert part(fresh, name).is_disabled(), name
    choose(fresh, 0)
    first = saved_hints(fresh)
    choose(fresh, 1)  # the place is the same, so the hint is
    second = saved_hints(fresh)
    assert first.split()[1] == second.split()[1] and first.split()[0] != second.split()[0]
    part(fresh, "undo").click()
    assert saved_hints(fresh) == first
    part(fresh, "remove").click()
    hints_on(fresh, 0)
    part(fresh, "undo").click()
    hints_on(fresh, 1)
    assert saved_hints(fresh) == first


def test_hints_by_keyboard(fresh):
    probe = fresh.get_by_role("application")
    probe.press("Shift+ArrowLeft")
    choice = part(fresh, "choices").locator("button").nth(1)
    assert re.match(r"a \S+, b \S+, \S+ % of the belief", choice.get_attribute("aria-label"))
    choice.press("Enter")
    hints_on(fresh, 1)
    before = saved_hints(fresh)
    pin = part(fresh, "pins").locator("button")
    pin.press("ArrowRight")
    assert "is now at" in part(fresh, "hinted").text_content()
    x, y = (int(v) for v in before.split()[1].split(","))
    assert saved_hints(fresh).split()[1] == f"{x + 5},{y}"
    assert fresh.evaluate("document.activeElement.parentElement.dataset.part") == "pins" or \
        fresh.evaluate("document.activeElement.dataset.part") == "keep"
    pin.press("Control+z")
    assert saved_hints(fresh) == before
    pin.press("Delete")
    hints_on(fresh, 0)
    assert fresh.evaluate("document.activeElement.getAttribute('role')") == "application"


def drag(page, start, end):
    """From one place of the stage to another, by shares of its sides."""
    part(page, "stage").scroll_into_view_if_needed()
    box = part(page, "stage").bounding_box()
    start, end = ((box["x"] + x * box["width"], box["y"] + y * box["height"])
                  for x, y in (start, end))
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def test_a_pin_is_dragged_and_stays_in_the_photo(fresh):
    touch(fresh, 0.2, 0.4)
    choose(fresh, 0)
    drag(fresh, (0.2, 0.4), (0.4, 0.5))
    across, down = map(int, saved_hints(fresh).split()[1].split(","))
    assert abs(across - 0.4 * PHOTO[0]) <= 3 and abs(down - 0.5 * PHOTO[1]) <= 3
    drag(fresh, (0.4, 0.5), (-0.3, 0.5))
    assert saved_hints(fresh).split()[1].split(",")[0] == "0"


WRONG = {
    "#12345 3,4\n": "line 1", "\n#123456 3,4\nred 3,4": "line 3", "#123456": "line 1",
    "#123456 301,4": "another photo", "#123456 3,203": "another photo", " \n": "no hints",
    "#123456 -3,4": "line 1", "<b onclick=x>#123456 3,4</b>": "line 1",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_of_hints_is_told_and_changes_nothing(fresh, text):
    reopen(fresh, TEXT)
    hints_on(fresh, 3)
    reopen(fresh, text)
    until(fresh, "document.querySelector('[data-part=problem]').textContent")
    assert WRONG[text] in part(fresh, "problem").text_content()
    assert saved_hints(fresh) == TEXT


def test_a_new_photo_begins_without_hints(fresh):
    reopen(fresh, TEXT)
    hints_on(fresh, 3)
    assert give(fresh, as_file(sample("cat").resize(PHOTO))) == ""
    assert part(fresh, "pins").locator("button").count() == 0
    assert part(fresh, "undo").is_disabled()


def test_the_picture_follows_within_three_tenths_of_a_second(fresh):
    reopen(fresh, TEXT)
    hints_on(fresh, 3)
    busy = patience()
    times = fresh.evaluate("""async () => {
        const root = document.getElementById("try"), times = [];
        const buttons = () => document.querySelectorAll("[data-part=choices] button");
        for (const i of [0, 1, 2, 0, 1]) {
          delete root.dataset.hints;
          const start = performance.now();
          buttons()[i].click();
          while (!root.dataset.hints) await new Promise(resolve => setTimeout(resolve, 1));
          times.push(performance.now() - start);
        }
        return times;
    }""")
    assert min(times) < 300 * max(busy, patience()), times


def test_without_a_connection_a_hint_says_so_and_works_later(page, by_hints):
    photo = sample("cat").resize((96, 64))
    assert give(page, as_file(photo)) == ""
    page.context.route("**/course.onnx*", lambda route: route.abort())
    reopen(page, "#c03040 20,30\n")
    until(page, "document.querySelector('[data-part=problem]').textContent")
    assert "could not be fetched" in part(page, "problem").text_content()
    assert part(page, "pins").locator("button").count() == 0
    assert part(page, "status").text_content().startswith("Colored")
    page.context.unroute("**/course.onnx*")
    reopen(page, "#c03040 20,30\n")
    hints_on(page, 1)
    assert part(page, "problem").text_content() == ""
    assert same_color(shown(page), by_hints(photo, "#c03040 20,30"))


def test_the_course_network_alone_needs_no_second_one(page):
    """Where the connection is slow, the course's network colors, and has the keys itself."""
    page.context.add_init_script("")
    script = (SITE / "_static/try/worker.js").read_text()
    slow = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });\n"
    page.context.route("**/try/worker.js", lambda route: route.fulfill(
        body=slow + script, content_type="text/javascript"))
    asked = []
    page.on("request", lambda request: asked.append(request.url.split("/")[-1].split("?")[0]))
    photo = sample("cat").resize((96, 64))
    assert give(page, as_file(photo)) == ""
    reopen(page, "#c03040 20,30\n")
    hints_on(page, 1)
    assert same_color(shown(page), ByHints.from_pretrained()(photo, "#c03040 20,30"))
    assert "photo.onnx" not in asked and asked.count("course.onnx") == 1


@pytest.mark.skipif(not AXE, reason="no axe-core in tests/")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_mend_with_hints(fresh, scheme):
    fresh.emulate_media(color_scheme=scheme)
    reopen(fresh, TEXT)
    hints_on(fresh, 3)
    fresh.evaluate(AXE.read_text(encoding="utf-8"))
    found = fresh.evaluate("axe.run('#try').then(result => result.violations)")
    fresh.emulate_media(color_scheme="light")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_hints_fit_a_phone(fresh):
    reopen(fresh, TEXT)
    hints_on(fresh, 3)
    fresh.set_viewport_size(PHONE)
    assert fresh.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    sides = fresh.evaluate("""[...document.querySelectorAll('#try fieldset button, .pins button')]
        .map(b => Math.min(b.offsetWidth, b.offsetHeight))""")
    fresh.set_viewport_size(WIDE)
    assert min(sides) >= 24
