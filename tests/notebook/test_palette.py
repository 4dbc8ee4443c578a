"""A photo to click on, the colors of a place, and the list of hints."""

import pytest
import torch
from PIL import ImageColor

from colorlib.color import lightness_of, rgb_to_lab
from colorlib.images import as_rgb, sample
from colorlib.notebook.figures import image_row
from colorlib.notebook.palette import choices, palette


@pytest.mark.parametrize("lightness", [0, 12, 50, 88, 100])
def test_colors_of_a_place_have_its_lightness(lightness):
    found = choices(lightness)
    assert len(found) == len({word for word, _ in found}) == 25
    rgb = torch.tensor([ImageColor.getrgb(color) for _, color in found]).T[:, None] / 255
    lab = rgb_to_lab(rgb.float())[:, 0]
    assert (lab[0] - lightness).abs().max() < 1
    chroma = lab[1:].norm(dim=0)
    assert (chroma[:12] >= chroma[12:24] - 1).all() and chroma[24] < 1


def made(hints):
    red = 0 if hints is None else sum(a > 0 for a in hints.getchannel("A").tobytes())
    return image_row([sample("cat").resize((8, 8))], alt=f"{red} pixels of hints")


@pytest.fixture
def box():
    return palette(made, sample("china").reduce(4), "#3060c0 5,5")


def test_the_place_moves_its_colors_and_hints_the_picture(box):
    board, place, across, down, colors, text, view = box.widget().children
    assert "of hints" in view.value and 'alt="0 pixels' not in view.value
    first = colors.value
    place.value = "10,80"
    assert (across.value, down.value) == (10, 80)
    assert "chosen is 10 across, 80 down" in board.value and colors.value != first
    down.value = 5
    lightness = lightness_of(as_rgb(box.photo))[0, 5, 10].item()
    word, color = choices(lightness)[1]
    assert f"background:{color};" in colors.value and f">{word}</button>" in colors.value
    assert f"{color} 10,5" in colors.value
    text.value = ""
    assert 'alt="0 pixels' in view.value
    text.value = "#3060c0 5"
    assert "line 1" in view.value and "<img" not in view.value and "<img" in board.value


def test_without_a_kernel_the_first_picture_is_shown(box):
    bundle = box._repr_mimebundle_()
    assert "pixels of hints" in bundle["text/html"]
    assert not any("widget" in kind for kind in bundle)


def test_clicks_and_keys_write_into_the_fields(browser, box):
    """The page of a widget front end: board, fields and colors in one box."""
    box.widget()
    page, sent = browser.new_page(viewport={"width": 360, "height": 800}), []
    page.on("pageerror", lambda error: sent.append(str(error)))
    page.expose_function("sent", lambda *field: sent.append(field))
    page.set_content(
        f'<div class="colorlib-palette"><div>{box.board(3, 4, "")}</div>'
        '<div class="colorlib-place"><input style="display:none"></div>'
        f"<div>{box.colors(3, 4)}</div><textarea>#3060c0 5,5</textarea></div>")
    page.evaluate("""() => document.querySelectorAll("input, textarea").forEach(field =>
      field.addEventListener("change", () => sent(field.tagName, field.value)))""")
    page.locator("img").click(position={"x": 12, "y": 30})
    word, color = choices(lightness_of(as_rgb(box.photo))[0, 4, 3].item())[9]
    page.get_by_role("button", name=word, exact=True).press("Enter")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Clear").press("Space")
    assert sent == [("INPUT", "12,30"), ("TEXTAREA", f"#3060c0 5,5\n{color} 3,4"),
                    ("TEXTAREA", "#3060c0 5,5"), ("TEXTAREA", "")]
    page.close()
