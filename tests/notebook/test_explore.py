"""Figures with sliders: one output for a kernel and for the static book."""

import html
import json
import re

import matplotlib
import pytest
import torch

from colorlib.notebook import explore as module
from colorlib.notebook.explore import explore
from colorlib.notebook.figures import figure, image_row

matplotlib.use("Agg")


def shade(T):
    return torch.full((3, 8, 8), T)


def frames(page):
    return re.findall(r'<div class="colorlib-frame"( hidden)?>(.*?)</div>', page)


def test_every_frame_is_in_the_page_and_only_the_first_is_shown():
    page = explore(shade, T=[0.1, 0.38, 1.0], alt="gray of {T}").html()
    assert [bool(hidden) for hidden, _ in frames(page)] == [True, False, True]
    for (_, frame), value in zip(frames(page), [0.1, 0.38, 1.0], strict=True):
        assert f'alt="gray of {value}"' in frame
        assert "data:image/" in frame


def test_two_sliders_span_their_product_last_fastest():
    page = explore(lambda x, y: f"{x}-{y}", x=[1, 2], y=["a", "b", "c"], alt="",
                   start={"x": 1, "y": "c"}).html()
    assert [text for _, text in frames(page)] == ["1-a", "1-b", "1-c", "2-a", "2-b", "2-c"]
    assert [text for hidden, text in frames(page) if not hidden] == ["1-c"]


def test_slider_has_label_words_and_announced_value():
    page = explore(shade, T=[0.1, 0.4, 1.0], alt="gray", labels={"T": "temperature <T>"},
                   words={"T": lambda v: f"T is {v}"}).html()
    slider = re.search(r"<input[^>]*>", page)[0]
    name = re.search(r' id="([^"]+)"', slider)[1]
    assert f'<label for="{name}">temperature &lt;T&gt;</label>' in page
    assert f'<output for="{name}" aria-live="polite">T is 0.4</output>' in page
    assert 'type="range"' in slider and 'max="2"' in slider and 'value="1"' in slider
    words = json.loads(html.unescape(re.search(r'data-words="([^"]*)"', slider)[1]))
    assert words == ["T is 0.1", "T is 0.4", "T is 1.0"]


def test_sliders_move_in_a_browser_without_a_kernel(browser):
    page = browser.new_page(viewport={"width": 360, "height": 700})
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    one = explore(lambda x, y: f"<p>{x}-{y}</p>", x=[1, 2], y=["a", "b", "c"], alt="").html()
    page.set_content(one + explore(shade, T=[0.1, 0.4, 1.0], alt="gray of {T}").html())
    x, y, T = page.get_by_role("slider").all()
    assert page.locator(".colorlib-frame:visible").all_inner_texts() == ["2-b", ""]
    y.press("ArrowRight"), x.press("Home"), T.press("End")
    assert page.locator(".colorlib-frame:visible").first.inner_text() == "1-c"
    assert page.get_by_role("img").get_attribute("alt") == "gray of 1.0"
    assert page.locator("output").all_inner_texts() == ["1", "c", "1"]
    assert T.get_attribute("aria-valuetext") == "1"
    box = T.bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    assert page.get_by_role("img").get_attribute("alt") == "gray of 0.1"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not requests
    page.close()


def test_without_scripts_one_frame_is_shown(browser):
    page = browser.new_page(java_script_enabled=False)
    page.set_content(explore(shade, T=[0.1, 0.4, 1.0], alt="gray of {T}").html())
    assert page.locator("img:visible").count() == 1 and not page.locator("input:visible").count()
    page.close()


def test_two_figures_on_a_page_share_no_id_and_load_nothing():
    figure = explore(shade, T=[0, 1], alt="gray")
    pages = [figure.html(), figure.html()]
    ids = [set(re.findall(r' id="([^"]+)"', page)) for page in pages]
    assert ids[0] and not ids[0] & ids[1]
    assert not re.search(r"https?://|src=\"(?!data:)", pages[0])


def test_matplotlib_figures_and_pictures_are_frames():
    def plot(n):
        fig, ax = figure(3, 2)
        ax.plot(range(n))
        return fig

    assert len(frames(explore(plot, n=[2, 3], alt="line").html())) == 2
    row = explore(lambda n: image_row([torch.zeros(3, 4, 4)] * n, alt="row"), n=[1, 2], alt="")
    assert row.html().count("<img") == 3
    assert not matplotlib.pyplot.get_fignums()


def test_quality_drops_to_fit_the_budget_then_says_what_to_do(monkeypatch):
    noise = torch.rand(3, 128, 128, generator=torch.manual_seed(0))
    noisy = explore(lambda k: noise, k=[1, 2], alt="noise")
    full = len(noisy.html())
    monkeypatch.setattr(module, "BUDGET", full - 1)
    assert len(noisy.html()) < full
    monkeypatch.setattr(module, "BUDGET", 10_000)
    with pytest.raises(ValueError, match="fewer values or smaller pictures"):
        noisy.html()


def test_fn_runs_once_a_position():
    calls = []
    figure = explore(lambda T: calls.append(T) or "x", T=[1, 2], alt="")
    figure.html(), figure.html()
    assert calls == [1, 2]


@pytest.mark.parametrize(
    "values, match",
    [({}, "one or two"), ({"T": [1]}, "at least two"),
     ({"T": [1, 2], "start": {"T": 3}}, "none of"),
     ({"a": [1, 2], "b": [1, 2], "c": [1, 2]}, "one or two")],
)
def test_wrong_use_is_explained(values, match):
    with pytest.raises(ValueError, match=match):
        explore(shade, alt="", **values)


def test_forgotten_return_is_explained():
    with pytest.raises(TypeError, match="let it return"):
        explore(lambda T: None, T=[1, 2], alt="").html()


def test_widget_shows_what_the_slider_asks_for():
    box = explore(lambda T, name: f"{name} {T}", T=[1, 2, 3], name=["cat", "cup"], alt="",
                  labels={"T": "temperature"}).widget()
    first, second, view = box.children
    assert first.description == "temperature" and "cup 2" in view.value
    first.value, second.value = 3, "cat"
    assert "cat 3" in view.value


def test_one_output_carries_both_views_only_with_a_kernel(monkeypatch):
    figure = explore(lambda T: "x", T=[1, 2], alt="two")
    live = "application/vnd.jupyter.widget-view+json"
    assert set(figure._repr_mimebundle_()) == {"text/plain", "text/html"}
    monkeypatch.setattr(module, "has_kernel", lambda: True)
    bundle = figure._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", live}
    assert bundle[live]["model_id"] == figure._live.model_id
