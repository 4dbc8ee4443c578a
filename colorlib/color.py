"""Color spaces: from the sRGB of a file to CIE L*a*b* and back (chapter 01).

A color is a vector along the third axis from the end: every function here takes a float tensor of
shape ``(..., 3, H, W)``, on any device, and is differentiable. RGB lies in [0, 1]; L in [0, 100];
a and b are roughly in [-110, 110].

The constants are those of sRGB (IEC 61966-2-1) and CIE 1976 L*a*b* under the D65 white of the
2-degree observer, the pair that image libraries agree on.

The formulas stand here as the chapter teaches them. A float32 picture on a CPU whose gradient
nobody asks for is converted by `fast.pixels`: the same numbers, several times as fast.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .fast import pixels

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

_fast = pixels.LabConverter(RGB_TO_XYZ, WHITE, GAMMA_KNEE, LINEAR_KNEE, LAB_KNEE, LAB_SLOPE)


def _check(image: Tensor, name: str) -> None:
    if not isinstance(image, Tensor) or not image.is_floating_point():
        got = image.dtype if isinstance(image, Tensor) else type(image).__name__
        raise TypeError(f"{name} must be a float tensor, got {got}; "
                        "colorlib.images.as_rgb makes one")
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
    return _fast.to_lab(rgb) if pixels.supports(rgb) else xyz_to_lab(rgb_to_xyz(rgb))


def rgb8_to_lab(rgb: Tensor) -> Tensor:
    """The same for pictures as files hold them: uint8 (..., 3, H, W), 0 to 255, to float32."""
    if rgb.dtype != torch.uint8:
        raise TypeError(f"rgb must be bytes, uint8, got {rgb.dtype}; rgb_to_lab takes floats")
    if rgb.device.type == "cpu" and rgb.numel():
        return _fast.to_lab(rgb)
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
    if pixels.supports(lab):
        rgb = _fast.to_rgb(lab)
    else:
        rgb = linear_to_srgb(_transform(XYZ_TO_RGB, lab_to_xyz(lab)))
    return rgb.clamp(0, 1) if clip else rgb


def delta_e(lab1: Tensor, lab2: Tensor) -> Tensor:
    """Color difference CIE 1976: the Euclidean distance in Lab. (..., 3, H, W) to (..., H, W)."""
    return (lab1 - lab2).square().sum(-3).sqrt()


def into_gamut(lab: Tensor, halvings: int = 8) -> Tensor:
    """Reduce the chroma of colors that sRGB can't show, at the same L and hue, until it can.

    Clipping RGB instead would change L: a bright pixel asked to be deep blue would turn dark.

    Parameters
    ----------
    lab : float tensor, shape (..., 3, H, W), L in [0, 100].
    halvings : steps of the search for the largest chroma that fits; 8 find it to 1/256.

    Returns
    -------
    tensor of the same shape.
    """
    colors = lab.movedim(-3, 0).reshape(3, -1)
    inside = _in_gamut(colors)
    # A CPU searches for the others alone; a GPU for all, since it would wait for their number.
    outside = (~inside).nonzero().squeeze(-1) if lab.device.type == "cpu" else slice(None)
    lightness, ab = colors[:1, outside], colors[1:, outside]
    # Bisection of the share of its chroma that each color can keep.
    share = torch.zeros_like(lightness)
    for step in (0.5**i for i in range(1, halvings + 1)):
        share = share + step * _in_gamut(torch.cat([lightness, ab * (share + step)]))
    share, colors = torch.where(inside[outside], 1, share), colors.clone()
    colors[:, outside] = torch.cat([lightness, ab * share])
    return colors.view(lab.movedim(-3, 0).shape).movedim(0, -3)


def _in_gamut(colors: Tensor) -> Tensor:
    """Whether sRGB can show each Lab color of (3, N), to half an 8-bit step."""
    # The gamma curve only rises, so the ends of the range can be compared before it.
    ends = torch.tensor([-1 / 512, 1 + 1 / 512], dtype=torch.float64)
    low, high = srgb_to_linear(ends).tolist()
    if pixels.supports(colors):
        light = _fast.light(colors)
    else:
        light = _transform(XYZ_TO_RGB, lab_to_xyz(colors[..., None])).squeeze(-1)
    return (light.amin(0) > low) & (light.amax(0) < high)


def lightness_of(rgb) -> Tensor:
    """L of a photo, (1, H, W) in [0, 100]: of RGB (3, H, W) in [0, 1], or of `io.pixels.Pixels`."""
    height, width = rgb.shape[-2:]
    result, top = torch.empty(1, height, width), 0
    for strip in _strips(rgb, width) if isinstance(rgb, Tensor) else rgb:
        result[:, top : top + strip.shape[-2]] = rgb_to_lab(strip)[:1]
        top += strip.shape[-2]
    return result


def paint(lightness: Tensor, ab: Tensor) -> Tensor:
    """Give a photo's lightness color: RGB (3, H, W) in [0, 1], on the CPU; see `painted`."""
    return torch.cat(list(painted(lightness, ab)), dim=-2)


def painted(lightness: Tensor, ab: Tensor) -> Iterator[Tensor]:
    """Give a photo's lightness color, strip by strip: a large photo needs little memory beside L.

    Parameters
    ----------
    lightness : tensor, shape (1, H, W), L in [0, 100].
    ab : tensor, shape (2, h, w), of any size; it is enlarged bilinearly.

    Returns
    -------
    RGB (3, rows, W) in [0, 1], on the CPU, from top to bottom. Where a pixel's L can't have that
    much color, the color gives way, see `into_gamut`.
    """
    height, width = lightness.shape[-2:]
    tall = _resize(ab.cpu(), height, ab.shape[-1])  # down first, where there are few columns
    for L, rows in zip(_strips(lightness.cpu(), width), _strips(tall, width), strict=True):
        yield lab_to_rgb(into_gamut(torch.cat([L, _resize(rows, *L.shape[-2:])])))


def _strips(image: Tensor, width: int) -> tuple[Tensor, ...]:
    """Rows of an image, as many at once as fit the cache at this width."""
    return image.split(max(1, pixels.TILE * torch.get_num_threads() // max(1, width)), -2)


def _resize(image: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(image[None], (height, width), mode="bilinear", align_corners=False)[0]
