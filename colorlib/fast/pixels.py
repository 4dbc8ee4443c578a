"""sRGB to Lab and back, in place and tile by tile: several times as fast on a CPU.

The formulas are those of `colorlib.color`, which gives its constants to `LabConverter` and is
tested to give the same numbers. Three things make the difference:

- A power is taken by log2 and exp2, at a third of what `pow` costs.
- Where a curve turns into a straight line below a knee, no branch is chosen. The curve is taken of
  ``max(x, knee)``, the line of the rest, ``x - max(x, knee)``, and both are added.
- Temporary tensors are few, and small enough to stay in the cache.
"""

from collections.abc import Callable

import torch
from torch import Tensor

TILE = 2**16  # pixels that a thread converts at a time


def supports(image: Tensor) -> bool:
    """Whether this module can convert it: float32 on a CPU, not empty, no gradient asked for."""
    needs_gradient = torch.is_grad_enabled() and image.requires_grad
    on_cpu = image.device.type == "cpu" and image.dtype == torch.float32
    return on_cpu and not needs_gradient and image.numel() > 0


class LabConverter:
    """Conversions between sRGB and Lab for the constants of a color space.

    Parameters
    ----------
    rgb_to_xyz : float64 tensor, shape (3, 3): linear RGB to XYZ.
    white : float64 tensor, shape (3,): XYZ of white.
    gamma_knee, linear_knee : where the gamma curve begins, in stored values and in light.
    lab_knee, lab_slope : where the cube root of Lab begins, and the slope of the line below it.
    """

    def __init__(self, rgb_to_xyz: Tensor, white: Tensor, gamma_knee: float, linear_knee: float,
                 lab_knee: float, lab_slope: float):
        # The white is divided by, and L, a and b are made of f(X), f(Y), f(Z), in the matrices.
        f_to_lab = torch.tensor([[0, 116, 0], [500, -500, 0], [0, 200, -200]], dtype=torch.float64)
        self.rgb_to_ratio = (rgb_to_xyz / white[:, None]).float()
        self.ratio_to_rgb = (torch.linalg.inv(rgb_to_xyz) * white).float()
        self.f_to_lab, self.lab_to_f = f_to_lab.float(), f_to_lab.inverse().float()
        self.gamma_knee, self.linear_knee = gamma_knee, linear_knee
        self.lab_knee, self.lab_slope = lab_knee, lab_slope
        # A byte has only 256 values: the light of each is looked up.
        levels = torch.arange(256, dtype=torch.float64) / 255
        curve = ((levels + 0.055) / 1.055) ** 2.4
        self.light_of_byte = torch.where(levels > gamma_knee, curve, levels / 12.92).float()

    def to_lab(self, rgb: Tensor) -> Tensor:
        """RGB (..., 3, H, W), floats in [0, 1] or bytes, to Lab in float32."""
        return _by_tiles(self._lab_of, rgb)

    def to_rgb(self, lab: Tensor) -> Tensor:
        """Lab (..., 3, H, W) to RGB, not clipped."""
        return _by_tiles(self._rgb_of, lab)

    def light(self, lab: Tensor) -> Tensor:
        """Linear RGB of Lab (..., 3, N), without limits: the first half of `to_rgb`."""
        f = self.lab_to_f @ lab
        f.add_(16 / 116)
        f.select(-2, 2).clamp_(min=0)  # f(Z): there is no negative blue light
        above = f.clamp(min=self.lab_knee ** (1 / 3))
        below = f.sub_(above)
        return self.ratio_to_rgb @ above.pow_(3).add_(below, alpha=1 / self.lab_slope)

    def _lab_of(self, rgb: Tensor, out: Tensor) -> None:
        ratio = self.rgb_to_ratio @ self._light_of(rgb)
        above = ratio.clamp(min=self.lab_knee)
        below = ratio.sub_(above)
        f = _power_(above, 1 / 3).add_(below, alpha=self.lab_slope)
        torch.matmul(self.f_to_lab, f, out=out)
        out.select(-2, 0).sub_(16)

    def _light_of(self, rgb: Tensor) -> Tensor:
        if rgb.dtype == torch.uint8:
            return self.light_of_byte.index_select(0, rgb.flatten().int()).view(rgb.shape)
        above = rgb.clamp(min=self.gamma_knee)
        below = rgb - above
        curve = _power_(above.add_(0.055).mul_(1 / 1.055), 2.4)
        return curve.add_(below, alpha=1 / 12.92)

    def _rgb_of(self, lab: Tensor, out: Tensor) -> None:
        light = self.light(lab)
        torch.clamp(light, min=self.linear_knee, out=out)
        below = light.sub_(out)
        _power_(out, 1 / 2.4).mul_(1.055).sub_(0.055).add_(below, alpha=12.92)


def _by_tiles(convert: Callable[[Tensor, Tensor], None], image: Tensor) -> Tensor:
    """Have ``convert(tile, out)`` fill a float32 tensor of the image's shape."""
    result = torch.empty(image.shape)
    pixels, tile = image.shape[-2] * image.shape[-1], TILE * torch.get_num_threads()
    together = max(1, tile // pixels)  # small pictures share a tile
    pairs = zip(image.reshape(-1, 3, pixels).split(together),
                result.view(-1, 3, pixels).split(together), strict=True)
    for some, out in pairs:
        for one, place in zip(some.split(tile, -1), out.split(tile, -1), strict=True):
            convert(one, place)
    return result


def _power_(x: Tensor, exponent: float) -> Tensor:
    return x.log2_().mul_(exponent).exp2_()
