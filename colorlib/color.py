"""Color spaces: from the sRGB of a file to CIE L*a*b* and back (chapter 01).

A color is a vector along the third axis from the end: every function here takes a float tensor of
shape ``(..., 3, H, W)``, on any device, and is differentiable. RGB lies in [0, 1]; L in [0, 100];
a and b are roughly in [-110, 110].

The constants are those of sRGB (IEC 61966-2-1) and CIE 1976 L*a*b* under the D65 white of the
2-degree observer, the pair that image libraries agree on.

First come the formulas. The end of the file has them once more, in place and several times as fast:
that is what a float32 picture on a CPU goes through if nobody asks for its gradient.
"""

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

# Linear sRGB -> XYZ, the primaries of ITU-R BT.709 (IEC 61966-2-1).
RGB_TO_XYZ = torch.tensor(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ],
    dtype=torch.float64,
)
XYZ_TO_RGB = torch.linalg.inv(RGB_TO_XYZ)
WHITE = torch.tensor([0.95047, 1.0, 1.08883], dtype=torch.float64)  # XYZ of D65, 2 degrees

GAMMA_KNEE = 0.04045  # below it the sRGB curve is a straight line of slope 1 / 12.92
LINEAR_KNEE = 0.0031308  # the same point seen from the linear side
LAB_KNEE = 0.008856  # (6 / 29)^3: below it CIE replaces the cube root by a line
LAB_SLOPE = 7.787  # 1/3 (29 / 6)^2, the slope of that line
LAB_OFFSET = 16.0 / 116.0


def _check(image: Tensor, name: str) -> None:
    if not isinstance(image, Tensor) or not image.is_floating_point():
        got = image.dtype if isinstance(image, Tensor) else type(image).__name__
        raise TypeError(f"{name} must be a float tensor, got {got}; colorlib.data.as_rgb makes one")
    if image.dim() < 3 or image.shape[-3] != 3:
        raise ValueError(f"{name} must have shape (..., 3, H, W), got {tuple(image.shape)}")


def _transform(matrix: Tensor, image: Tensor) -> Tensor:
    """Multiply every pixel, a column of three numbers, by a 3 x 3 matrix."""
    flat = image.flatten(-2)  # (..., 3, H W): one matrix product for the whole picture
    return (matrix.to(image) @ flat).unflatten(-1, image.shape[-2:])


def srgb_to_linear(rgb: Tensor) -> Tensor:
    """Undo the gamma of sRGB: stored values in [0, 1] to amounts of light in [0, 1]."""
    # Each branch sees only values it is smooth at, so that no gradient is 0 * inf.
    curve = ((rgb.clamp(min=GAMMA_KNEE) + 0.055) / 1.055) ** 2.4
    return torch.where(rgb > GAMMA_KNEE, curve, rgb / 12.92)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Apply the gamma of sRGB: amounts of light to stored values. Inverse of `srgb_to_linear`."""
    curve = 1.055 * linear.clamp(min=LINEAR_KNEE) ** (1 / 2.4) - 0.055
    return torch.where(linear > LINEAR_KNEE, curve, linear * 12.92)


def rgb_to_xyz(rgb: Tensor) -> Tensor:
    """sRGB in [0, 1] to CIE XYZ, with Y = 1 for white. Shape ``(..., 3, H, W)``."""
    _check(rgb, "rgb")
    return _transform(RGB_TO_XYZ, srgb_to_linear(rgb))


def xyz_to_lab(xyz: Tensor) -> Tensor:
    """CIE XYZ to L*a*b*, relative to the white D65. Shape ``(..., 3, H, W)``."""
    _check(xyz, "xyz")
    ratio = xyz / WHITE.to(xyz)[:, None, None]
    root = ratio.clamp(min=LAB_KNEE) ** (1 / 3)
    fx, fy, fz = torch.where(ratio > LAB_KNEE, root, LAB_SLOPE * ratio + LAB_OFFSET).unbind(-3)
    return torch.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], dim=-3)


def lab_to_xyz(lab: Tensor) -> Tensor:
    """L*a*b* to CIE XYZ. Inverse of `xyz_to_lab`."""
    _check(lab, "lab")
    lightness, a, b = lab.unbind(-3)
    fy = (lightness + 16) / 116
    # A b far beyond every real color would ask for negative blue light; there is none.
    f = torch.stack([fy + a / 500, fy, (fy - b / 200).clamp(min=0)], dim=-3)
    ratio = torch.where(f > LAB_KNEE ** (1 / 3), f**3, (f - LAB_OFFSET) / LAB_SLOPE)
    return ratio * WHITE.to(lab)[:, None, None]


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Convert sRGB to CIE L*a*b*.

    Parameters
    ----------
    rgb : float tensor, shape (..., 3, H, W), values in [0, 1].

    Returns
    -------
    lab : tensor of the same shape, dtype and device; L in [0, 100], a and b in about [-110, 110].

    Raises
    ------
    TypeError, ValueError
        If `rgb` is no float tensor, or has another shape.

    Notes
    -----
    sRGB primaries, D65 white, 2-degree observer: within 1e-3 of ``skimage.color.rgb2lab``. Values
    of 0 to 255 are a common mistake that no type can catch: divide by 255 first. Chapter 01.

    Examples
    --------
    >>> white = torch.ones(3, 1, 1)
    >>> [abs(round(x, 1)) for x in rgb_to_lab(white).flatten().tolist()]
    [100.0, 0.0, 0.0]
    """
    _check(rgb, "rgb")
    return _by_tiles(_lab_of, rgb) if _quick(rgb) else xyz_to_lab(rgb_to_xyz(rgb))


def rgb8_to_lab(rgb: Tensor) -> Tensor:
    """The same for pictures as files hold them: uint8 (..., 3, H, W), 0 to 255, to float32."""
    if rgb.dtype != torch.uint8:
        raise TypeError(f"rgb must be bytes, uint8, got {rgb.dtype}; rgb_to_lab takes floats")
    if rgb.device.type == "cpu" and rgb.numel():
        return _by_tiles(_lab_of, rgb)
    return rgb_to_lab(rgb.float() / 255)


def lab_to_rgb(lab: Tensor, clip: bool = True) -> Tensor:
    """Convert CIE L*a*b* to sRGB: the inverse of `rgb_to_lab`.

    Parameters
    ----------
    lab : float tensor, shape (..., 3, H, W), L in [0, 100].
    clip : move what no screen can show to the nearest value in [0, 1]. Without it, values outside
        tell that a color is out of gamut.

    Returns
    -------
    rgb : tensor of the same shape, dtype and device.
    """
    _check(lab, "lab")
    if _quick(lab):
        rgb = _by_tiles(lambda tile, out: _gamma(_linear_of(tile), out), lab)
        return rgb.clamp_(0, 1) if clip else rgb
    rgb = linear_to_srgb(_transform(XYZ_TO_RGB, lab_to_xyz(lab)))
    return rgb.clamp(0, 1) if clip else rgb


def delta_e(lab1: Tensor, lab2: Tensor) -> Tensor:
    """Color difference CIE 1976: the Euclidean distance in Lab. (..., 3, H, W) to (..., H, W)."""
    return (lab1 - lab2).square().sum(-3).sqrt()


def into_gamut(lab: Tensor, halvings: int = 8) -> Tensor:
    """Take color away, at the same L and hue, from what no screen can show, until it can.

    Clipping RGB instead would change L: a bright pixel asked to be deep blue would turn dark.

    Parameters
    ----------
    lab : float tensor, shape (..., 3, H, W), L in [0, 100].
    halvings : steps of the search for the most color that fits; 8 find it to 1/256.

    Returns
    -------
    tensor of the same shape.
    """
    pixels = lab.movedim(-3, 0).reshape(3, -1)
    outside = (~_shows(pixels)).nonzero().squeeze(-1)
    far = pixels[:, outside]
    fits, step = torch.zeros_like(far[0]), 0.5
    for _ in range(halvings):  # the share of its color that a pixel can keep, bit by bit
        fits = fits + step * _shows(torch.cat([far[:1], far[1:] * (fits + step)]))
        step /= 2
    pixels = pixels.index_copy(1, outside, torch.cat([far[:1], far[1:] * fits]))
    return pixels.view(lab.movedim(-3, 0).shape).movedim(0, -3)


def _shows(pixels: Tensor) -> Tensor:
    """Whether sRGB can show each Lab color of (3, N), to half an 8-bit step."""
    # The gamma keeps the order of things, so that its ends tell; it need not be applied.
    low, high = srgb_to_linear(torch.tensor([-1 / 512, 1 + 1 / 512], dtype=torch.float64)).tolist()
    linear = _linear_of(pixels)
    return (linear.amin(0) > low) & (linear.amax(0) < high)


# The formulas again, in place. A power is taken by log2 and exp2, at a third of what `pow` costs.
# Where a curve turns into a line below a knee, both are added: the curve of max(x, knee), and the
# line of the rest, x - max(x, knee); to choose by `where` costs more. Temporary tensors are few
# and small enough to stay in the cache.

TILE = 2**16  # pixels that a thread converts at a time


def _quick(image: Tensor) -> bool:
    needs_gradient = torch.is_grad_enabled() and image.requires_grad
    on_cpu = image.device.type == "cpu" and image.dtype == torch.float32
    return on_cpu and not needs_gradient and image.numel() > 0


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


@lru_cache
def _matrices() -> dict[str, Tensor]:
    """Each color space to the next, the white's division and the numbers of L*, a*, b* included."""
    f_to_lab = torch.tensor([[0, 116, 0], [500, -500, 0], [0, 200, -200]], dtype=torch.float64)
    steps = {"rgb to ratio": RGB_TO_XYZ / WHITE[:, None], "ratio to rgb": XYZ_TO_RGB * WHITE,
             "f to lab": f_to_lab, "lab to f": f_to_lab.inverse()}
    levels = torch.arange(256, dtype=torch.float64) / 255
    return {**{name: m.float() for name, m in steps.items()},
            "bytes": srgb_to_linear(levels).float()}


def _lab_of(rgb: Tensor, out: Tensor) -> None:
    """`rgb_to_lab` of floats or bytes."""
    by = _matrices()
    if rgb.dtype == torch.uint8:  # only 256 values: looked up
        linear = by["bytes"].index_select(0, rgb.flatten().int()).view(rgb.shape)
    else:
        above = rgb.clamp(min=GAMMA_KNEE)
        below = rgb - above
        linear = _power_(above.add_(0.055).mul_(1 / 1.055), 2.4).add_(below, alpha=1 / 12.92)
    below = by["rgb to ratio"] @ linear
    above = below.clamp(min=LAB_KNEE)
    below.sub_(above)
    f = _power_(above, 1 / 3).add_(below, alpha=LAB_SLOPE)
    torch.matmul(by["f to lab"], f, out=out)
    out.select(-2, 0).sub_(16)


def _linear_of(lab: Tensor) -> Tensor:
    """Amounts of light of Lab, without limits: the first half of `lab_to_rgb`."""
    if not _quick(lab):
        return _transform(XYZ_TO_RGB, lab_to_xyz(lab[..., None])).squeeze(-1)
    by = _matrices()
    below = by["lab to f"] @ lab
    below.add_(16 / 116)
    below.select(-2, 2).clamp_(min=0)
    above = below.clamp(min=LAB_KNEE ** (1 / 3))
    below.sub_(above)
    return by["ratio to rgb"] @ above.pow_(3).add_(below, alpha=1 / LAB_SLOPE)


def _gamma(linear: Tensor, out: Tensor) -> None:
    """`linear_to_srgb`, which destroys what it is given."""
    torch.clamp(linear, min=LINEAR_KNEE, out=out)
    linear.sub_(out)
    _power_(out, 1 / 2.4).mul_(1.055).sub_(0.055).add_(linear, alpha=12.92)
