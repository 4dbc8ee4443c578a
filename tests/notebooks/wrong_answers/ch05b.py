"""Wrong answers of chapter 05b that no checker names, and that it must catch all the same."""

from torch import nn


def _plain(*layers):
    return lambda channels: nn.Sequential(*layers)


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
    ],
    "throughput": [lambda cut, train: (cut, train), lambda cut, train: min(cut, train)],
    "goes_on": [{"optimizer"}, set(), {"finish", "precision"}, "finish", 3,
                {"finish", "precision", "lam of a later stage", "lr"}, {"everything"}],
}
