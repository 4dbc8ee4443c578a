"""The learner's own photo, as ipywidgets 7 and 8 hand it over."""

import io
from datetime import UTC, datetime

import pytest

from colorlib.images import sample
from colorlib.notebook.figures import show
from colorlib.notebook.upload import _content, upload


def jpeg():
    file = io.BytesIO()
    sample("cat").save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize("form", [
    lambda data: {"cat.jpg": {"metadata": {}, "content": data}},  # ipywidgets 7
    lambda data: ({"name": "cat.jpg", "content": memoryview(data)},),  # ipywidgets 8
])
def test_both_forms_of_an_upload(form):
    assert _content(form(b"abc")) == b"abc"


def test_answer_is_a_picture_or_a_sentence():
    box = upload(lambda photo: show(photo, alt=f"{photo.width} wide"))
    assert 'alt="451 wide"' in box.answer(jpeg())
    assert "That did not work" in box.answer(b"no picture")
    assert "Traceback" not in box.answer(jpeg()[:2000])


def test_widget_shows_what_was_uploaded():
    box = upload(lambda photo: show(photo, alt="the photo"))
    widget = box.widget()
    button, view = widget.children
    assert view.value == ""
    about = {"name": "cat.jpg", "type": "image/jpeg", "size": len(jpeg())}
    if isinstance(button.value, dict):  # ipywidgets 7
        button.set_trait("value", {"cat.jpg": {"metadata": about, "content": jpeg()}})
    else:
        button.value = ({**about, "content": memoryview(jpeg()),
                         "last_modified": datetime.now(UTC)},)
    assert 'alt="the photo"' in view.value
