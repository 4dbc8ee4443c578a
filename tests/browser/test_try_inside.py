"""The look inside the network in "Try it": the numbers of Python, by keyboard and by touch."""

import json
import re

import numpy as np
import pytest
import test_try
import torch
from conftest import PHONE, SITE, Visit, until
from test_try import AXE, PAGE, as_file, call, give, part, settle

from colorlib import Colorizer, annealed_mean
from colorlib.color import lightness_of
from colorlib.engine.counting import receptive_field
from colorlib.images import as_rgb, sample
from colorlib.representation.features import BLOCKS

loaded = test_try.loaded  # a fixture
PHOTO = (301, 203)
LOOK = "document.querySelector('[data-part=looked]').textContent"


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer.from_pretrained("course")


@pytest.fixture(scope="module")
def looked(loaded):
    """The page with a photo and an open look inside, by keyboard."""
    assert give(loaded, as_file(sample("raccoon").resize(PHOTO))) == ""
    part(loaded, "inside").locator("summary").press("Enter")
    part(loaded, "look").press("Enter")
    until(loaded, "!document.querySelector('[data-part=layers]').hidden")
    return loaded


def parts_of(network):
    return {name: getattr(network, name) for name in BLOCKS} | {"model8": network.model8[:-1]}


@pytest.fixture(scope="module")
def outputs(colorizer):
    """What each block gives for the photo, by hooks, and the network's logits."""
    found, network = {}, colorizer.network
    hooks = [block[-1].register_forward_hook(lambda m, given, out, name=name: found.update(
        {name: out[0].clone()})) for name, block in parts_of(network).items()]
    with torch.inference_mode():
        shown = colorizer.shown(lightness_of(as_rgb(sample("raccoon").resize(PHOTO))))
        found["logits"] = network.logits(shown)[0]
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize("x, y", [(150, 101), (300, 202)])
def test_each_block_gives_what_it_gives_in_python(looked, outputs, x, y):
    told = call(looked, "client.js", """
        const told = await m.ask("inside", { x: x[0], y: x[1] });
        const blocks = told.blocks.map(block => ({ ...block, strongest: block.strongest.map(
          one => ({ ...one, map: [...one.map] })) }));
        return { blocks, logits: [...told.logits] };""", x, y)

    def at(maps):
        return maps[:, y * maps.shape[1] // PHOTO[1], x * maps.shape[2] // PHOTO[0]]

    torch.testing.assert_close(torch.tensor(told["logits"]), at(outputs["logits"]),
                               atol=2e-3, rtol=1e-3)
    assert [block["name"] for block in told["blocks"]] == [*BLOCKS, "model8"]
    for block in told["blocks"]:
        maps = outputs[block["name"]]
        assert (block["channels"], block["height"], block["width"]) == tuple(maps.shape)
        apart = (at(maps) - maps.mean((1, 2))) / maps.std((1, 2), correction=0)
        apart = apart.nan_to_num(-torch.inf, posinf=-torch.inf)
        said = [one["apart"] for one in block["strongest"]]
        np.testing.assert_allclose(said, apart.topk(5).values, atol=0.02)
        for one in block["strongest"]:
            assert apart[one["channel"]] == pytest.approx(one["apart"], abs=0.02)
            wanted = maps[one["channel"]]
            np.testing.assert_allclose(one["map"], wanted.flatten(),
                                       atol=5e-3 * wanted.abs().max())


def test_receptive_fields_are_those_that_colorlib_counts(looked, colorizer):
    about = json.loads((SITE / "_static/try/model/about.json").read_text())
    before = []
    for name, block in parts_of(colorizer.network).items():
        before.append(block)
        places = [0, 1, 2, 7, 20]
        found = call(looked, "blocks.js", """
            const [blocks, name, places] = x;
            const names = Object.keys(blocks);
            const convolutions = names.slice(0, names.indexOf(name) + 1).flatMap(n => blocks[n]);
            return places.map(at => m.fieldOf(convolutions, at));""",
            about["blocks"], name, places)
        wanted = [list(receptive_field(torch.nn.Sequential(*before), at)) for at in places]
        assert found == wanted


def test_the_look_follows_by_keyboard(looked, outputs, colorizer):
    before = looked.evaluate(LOOK)
    looked.get_by_role("application", name="as the network is shown").press("Shift+ArrowLeft")
    until(looked, f"before => {LOOK} !== before", before)
    assert part(looked, "blocks").locator("li").count() == 8
    names = part(looked, "blocks").get_by_role("img").evaluate_all(
        "all => all.map(canvas => canvas.getAttribute('aria-label'))")
    assert len(set(names)) == 40 and all("standard deviations above" in name for name in names)
    # Frames and ring are drawn, also in the photo of each block.
    drawn = looked.locator("[data-part=inside] canvas").evaluate_all("""all => all.map(canvas => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return new Set(data.filter((_, i) => i % 4 === 0)).size;
    })""")
    assert len(drawn) == 49 and min(drawn) > 2
    # The answer at the place that the page names, decoded by T.
    x, y = (int(n) for n in re.search(r"place is (\d+), (\d+)", looked.evaluate(LOOK)).groups())
    cell = outputs["logits"][:, y // 4, x // 4, None, None]
    slider = looked.get_by_role("slider", name="for this figure")
    for key, T in (("ArrowRight", 0.39), ("End", 1.0), ("Home", 0.0)):
        slider.press(key)
        said = part(looked, "decoded").text_content().replace("−", "-")
        T_said, *ab = map(float, re.search(r"T = (\S+) .*a (\S+), b (\S+)\.", said).groups())
        wanted = annealed_mean(cell, colorizer.bins, T).flatten()
        assert T_said == T and np.abs(np.array(ab) - wanted.numpy()).max() <= 0.51
        shares = torch.zeros(313).index_fill(0, cell.argmax(), 1) if T == 0 else \
            (cell.flatten() / T).softmax(0)
        listed = [float(text.split(": ")[1].split()[0])
                  for text in part(looked, "classes").locator("li").all_text_contents()]
        np.testing.assert_allclose(listed, 100 * shares.sort(descending=True)[0][:len(listed)],
                                   atol=0.51)
        assert len(listed) == (1 if T == 0 else 5)


@pytest.mark.skipif(not AXE, reason="no axe-core in tests/")
def test_axe_finds_nothing_to_mend_in_the_look(looked):
    for scheme in ("light", "dark"):
        looked.emulate_media(color_scheme=scheme)
        until(looked, "s => document.documentElement.dataset.theme === s", scheme)
        looked.evaluate(AXE.read_text(encoding="utf-8"))
        found = looked.evaluate("axe.run('#try').then(result => result.violations)")
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    looked.emulate_media(color_scheme="light")


def test_on_a_phone_by_touch_and_nothing_is_fetched_before(browser, site):
    page = browser.new_page(viewport=PHONE, has_touch=True, service_workers="block")
    visit, asked = Visit(page, site), []
    page.on("request", lambda request: asked.append(request.url))
    visit.open(PAGE)
    page.locator("[data-name='cat.jpg']").tap()
    assert settle(page) == ""
    part(page, "inside").locator("summary").tap()
    assert not [url for url in asked if "course.onnx" in url]
    page.context.route("**/course.onnx*", lambda route: route.abort())
    part(page, "look").tap()
    until(page, "document.querySelector('[data-part=problem]').textContent")
    assert "could not be fetched" in part(page, "problem").text_content()
    page.context.unroute("**/course.onnx*")
    visit.errors.clear()
    part(page, "look").tap()
    until(page, f"!document.querySelector('[data-part=layers]').hidden && {LOOK}")
    assert part(page, "problem").text_content() == ""
    sight, before = part(page, "sight"), page.evaluate(LOOK)
    box = sight.bounding_box()
    sight.tap(position={"x": 0.25 * box["width"], "y": 0.75 * box["height"]})
    until(page, f"before => {LOOK} !== before", before)
    width, height, x, y = map(int, re.findall(r"\d+", page.evaluate(LOOK))[:4])
    assert abs(x - 0.25 * width) <= 2 and abs(y - 0.75 * height) <= 2
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert visit.outside == [] and visit.errors == []
    page.close()
