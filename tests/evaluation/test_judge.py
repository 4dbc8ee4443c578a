"""The judge that is no part of any row: what it answers, and how its answers are counted."""

import numpy as np
import pytest
import torch

from colorlib.io.datasets import CLASSES
from experiments import judge
from experiments.judge import COLUMNS, PHOTO, ROWS, figures


def test_it_answers_among_the_thousand_and_among_the_ten(monkeypatch):
    """The middle square is shown, at Lite2's size; the likeliest of the ten may be another."""
    shown = []

    def network(squares):
        shown.append(squares)
        logits = torch.zeros(len(squares), 1000)
        logits[:, 850] = 3.0  # teddy bear: none of Imagenette's
        logits[0, CLASSES["n03028079"][1]], logits[1, CLASSES["n03888257"][1]] = 2.0, 4.0
        return logits

    monkeypatch.setattr(judge, "EfficientNetLite", lambda variant: torch.nn.Module())
    monkeypatch.setattr(judge, "imagenet_weights", lambda variant: {})
    asked = judge.Judge()
    asked.network = network
    picture = torch.cat([torch.zeros(3, 40, 20), torch.ones(3, 40, 40), torch.zeros(3, 40, 20)], 2)
    thousand, ten = asked([picture, picture])
    assert thousand.tolist() == [850, 701] and ten.tolist() == [497, 701]
    assert shown[0].shape == (2, 3, 260, 260) and shown[0].min() > 0.99


def test_rows_are_compared_with_gray_on_the_same_photographs():
    right = np.zeros((4, len(ROWS) + 1, len(COLUMNS)))
    right[:2, ROWS.index("gray")] = 1
    right[:, -1, COLUMNS.index("ten")] = 1
    found = figures(right)
    assert found["photos"] == 4 and found["gray"]["ten"] == 50
    assert list(found["rows"]) == [*ROWS[1:], PHOTO]
    assert found["rows"][PHOTO]["ten"] == 100
    assert found["rows"][PHOTO]["less_gray"]["ten"] == 50
    low, high = found["rows"][PHOTO]["less_gray"]["ten_interval"]
    assert 0 <= low < 50 < high <= 100
    assert found["rows"]["l2"]["less_gray"]["small"] == pytest.approx(-50)
