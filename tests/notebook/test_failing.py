"""What chapters 12 and 12b draw, against cases whose answers are known."""

import matplotlib.pyplot as plt
import pytest
import torch

from colorlib.limits import calibration
from colorlib.notebook import failing
from colorlib.notebook.checks import WRONG, ch12b


def test_a_measured_value_is_told_with_its_interval():
    assert failing.told((0.5, 0.404, 0.6)) == "0.50 [0.40, 0.60]"
    assert failing.told((15.9, 14.2, 17.1), 0) == "16 [14, 17]"


def test_pictures_are_shrunk_by_their_longer_side():
    from PIL import Image
    assert failing.small(Image.new("RGB", (300, 600)), 200).shape == (3, 200, 100)
    assert all(rgb.shape[2] == 60 for rgb in failing.bundled(60).values())


def test_maps_have_the_size_of_the_photograph():
    rgb, logits = torch.full((3, 16, 24), 0.5), torch.zeros(313, 4, 6)
    row = failing.why(rgb, rgb, logits)
    assert {tuple(picture.shape) for picture in row} == {(3, 16, 24)}
    assert row[2].min() > 0.99  # no idea among 313: white
    assert row[3].max() < 0.5  # gray surprises nobody


def test_diagram_leaves_out_ranges_that_hold_almost_nothing():
    _, ax = plt.subplots()
    rows = torch.tensor([[1.0, 0.05, 0], [5000, 1000, 900], [5000, 4000, 2500]])
    failing.reliability(ax, rows)
    x, y = ax.lines[1].get_data()
    assert x.tolist() == pytest.approx([0.2, 0.8]) and y.tolist() == pytest.approx([0.18, 0.5])
    plt.close("all")


def test_reliability_adds_up_over_photographs():
    rgb = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))
    logits = torch.randn(313, 4, 4, generator=torch.Generator().manual_seed(1))
    once = calibration.reliability(logits, calibration.labels_of(rgb, logits), 0.5)
    both = failing.live_reliability({"a": logits, "b": logits}, {"a": rgb, "b": rgb}, 0.5)
    assert torch.equal(both, 2 * once)


def test_the_drawing_names_what_the_exercise_asks_for():
    _, ax = plt.subplots()
    failing.draw_rim(ax)
    assert {"own", "other", "rim", "reach", "the outline"} <= {t.get_text() for t in ax.texts}
    plt.close("all")


@pytest.mark.parametrize("order, says", [
    ("BDECFA", "line B stops with a NameError"), ("DBGECFA", "throws away the colors"),
    ("DGCFA", "colors the scan as it came"), ("DBECF", "nothing is written"),
    ("D?", "nothing is w"),
    ("DZ", "letters from A to G"), ("DD", "at most once"), ("", "letters from A to G")])
def test_lines_in_a_wrong_order_are_told_what_stops(order, says):
    verdict = ch12b.in_order(order)
    assert verdict.status == WRONG and says in repr(verdict)


@pytest.mark.parametrize("order", ["DBECFA", "fdbeca", list("DFBECA"), "D, B, E, C, F, A"])
def test_lines_may_stand_in_several_right_orders(order):
    assert ch12b.in_order(order)


@pytest.mark.parametrize("old, new, says", [
    ("guesses", "colors", "are guesses"), ("black and white", "old", "is black and white"),
    ("Robert Boning", "a man", "record['photographer']"), ("1910", "long ago", "record['what']"),
    ("no real color is known", "None", "says None"), ("dark red", "blue", "record['checked']")])
def test_captions_are_told_what_they_lack(old, new, says):
    verdict = ch12b.caption(lambda record: ch12b.caption.reference(record).replace(old, new))
    assert verdict.status == WRONG and says in repr(verdict)


def test_captions_in_other_words_are_right():
    assert ch12b.caption(lambda record: "\n".join(
        [*(str(value) for value in record.values() if value), "A monochrome photograph.",
         "A program guessed its colors."]))
