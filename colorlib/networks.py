"""The network of Zhang, Isola and Efros (2016), at any width (chapter 04)."""

from importlib import import_module
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .gamut import AbGamut, gamut_bins
from .losses import cross_entropy, l2

# Where each network is made, from its width: module and name. A module is loaded when it is asked
# for, so that coloring a photo loads no network but its own.
NETWORKS = {
    "zhang": "colorlib.networks:zhang",
    "photo": "colorlib.pretrained.network:PhotoNet",
    "autoencoder": "colorlib.rivals.autoencoder:Autoencoder",
    "transfer": "colorlib.rivals.transfer:Transfer",
    "dahl": "colorlib.rivals.dahl:Dahl",
    "larsson": "colorlib.rivals.larsson:Larsson",
    "iizuka": "colorlib.rivals.iizuka:iizuka",
    "cheng": "colorlib.rivals.cheng:Cheng",
    "hinted": "colorlib.rivals.hints:Hinted",
}

PUBLIC_URL = "https://colorizers.s3.us-east-2.amazonaws.com/colorization_release_v2-9b330a0b.pth"
PUBLIC_SHA256 = "9b330a0b"  # the first eight hex digits; the file's name carries them

STRIDE = 8  # the trunk halves its input three times: sides must be multiples of this
AB_SCALE = 110.0  # model_out works on ab / 110


def _block(channels: list[int], stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """3 x 3 convolutions with ReLU, the last one strided, then BatchNorm: model1 to model7."""
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(channels, channels[1:], strict=False)):
        step = stride if i == len(channels) - 2 else 1
        conv = nn.Conv2d(fan_in, fan_out, 3, step, padding=dilation, dilation=dilation)
        layers += [conv, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.BatchNorm2d(channels[-1]))


class ColorNet(nn.Module):
    """What a network must have so that the course can train it, measure it and color with it.

    Attributes
    ----------
    bins : tensor, shape (Q, 2): the (a, b) of each class, where the outputs are logits of a
        distribution over colors; then `inference.Colorizer` takes the annealed mean. None where
        the network says colors itself, see `colors`.
    losses : those of `recipes.Recipe.loss` by which it can be trained.
    last : names of its output layers, whose kernels Muon leaves to AdamW. With the loss
        "rebalanced", the first one's bias takes up the class weights of `recipes.Recipe.finish`.
    frozen : names of parts that no training changes and whose weights ship in a file of their own.
    """

    bins: Tensor | None = None
    losses: tuple[str, ...] = ("l2",)
    last: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()

    def outputs(self, lightness: Tensor) -> Tensor:
        """What the network says of L (N, 1, H, W), sides multiples of 8: (N, C, h, w)."""
        raise NotImplementedError

    def colors(self, outputs: Tensor) -> Tensor:
        """The colors to paint with, ab (N, 2, h, w), of a network without `bins`."""
        raise NotImplementedError

    def objective(self, outputs: Tensor, ab: Tensor, loss: str,
                  class_weights: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """What training minimizes: outputs against ab (N, 2, H / 4, W / 4), a scalar.

        Parameters
        ----------
        loss : one of `losses`.
        class_weights : of the 313 bins, for "rebalanced".
        labels : class of each picture, (N,), where the photographs have them.
        """
        raise NotImplementedError


def check_shape(lightness: Tensor) -> Tensor:
    """Return the lightness. ValueError unless it is (N, 1, H, W), H and W multiples of 8."""
    if lightness.dim() != 4 or lightness.shape[1] != 1:
        raise ValueError(f"lightness must be (N, 1, H, W), got {tuple(lightness.shape)}")
    if lightness.shape[-2] % STRIDE or lightness.shape[-1] % STRIDE:
        sides = tuple(lightness.shape[-2:])
        raise ValueError(f"sides must be multiples of {STRIDE}, got {sides}")
    return lightness


class Zhang(ColorNet):
    """From lightness to a distribution over 313 colors at every fourth pixel.

    The layers and their names are those of the public PyTorch checkpoint, so that its 82 tensors
    load as they are at ``width=1``. Make one with `zhang`.
    """

    losses = ("rebalanced", "classification", "l2")
    last = ("model8.6",)

    @torch.no_grad()
    def __init__(self, width: float = 1.0):
        super().__init__()
        self.gamut = AbGamut()
        c1, c2, c3, c4 = (max(1, round(width * c)) for c in (64, 128, 256, 512))
        bins = gamut_bins()
        self.width = width
        self.model1 = _block([1, c1, c1], stride=2)
        self.model2 = _block([c1, c2, c2], stride=2)
        self.model3 = _block([c2, c3, c3, c3], stride=2)
        self.model4 = _block([c3, c4, c4, c4])
        # Dilation looks further at the same resolution, where more stride would lose it.
        self.model5 = _block([c4, c4, c4, c4], dilation=2)
        self.model6 = _block([c4, c4, c4, c4], dilation=2)
        self.model7 = _block([c4, c4, c4, c4])
        self.model8 = nn.Sequential(
            nn.ConvTranspose2d(c4, c3, 4, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(c3, c3, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(c3, c3, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(c3, len(bins), 1),
        )
        # The mean color of the distribution, written as a 1 x 1 convolution. Not trained.
        self.model_out = nn.Conv2d(len(bins), 2, 1, bias=False)
        self.model_out.weight.requires_grad_(False)
        self.model_out.weight.copy_((bins.T / AB_SCALE)[:, :, None, None])
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer is not self.model_out:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        # Start near "every bin is as likely", a loss of ln 313.
        nn.init.normal_(self.model8[-1].weight, std=0.01)

    @property
    def bins(self) -> Tensor:
        """The 313 (a, b), shape (313, 2)."""
        return self.gamut.bins

    def logits(self, lightness: Tensor) -> Tensor:
        """Unnormalized log-probabilities of the bins.

        Parameters
        ----------
        lightness : tensor, shape (N, 1, H, W), L in [0, 100]; H and W multiples of 8.

        Returns
        -------
        tensor, shape (N, 313, H / 4, W / 4).
        """
        x = (check_shape(lightness) - 50) / 100
        for block in (self.model1, self.model2, self.model3, self.model4):
            x = block(x)
        return self.model8(self.model7(self.model6(self.model5(x))))

    def outputs(self, lightness: Tensor) -> Tensor:
        """The logits."""
        return self.logits(lightness)

    def objective(self, outputs: Tensor, ab: Tensor, loss: str,
                  class_weights: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Cross-entropy, or, by "l2", the squared error of the distribution's mean."""
        if loss == "l2":
            return l2(self.gamut.mean(outputs.softmax(1)), ab)
        return cross_entropy(outputs, *self.gamut.soft_encode(ab), class_weights)

    def forward(self, lightness: Tensor) -> Tensor:
        """Mean ab of the distribution, (N, 1, H, W) to (N, 2, H, W): the public model's output."""
        ab = self.model_out(self.logits(lightness).softmax(1))
        return AB_SCALE * F.interpolate(ab, scale_factor=4, mode="bilinear", align_corners=False)


def zhang(width: float = 1.0) -> Zhang:
    """The network of the paper, its channels multiplied by `width`.

    Parameters
    ----------
    width : 1 gives the paper's 32,236,011 parameters, 1/4 the course's own network.

    Examples
    --------
    >>> sum(p.numel() for p in zhang(width=1).parameters())
    32236011
    """
    if not 0 < width <= 4:
        raise ValueError(f"width must be above 0 and at most 4, got {width}")
    return Zhang(width)


def load_public(path: str | Path | None = None) -> Zhang:
    """The paper's network with the weights its authors published.

    Parameters
    ----------
    path : the file ``colorization_release_v2-9b330a0b.pth``. Without it the file is downloaded
        (129 MB) from where the authors keep it, once, and checked by its hash.

    Raises
    ------
    ValueError
        If the file is not the published one: its sha256 must begin with 9b330a0b.

    Notes
    -----
    The file is a pickle. It is opened only after its hash was checked, by
    ``torch.load(weights_only=True)``, which runs no code from it.
    """
    from .io.downloads import download, sha256

    downloaded = path is None
    path = download(PUBLIC_URL) if downloaded else Path(path)
    found = sha256(path)
    if not found.startswith(PUBLIC_SHA256):
        if downloaded:
            path.unlink()  # or the next try would find it again
        raise ValueError(f"{path} is not the published checkpoint: its sha256 begins with "
                         f"{found[:8]}, not {PUBLIC_SHA256}; get the file again")
    network = Zhang(1.0)
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


def build(name: str, width: float = 1.0) -> ColorNet:
    """A network with weights drawn at random.

    Parameters
    ----------
    name : one of `NETWORKS`.
    width : 1 is the network as it was published.
    """
    if name not in NETWORKS:
        raise ValueError(f"no network named {name!r}; there are {', '.join(NETWORKS)}")
    module, _, maker = NETWORKS[name].partition(":")
    return getattr(import_module(module), maker)(width)
