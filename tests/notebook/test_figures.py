"""Pictures with alt text, and the drawings that the chapters share."""

import base64
import io
import re

import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.color import rgb_to_lab
from colorlib.notebook import ab_plane, figures

matplotlib.use("Agg")


def decoded(uri):
    kind, data = re.match(r"data:image/(\w+);base64,(.*)", uri).groups()
    return kind, np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def test_show_carries_alt_text_and_closes_the_figure():
    fig, ax = figures.figure(4, 3)
    ax.plot([1, 2])
    page = figures.show(fig, alt='a line "up" & on')._repr_html_()
    assert 'alt="a line &quot;up&quot; &amp; on"' in page
    assert not matplotlib.pyplot.get_fignums()
    assert re.search(r'width="360" height="270"', page)  # 4 x 3 inches at 90 pixels


@pytest.mark.parametrize("call", [lambda: figures.show(torch.zeros(3, 2, 2), alt=" "),
                                  lambda: figures.image_row([torch.zeros(3, 2, 2)])])
def test_a_picture_without_alt_text_is_refused(call):
    with pytest.raises(ValueError, match="alt must say"):
        call()


def test_flat_drawings_are_kept_exactly_and_photographs_nearly():
    flat = np.zeros((9, 9, 3), np.uint8)
    flat[3:6] = (201, 33, 77)
    kind, back = decoded(figures.data_uri(Image.fromarray(flat)))
    assert kind == "webp" and (back == flat).all()
    y, x = np.mgrid[0:128, 0:128]
    photo = np.stack([x * 2, y * 2, 255 - x - y], -1).clip(0, 255).astype(np.uint8)
    kind, back = decoded(figures.data_uri(Image.fromarray(photo)))
    assert kind == "jpeg"
    assert np.abs(back.astype(int) - photo).mean() < 2


@pytest.mark.parametrize("image", [
    torch.full((3, 2, 5), 0.5), np.full((2, 5, 3), 0.5), np.full((2, 5), 0.5),
    np.full((2, 5, 1), 128, np.uint8), Image.new("RGB", (5, 2), (128, 128, 128)),
    Image.new("L", (5, 2), 128),
])
def test_images_of_all_kinds(image):
    drawn = figures.to_image(image)
    assert drawn.size == (5, 2) and drawn.getpixel((0, 0)) == (128, 128, 128)


def test_image_row_titles_and_escapes():
    page = figures.image_row([np.zeros((2, 2))] * 2, ["a < b", "c"], alt="two")._repr_html_()
    assert page.count("<figcaption>") == 2 and "a &lt; b" in page
    with pytest.raises(ValueError, match="more titles than images"):
        figures.image_row([np.zeros((2, 2))], ["a", "b"], alt="two")


def test_ab_slice_shows_the_color_of_each_place_and_white_beyond_the_gamut():
    plane = ab_plane.ab_slice(60, size=231).double()
    # Column 115 + a, row 115 - b: one unit a pixel.
    lab = rgb_to_lab(plane[:, 115 - 30, 115 + 20][:, None, None]).flatten()
    assert torch.allclose(lab, torch.tensor([60, 20, 30.0]).double(), atol=0.05)
    assert (plane[:, 0, 0] == 1).all()


def test_ab_plane_squares_have_the_area_of_their_value():
    values = np.linspace(0, 1, 313)
    ax = ab_plane.ab_plane(values)
    paths = ax.collections[0].get_paths()
    areas = [np.prod(np.ptp(path.vertices, axis=0)) for path in paths]
    assert np.allclose(areas, 81 * values)
    with pytest.raises(ValueError, match="313"):
        ab_plane.ab_plane(values[:5])
    matplotlib.pyplot.close("all")


def test_a_sheet_of_filters_shows_each_in_its_place():
    weight = torch.zeros(4, 1, 3, 3)
    weight[1, 0, 0, 2] = -0.5  # the second filter, its upper right corner
    sheet = figures.filter_sheet(weight, columns=2, scale=3)
    side = 3 * 3 + 2 * 2  # a filter with its white border
    assert sheet.shape == (2 * side, 2 * side)
    dark = (sheet == 0).nonzero()
    assert len(dark) == 9 and dark.amin(0).tolist() == [2, side + 2 + 6]
    assert (sheet == 0.5).sum() == 4 * 81 - 9
