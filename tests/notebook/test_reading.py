"""What chapter 07 asks to be read from its figure is what the figure shows."""

import pytest
import torch

from colorlib.color import rgb_to_lab
from colorlib.evaluation.methods import painter, row
from colorlib.evaluation.report import windows
from colorlib.metrics import ab_error
from colorlib.notebook.checks.ch07 import OTHERS, READ, reading


@pytest.mark.parametrize("name", ["gray", "L2", "full", "random"])
def test_the_numbers_are_those_of_the_curves(name):
    paint, errors = painter(row(name.lower()), windows(8, seed=1)), []
    for i, window in enumerate(windows(24)):
        photo = window / 255
        errors.append(ab_error(rgb_to_lab(paint(photo, i)), rgb_to_lab(photo)).flatten())
    error = torch.cat(errors)
    share, allowed = OTHERS[name]
    assert (error <= 20).float().mean() == pytest.approx(share, abs=0.01)
    assert error.kthvalue(int(0.8 * len(error))).values == pytest.approx(allowed, abs=1)


def test_the_answer_is_grays_share_and_l2s_error():
    assert (OTHERS["gray"][0], OTHERS["L2"][1]) == READ


def test_each_misreading_has_its_answer():
    assert reading((0.5, 38)) and reading([0.45, 36])
    for wrong, said in (((47, 37), "percent"), ((37, 0.47), "changed places"),
                        ((0.58, 37), "the line of full"), ((0.47, 43), "the line of gray"),
                        ((0.47, 33), "the line of full"), ((0.1, 37), "grid"), (0.47, "two")):
        assert said in repr(reading(wrong)), wrong
