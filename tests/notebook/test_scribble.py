"""Strokes: as text, as a picture, and drawn by hand in a browser."""

import pytest
from PIL import Image

from colorlib.classic.levin import levin
from colorlib.classic.scribbles import draw, parse
from colorlib.images import sample
from colorlib.notebook.figures import show
from colorlib.notebook.scribble import over, scribble

TEXT = "#3060c0 10,20 60,25\n\n  green 5.5,70\n"


def test_strokes_are_read_from_their_text():
    assert parse(TEXT) == [("#3060c0", [(10, 20), (60, 25)]), ("green", [(5.5, 70)])]


@pytest.mark.parametrize("line", ["#3060c0", "blurple 1,2", "red 1;2", "red 1,2 3", "red 1.2.3,4"])
def test_a_line_that_is_no_stroke_is_named(line):
    with pytest.raises(ValueError, match="line 2.*is no stroke; write"):
        parse(f"red 1,1\n{line}")


def test_a_drawn_stroke_has_its_color_and_its_width():
    picture = draw("#3060c0 10,20 60,20\n#ff0000 80,20", (100, 40), width=4)
    assert picture.size == (100, 40) and picture.mode == "RGBA"
    assert picture.getpixel((30, 20)) == (0x30, 0x60, 0xC0, 255)
    assert picture.getpixel((80, 20)) == (255, 0, 0, 255)  # one point: a dot
    column = [picture.getpixel((30, y))[3] for y in range(40)]
    assert sum(a > 0 for a in column) == 4
    assert picture.getpixel((70, 20))[3] == 0


def test_strokes_lie_over_the_gray_photo():
    photo = sample("cat").reduce(4)
    shown = over(photo, draw("#ff0000 10,10 40,10", photo.size))
    assert shown.getpixel((20, 10)) == (255, 0, 0)
    r, g, b = shown.getpixel((20, 50))
    assert r == g == b == photo.convert("L").getpixel((20, 50))


@pytest.fixture
def box():
    photo = sample("china").reduce(8)
    return scribble(lambda strokes: show(levin(photo, strokes), alt="colored"), photo,
                    "#3060c0 5,5 40,5")


def test_new_strokes_make_a_new_picture(box):
    board, text, view = box.widget().children
    first = view.value
    assert 'alt="colored"' in first
    text.value += "\n#306030 5,40 50,40"
    assert 'alt="colored"' in view.value and view.value != first
    text.value += "\n#306030 5"
    assert "line 3" in view.value and "<img" not in view.value
    assert text.value.endswith("#306030 5")  # what was typed is still there
    text.value = " "
    assert "No strokes yet" in view.value


def test_message_is_escaped(box):
    assert "<b>" not in box.answer("<b>x</b> 1,1")


def test_without_a_kernel_the_first_picture_is_shown(box):
    bundle = box._repr_mimebundle_()
    assert 'alt="colored"' in bundle["text/html"]
    assert not any("widget" in kind for kind in bundle)


def test_wrong_strokes_to_begin_with_are_named_at_once():
    with pytest.raises(ValueError, match="line 1"):
        scribble(lambda strokes: None, Image.new("L", (8, 8)), "nonsense")


def test_drawing_writes_into_the_field_and_undo_takes_back(browser, box):
    """The page of a widget front end: board and text field in one box, in either order."""
    page, troubles = browser.new_page(viewport={"width": 360, "height": 600}), []
    page.on("pageerror", lambda error: troubles.append(error))
    page.on("request", lambda request: request.url.startswith("data:") or troubles.append(
        request.url))
    page.set_content(f'<div class="colorlib-scribble"><div>{box.board()}</div></div>')
    # The field comes later than the board, and is heard by the front end's own listener.
    page.evaluate("""() => { setTimeout(() => {
      const field = document.createElement("textarea");
      field.value = "#3060c0 5,5 40,5";
      window.sent = [];
      field.addEventListener("change", () => sent.push(field.value));
      document.querySelector(".colorlib-scribble").append(field);
    }, 120) }""")
    canvas = page.locator("canvas")
    inked = "c => c.getContext('2d').getImageData(20, 5, 1, 1).data.join()"
    page.wait_for_function(f"({inked})(document.querySelector('canvas')) === '48,96,192,255'")
    frame = canvas.bounding_box()
    page.locator("input[type=color]").fill("#a03020")
    page.mouse.move(frame["x"] + 10, frame["y"] + 20)
    page.mouse.down()
    page.mouse.move(frame["x"] + 30, frame["y"] + 30, steps=3)
    page.mouse.up()
    (text,) = page.evaluate("sent")
    assert text.startswith("#3060c0 5,5 40,5\n#a03020 10,20 ") and text.endswith(" 30,30")
    parse(text)
    page.get_by_role("button", name="Undo").click()
    assert page.evaluate("sent")[-1] == "#3060c0 5,5 40,5"
    page.get_by_role("button", name="Clear").press("Enter")
    assert page.evaluate("sent")[-1] == "" and not troubles
    page.close()
