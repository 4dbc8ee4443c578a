"""What the measurements on held-out photographs read, and what they leave out."""

import pytest
import torch
from PIL import Image

from colorlib.color import lightness_of, paint
from experiments import held_out
from experiments.held_out import SIDE, Tally, in_color


def test_broken_and_gray_photographs_are_left_out(tmp_path, capsys):
    broken, gray, color = (tmp_path / name for name in ("broken.jpg", "gray.png", "color.png"))
    broken.write_bytes(b"no photograph")
    Image.new("L", (2 * SIDE, 3 * SIDE), 90).save(gray)
    Image.new("RGB", (2 * SIDE, 3 * SIDE), (255, 0, 51)).save(color)
    (path, rgb), = in_color([broken, gray, color])
    assert path == color and rgb.shape == (3, SIDE * 3 // 2, SIDE)
    torch.testing.assert_close(rgb[:, 0, 0], torch.tensor([1.0, 0.0, 0.2]))
    said = capsys.readouterr().err
    assert f"left out {broken}" in said and str(gray) not in said


def test_a_network_beside_those_that_ship_is_compared_with_the_courses():
    photos = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(7))
    whole, parts = Tally(("course", "mine")), [Tally(("course", "mine")) for _ in range(2)]
    for i, rgb in enumerate(photos):
        gray = paint(lightness_of(rgb), torch.zeros(2, 1, 1))
        for tally in (whole, parts[i // 2]):
            tally.add(rgb, {"course": gray, "mine": rgb})
    mine = whole.figures()["mine"]
    assert mine["less_course"]["auc"] == mine["auc"] > 0  # the course's is as gray here
    assert mine["less_course"]["chroma_share"] == pytest.approx(1)
    assert "less_course" not in whole.figures()["course"]
    parts[0].join(parts[1])
    assert parts[0].figures() == whole.figures()


@pytest.mark.parametrize("words", [["--also", "mine=weights"], ["--also", "mine", "-o", "out"],
                                   ["--also", "course=weights", "-o", "out"]])
def test_weights_beside_those_that_ship_need_a_name_and_an_output(words, tmp_path, capsys):
    with pytest.raises(SystemExit):
        held_out.main([str(tmp_path), *words])
    assert "--also" in capsys.readouterr().err
