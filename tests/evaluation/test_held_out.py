"""What the measurements on held-out photographs read, and what they leave out."""

import torch
from PIL import Image

from experiments.held_out import SIDE, in_color


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
