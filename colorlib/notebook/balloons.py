"""The smallest world where L2 and classification differ: pink or green balloons (chapter 04)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

PINK, GREEN = torch.tensor([50.0, -40.0]), torch.tensor([-50.0, 40.0])
INSIDE, AROUND = 65.0, 90.0  # lightness, the same for both colors


def balloons(count: int, side: int = 16) -> tuple[Tensor, Tensor]:
    """Round balloons on a light ground; each comes twice, once pink and once green.

    Returns
    -------
    Lightness, (2 count, 1, side, side), and ab, (2 count, 2, side, side): the first half pink.
    """
    row, column = torch.arange(side)[:, None], torch.arange(side)
    y, x = torch.randint(5, 11, (2, count, 1, 1, 1))
    radius = torch.randint(3, 6, (count, 1, 1, 1))
    inside = (row - y) ** 2 + (column - x) ** 2 <= radius**2
    ab = [torch.where(inside, color[:, None, None], 0.0) for color in (PINK, GREEN)]
    return torch.where(inside, INSIDE, AROUND).repeat(2, 1, 1, 1), torch.cat(ab)


class Small(nn.Sequential):
    """Three convolutions from lightness to so many numbers a pixel."""

    def __init__(self, outputs: int):
        super().__init__(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
                         nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, outputs, 1))

    def forward(self, lightness: Tensor) -> Tensor:
        return super().forward((lightness - 80) / 20)


def train(network: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], steps: int = 100,
          rate: float = 0.01) -> nn.Module:
    """The network after so many steps of Adam, each on eight new balloons.

    Parameters
    ----------
    loss : of the network's output and the true ab, to one number.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(steps):
        lightness, ab = balloons(4)
        optimizer.zero_grad()
        loss(network(lightness), ab).backward()
        optimizer.step()
    return network.eval()
