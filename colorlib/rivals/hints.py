"""The network that takes hints: a person clicks, it does the rest (chapter 10b)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import AB_SCALE, Zhang, check_shape

WIDTH = 0.25  # of the course's network
SIGMA = 5.0  # ab units: width of the distribution around a wanted color, as in soft encoding
CERTAIN = 1 - 1e-4  # largest share of the hints in a place's mixture; the smallest is 1 - CERTAIN
HIDDEN, KEY = 64, 32  # channels of the layers that make the keys, and of a key
LEARNED = ("alike", "alone", "near")  # parts that are trained; the rest is the course's network


class Hinted(Zhang):
    """The course's network with two more inputs: what color a person wants, and where.

    Each place of the picture is compared with the places of the hints: by their keys, which are
    learned from what the network sees there, and by their distance. A place takes the colors of
    the hints that are similar to it; where none is, the automatic network decides.

    Notes
    -----
    The inputs and the training by simulated clicks are those of R. Zhang, J.-Y. Zhu et al.,
    "Real-Time User-Guided Image Colorization with Learned Deep Priors" (2017). Their network takes
    L, ab and mask in its first layer, and learns from 1.3 million photographs how a hint spreads.
    Here attention (A. Vaswani et al., 2017) spreads it, so that little is left to learn.
    """

    def __init__(self, width: float = WIDTH):
        super().__init__(width)
        channels = 1 + sum(block[-1].num_features
                           for block in (self.model2, self.model3, self.model7))
        self.alike = nn.Sequential(nn.Conv2d(channels, HIDDEN, 1), nn.ReLU(inplace=True),
                                   nn.Conv2d(HIDDEN, KEY, 3, padding=1))
        self.alone = nn.Conv2d(KEY, 1, 1)  # score of taking no hint at all
        self.near = nn.Parameter(torch.tensor(-4.0))  # log of the weight of a squared distance
        for name, value in self.named_parameters():
            value.requires_grad_(name.startswith(LEARNED))

    def train(self, mode: bool = True) -> "Hinted":
        """As for any module, but the automatic network keeps its BatchNorm statistics."""
        super().train(mode)
        for name, block in self.named_children():
            block.train(mode and name in LEARNED)
        return self

    def logits(self, lightness: Tensor, hints: Tensor | None = None) -> Tensor:
        """Log-probabilities of the bins.

        Parameters
        ----------
        lightness : tensor, shape (N, 1, H, W), as for `networks.Zhang.logits`.
        hints : tensor, shape (N, 3, H / 4, W / 4): a, b, and 1 where they are wanted; elsewhere 0.
            None: no hint.

        Returns
        -------
        tensor, shape (N, 313, H / 4, W / 4): a mixture of the automatic network's distribution and
        one around the color that the hints want.
        """
        count, _, height, width = check_shape(lightness).shape
        shape = (count, 3, height // 4, width // 4)
        hints = lightness.new_zeros(shape) if hints is None else hints
        if hints.shape != shape:
            raise ValueError(f"hints must be {shape}, got {tuple(hints.shape)}")
        return self.mix(*self.look(lightness), hints)

    def mix(self, own: Tensor, keys: Tensor, hints: Tensor) -> Tensor:
        """`logits` from the results of `look`, which a picture needs only once."""
        wanted, listens = self.attend(keys, hints)
        bins = self.model_out.weight[:, :, 0, 0].T * AB_SCALE
        distance = torch.cdist(wanted.flatten(2).mT, bins[None]).mT.unflatten(2, own.shape[2:])
        asked = (-distance.square() / (2 * SIGMA**2)).log_softmax(1)
        return torch.logaddexp(own.log_softmax(1) + torch.log1p(-listens.clamp(max=CERTAIN)),
                               asked + listens.clamp(min=1 - CERTAIN).log())

    def outputs(self, lightness: Tensor, hints: Tensor | None = None) -> Tensor:
        """The log-probabilities."""
        return self.logits(lightness, hints)

    def look(self, lightness: Tensor) -> tuple[Tensor, Tensor]:
        """The automatic network's logits, and a key (N, KEY, H / 4, W / 4) of each place."""
        with torch.no_grad():
            x = (lightness - 50) / 100
            fine = self.model2(self.model1(x))
            middle = self.model3(fine)
            seen = self.model7(self.model6(self.model5(self.model4(middle))))
            own = self.model8(seen)
            parts = [F.interpolate(part.float(), fine.shape[-2:], mode="bilinear", antialias=True)
                     for part in (x, middle, seen)]
        return own, self.alike(torch.cat([fine, *parts], 1))

    def attend(self, keys: Tensor, hints: Tensor) -> tuple[Tensor, Tensor]:
        """Which hints each place takes its color from.

        Returns
        -------
        wanted : tensor, shape (N, 2, h, w): the mean ab of the hints, weighted by similarity.
        listens : tensor, shape (N, 1, h, w): the hints' share in the mixture, from 0 to 1.
        """
        height, width = keys.shape[-2:]
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        places = torch.stack([y, x], -1).flatten(0, 1).to(keys)
        ab, known = hints.flatten(2).split([2, 1], 1)
        some = known.any(0)[0]  # places that have a hint in one of the pictures
        far = torch.cdist(places, places[some]).square() * self.near.exp()
        flat = keys.flatten(2).mT
        scores = -torch.cdist(flat, flat[:, some]).square() - far
        scores = scores.masked_fill(known[:, :, some] == 0, -torch.inf)
        alone = self.alone(keys).flatten(2).mT
        shares = torch.cat([scores, alone], 2).softmax(2)[:, :, :-1]
        listens = shares.sum(2, keepdim=True)
        wanted = shares @ ab[:, :, some].mT / listens.clamp(min=1 - CERTAIN)
        return tuple(part.mT.unflatten(2, (height, width)) for part in (wanted, listens))
