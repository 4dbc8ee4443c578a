"""Wrong answers of chapter 05b that no checker names, and that it must catch all the same."""

import torch.nn.functional as F
from torch import nn


def _plain(*layers):
    return lambda channels: nn.Sequential(*layers)


def _down(channels, *rest):
    layers = [nn.Conv2d(1, channels, 3, 2, 1), nn.ReLU(), nn.Conv2d(channels, 8, 3, 2, 1),
              nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU()]
    return nn.Sequential(*layers, *rest)


class _Answers(nn.Module):
    """A right network, whose answer is changed."""

    def __init__(self, channels, answer):
        super().__init__()
        self.right = _down(channels, nn.Upsample(scale_factor=2), nn.Conv2d(8, 2, 3, 1, 1))
        self.answer = answer

    def forward(self, x):
        return self.answer(self.right(x))


def _answers(answer):
    return lambda channels: _Answers(channels, answer)


WRONG = {
    "autoencoder": [
        lambda channels: "a network",
        _plain(nn.Conv2d(1, 2, 3, 1, 1)),
        _plain(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 2, 3, 2, 1)),  # no bottleneck
        _plain(nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU()),
        lambda channels: nn.Sequential(  # no ReLU
            nn.Conv2d(1, channels, 3, 4, 1), nn.Conv2d(channels, 8, 3, 2, 1),
            nn.Upsample(scale_factor=2), nn.Conv2d(8, 2, 3, 1, 1)),
        lambda channels: nn.Sequential(  # the last answer can't be negative
            nn.Conv2d(1, channels, 3, 4, 1), nn.ReLU(), nn.Conv2d(channels, 8, 3, 2, 1),
            nn.Upsample(scale_factor=2), nn.Conv2d(8, 2, 3, 1, 1), nn.ReLU()),
        lambda channels: nn.Sequential(  # 16 channels, whatever was asked for
            nn.Conv2d(1, 16, 3, 4, 1), nn.ReLU(), nn.Conv2d(16, 8, 3, 2, 1), nn.ReLU(),
            nn.Upsample(scale_factor=2), nn.Conv2d(8, 2, 3, 1, 1)),
        lambda channels: nn.Sequential(nn.Conv2d(1, channels, 3, 2, 1), nn.BatchNorm1d(channels)),
        lambda channels: nn.Module(),  # no forward
        _answers(lambda x: None),  # no return
        _answers(lambda x: (x, x)),
        _answers(lambda x: x.not_there),
        _answers(lambda x: F.relu(x)),
        _answers(lambda x: F.softplus(x)),
        lambda channels: _down(  # for one size of picture only
            channels, nn.Flatten(), nn.Linear(8 * 16, 2 * 64), nn.Unflatten(1, (2, 8, 8))),
        lambda channels: _down(channels, nn.Upsample(size=8), nn.Conv2d(8, 2, 3, 1, 1)),
        lambda channels: _down(  # down to 1/16
            channels, nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(), nn.Upsample(scale_factor=4),
            nn.Conv2d(8, 2, 3, 1, 1)),
        lambda channels: nn.Sequential(  # one ReLU is too few
            nn.Conv2d(1, channels, 3, 2, 1), nn.ReLU(), nn.Conv2d(channels, 8, 3, 2, 1),
            nn.Conv2d(8, 8, 3, 2, 1), nn.Upsample(scale_factor=2), nn.Conv2d(8, 2, 3, 1, 1)),
        lambda channels: nn.Sequential(  # BatchNorm is linear, once trained
            nn.Conv2d(1, channels, 3, 4, 1), nn.BatchNorm2d(channels),
            nn.Conv2d(channels, 8, 3, 2, 1), nn.Upsample(scale_factor=2),
            nn.Conv2d(8, 2, 3, 1, 1)),
        lambda channels: nn.Sequential(
            nn.LazyConv2d(channels, 3, 4, 1), nn.ReLU(), nn.LazyConv2d(8, 3, 2, 1), nn.ReLU(),
            nn.Upsample(scale_factor=2), nn.LazyConv2d(2, 3, 1, 1)),
    ],
    "throughput": [lambda cut, train: (cut, train), lambda cut, train: min(cut, train)],
    "goes_on": [{"optimizer"}, set(), {"finish", "precision"}, "finish", 3, [["finish"]],
                {"finish", "precision", "lam of a later stage", "lr"}, {"everything"}],
}
