"""The scan of an old print in "Try it": turned, cropped, repaired as in Python, colored, saved."""

import re

import numpy as np
import pytest
import test_try
import torch
from conftest import PHONE, Visit, until
from PIL import Image
from test_try import AXE, PAGE, as_file, call, give, part, said_by, settle, shown
from test_try_hints import saved_note

from colorlib import Colorizer
from colorlib.color import lightness_of
from colorlib.images import as_rgb, sample
from colorlib.limits import old_prints

loaded = test_try.loaded  # a fixture
STATUS = "document.querySelector('[data-part=status]').textContent"


def open_scan(name):
    return Image.open(old_prints.real()[name]).convert("RGB")


def colored(page, width, height):
    until(page, f"words => {STATUS}.startsWith('Colored') && {STATUS}.includes(words)",
          f"{width} × {height} pixels")
    assert part(page, "problem").text_content() == ""


@pytest.mark.parametrize("scan, size", [("aged", (160, 107)), ("coins", (90, 130)),
                                        ("coins", (13, 7))])
def test_each_step_of_the_repair_is_that_of_colorlib(loaded, scan, size):
    """Grain to a fifth of a unit of L: skimage takes powers of e that are off by some percent."""
    if scan == "aged":
        rgb = old_prints.aged(as_rgb(sample("china").resize(size)))
    else:
        rgb = as_rgb(open_scan(scan))[:, 80:80 + size[1], 90:90 + size[0]]
    L = lightness_of(rgb)[0].double().numpy()
    for steps, most in ((["spots"], 1e-4), (["grain"], 0.5), (["levels"], 1e-3)):
        wanted = old_prints.STEPS[steps[0]](L.copy())
        found = call(loaded, "old_print.js", """
            const [L, width, height, steps] = x;
            const shares = [];
            m.prepared(L = Float32Array.from(L), width, height, steps, share => shares.push(share));
            return [...L];""".replace("const [L,", "let [L,"), L.flatten().tolist(), *size, steps)
        apart = np.abs(np.reshape(found, size[::-1]) - wanted.clip(0, 100))
        assert apart.max() < most and apart.mean() < most / 5, steps
        if min(size) > 20:
            assert np.abs(wanted - L).mean() > 20 * apart.mean()  # else nothing was compared


def test_a_turned_and_cropped_scan_has_the_pixels_that_it_should(loaded):
    ramp = torch.stack(torch.meshgrid(torch.linspace(20, 120, 45), torch.linspace(30, 130, 70),
                                      indexing="ij")).numpy()
    picture = np.dstack([ramp[1], ramp[0], np.full((45, 70), 9), np.full((45, 70), 255)])
    cut = {"left": 0.12, "top": 0.2, "right": 0.05, "bottom": 0}

    def straightened(quarters, angle, scale=1):
        sides, data = call(loaded, "straighten.js", """
            const [data, settings] = x;
            const picture = new OffscreenCanvas(70, 45);
            const pixels = new ImageData(Uint8ClampedArray.from(data), 70);
            picture.getContext('2d').putImageData(pixels, 0, 0);
            const { width, height, draw } = m.straightened(picture, settings);
            const context = new OffscreenCanvas(width, height).getContext('2d');
            draw(context, picture);
            return [[height, width, 4], [...context.getImageData(0, 0, width, height).data]];""",
            picture.round().flatten().tolist(),
            {"quarters": quarters, "angle": angle, "scale": scale, "crop": cut})
        return np.reshape(data, sides)

    for quarters in (0, 1, 2, 3):  # without a tilt each pixel stays what it is
        turned = np.rot90(picture.round(), -quarters)
        height, width = turned.shape[:2]
        left, top = round(0.12 * width), round(0.2 * height)
        found = straightened(quarters, 0)
        rows, columns = found.shape[:2]
        assert abs(rows - 0.8 * height) < 1 and abs(columns - 0.83 * width) < 1
        np.testing.assert_array_equal(found, turned[top:top + rows, left:left + columns])
    for angle, scale in ((-10, 1), (3.3, 0.5)):
        found = straightened(0, angle, scale)
        assert (found[..., 3] == 255).all(), "an empty corner"
        turn = np.radians(angle)
        fits = scale / (np.cos(turn) + 70 / 45 * abs(np.sin(turn)))
        v, u = np.mgrid[:found.shape[0], :found.shape[1]] + 0.5
        v += round(0.2 * 45 * fits) - 45 * fits / 2
        u += round(0.12 * 70 * fits) - 70 * fits / 2
        x = (u * np.cos(turn) + v * np.sin(turn)) / scale + 35
        y = (v * np.cos(turn) - u * np.sin(turn)) / scale + 22.5
        wanted = [30 + (x - 0.5) / 69 * 100, 20 + (y - 0.5) / 44 * 100]
        assert np.abs(found[..., :2] - np.stack(wanted, -1))[1:-1, 1:-1].max() < 2.5


def test_a_scan_is_repaired_colored_and_saved_by_keyboard(loaded):
    scan = open_scan("brothers")
    assert give(loaded, as_file(scan)) == ""
    part(loaded, "restore").locator("summary").press("Enter")
    for name, count in (("Left", 4), ("Bottom", 6)):
        slider = loaded.get_by_role("slider", name=name, exact=True)
        for _ in range(count):
            slider.press("ArrowRight")
    width, height = scan.size
    box = (round(0.02 * width), 0, round(0.02 * width) + round(0.98 * width), round(0.97 * height))
    cut = scan.crop(box)
    assert part(loaded, "cut").text_content().endswith(f" makes {cut.width} × {cut.height}.")
    part(loaded, "status").evaluate("""status => { window.said = []; new MutationObserver(
        () => said.push(status.textContent)).observe(status, { childList: true }); }""")
    part(loaded, "repair").press("Enter")
    colored(loaded, *cut.size)
    said = loaded.evaluate("said")
    assert "Repairing the scan: 100 %." in said and not any("Fetching" in text for text in said)
    np.testing.assert_array_equal(shown(loaded, 1), cut)  # before; and after:
    wanted = Colorizer.from_pretrained("photo")(old_prints.prepared(as_rgb(cut)))
    steps = np.abs(shown(loaded) / 255 - wanted.permute(1, 2, 0).numpy()) * 255
    assert steps.mean() < 0.6 and (steps <= 4).mean() > 0.999
    with loaded.expect_download() as download:
        part(loaded, "download").click()
    saved = Image.open(download.value.path())
    assert saved.size == cut.size and said_by(saved)
    assert "after a program took tint, grain and spots away" in saved_note(loaded)
    part(loaded, "unrepair").press("Enter")
    colored(loaded, *scan.size)
    assert part(loaded, "unrepair").is_disabled()
    assert "after a program" not in saved_note(loaded)


def test_on_a_phone_by_touch_and_axe_finds_nothing_to_mend(browser, site):
    page = browser.new_page(viewport=PHONE, has_touch=True, service_workers="block")
    visit = Visit(page, site)
    visit.open(PAGE)
    part(page, "file").set_input_files(old_prints.real()["brothers"])
    assert settle(page) == ""
    part(page, "restore").locator("summary").tap()
    slider = page.get_by_role("slider", name="Turn")
    box = slider.bounding_box()
    slider.tap(position={"x": 0.75 * box["width"], "y": box["height"] / 2})
    assert 4 < float(slider.input_value()) < 6
    part(page, "quarter").tap()
    part(page, "scale").select_option("half")
    sides = [int(side) for side in re.findall(r"\d+", part(page, "cut").text_content())]
    width, height = sides[2:]
    assert 0.5 * sides[1] > width > height  # an upright scan, turned
    for box in page.locator("[data-step]").all():
        box.tap()
    part(page, "repair").tap()
    colored(page, width, height)
    assert np.ptp(shown(page, 1), axis=-1).max() > 10  # not repaired: the scan has its tint
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    if AXE:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            until(page, "s => document.documentElement.dataset.theme === s", scheme)
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("axe.run('#try').then(result => result.violations)")
            assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    assert visit.outside == [] and visit.errors == []
    page.close()
