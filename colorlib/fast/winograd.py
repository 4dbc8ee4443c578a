"""Convolutions with a quarter of the multiplications, for photos colored on a CPU (chapter 13).

A convolution by 3 x 3 needs 9 products for each number that it gives. Winograd's algorithm F(4 x 4,
3 x 3) works on tiles of 4 x 4 outputs: it takes tile and kernel to a space of 6 x 6 numbers where
the convolution is one product each, 36 in place of 144. The way there and back is three small
matrices, known beforehand; the products, summed over channels, are 36 matrix products, what a
processor does best. In one dimension, with polynomials: to multiply two of them, evaluate both at
enough points, here 0, 1, -1, 2, -2 and infinity, multiply the values, and interpolate.

Lavin and Gray, Fast algorithms for convolutional neural networks, CVPR 2016.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

TILE, POINTS = 4, 6  # outputs of a tile along a side, and the numbers that stand for it
LEAST_CHANNELS, LEAST_TILES = 16, 32  # fewer make matrix products too thin to pay for the way

INPUT = torch.tensor([
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
], dtype=torch.float64)
KERNEL = torch.tensor([
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
], dtype=torch.float64)
OUTPUT = torch.tensor([
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
], dtype=torch.float64)


def transform_kernel(weight: Tensor) -> Tensor:
    """A convolution's weights (K, C, 3, 3) at the 36 points: (36, C, K)."""
    places = weight.detach().flatten(2).permute(2, 1, 0)  # (9, C, K)
    points = torch.kron(KERNEL, KERNEL).to(weight) @ places.flatten(1)
    return points.view(POINTS**2, *places.shape[1:])


def convolve(x: Tensor, kernel: Tensor, bias: Tensor | None = None, dilation: int = 1) -> Tensor:
    """``F.conv2d(x, weight, bias, padding=dilation, dilation=dilation)`` for weights of 3 x 3.

    Parameters
    ----------
    x : tensor, shape (N, C, H, W). Channels-last is the order that costs no copy.
    kernel : what `transform_kernel` made of the weights, shape (36, C, K).

    Returns
    -------
    tensor, shape (N, K, H, W), channels-last; equal to the direct way's but for about 1e-5 of the
    largest value: the order of float32 sums, and a loss by the factors of up to 8.
    """
    n, channels, height, width = x.shape
    d = dilation  # d x d interleaved pictures, each convolved without gaps
    rows, columns = (-(-side // (TILE * d)) for side in (height, width))
    padded = x.new_zeros(n, d * (TILE * rows + 2), d * (TILE * columns + 2), channels)
    padded[:, d : d + height, d : d + width] = x.permute(0, 2, 3, 1)
    image, down, right, _ = padded.stride()
    tiles = padded.as_strided(
        (POINTS, POINTS, n, d, rows, d, columns, channels),
        (d * down, d * right, image, down, TILE * d * down, right, TILE * d * right, 1))
    there, back = torch.kron(INPUT, INPUT).to(x), torch.kron(OUTPUT, OUTPUT).to(x)
    points = there @ tiles.reshape(POINTS**2, -1)
    products = points.view(POINTS**2, -1, channels) @ kernel
    result = back @ products.flatten(1)
    result = result.view(TILE, TILE, n, d, rows, d, columns, -1)
    # A row of the picture is: which row of tiles, which row in it, which of the interleaved.
    result = result.permute(2, 4, 0, 3, 6, 1, 5, 7).flatten(4, 6).flatten(1, 3)
    result = result[:, :height, :width]
    return (result if bias is None else result + bias).permute(0, 3, 1, 2)


class Winograd(TorchFunctionMode):
    """Within ``with Winograd():``, any network's convolutions go the faster way where it is faster.

    That is on a CPU, in float32, without a gradient, for kernels of 3 x 3 that step by 1. Those of
    1 x 1 become a matrix product. All others are left to torch. Transformed kernels are kept, four
    times the size of the weights, as long as the weights live and don't change.

    Examples
    --------
    >>> conv, x = torch.nn.Conv2d(32, 32, 3, padding=1), torch.randn(1, 32, 20, 20)
    >>> with torch.inference_mode(), Winograd():
    ...     fast = conv(x)
    >>> torch.allclose(fast, conv(x), atol=1e-4)
    True
    """

    def __init__(self):
        super().__init__()
        self._kernels = WeakTensorKeyDictionary()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is torch.conv2d and not kwargs and len(args) == 7:
            x, weight, bias, stride, padding, dilation, groups = args
            if groups == 1 and stride == (1, 1) and _plain(x, weight):
                if weight.shape[2:] == (1, 1) and padding == (0, 0):
                    return F.linear(x.movedim(1, -1), weight.flatten(1), bias).movedim(-1, 1)
                if weight.shape[2:] == (3, 3) and padding == dilation and _pays(x, *dilation):
                    return convolve(x, self._kernel(weight), bias, dilation[0])
        return function(*args, **kwargs)

    def _kernel(self, weight: Tensor) -> Tensor:
        version, kernel = self._kernels.get(weight, (None, None))
        if version != weight._version:  # torch counts the changes of a tensor
            kernel = transform_kernel(weight)
            self._kernels[weight] = weight._version, kernel
        return kernel


def _plain(x: Tensor, weight: Tensor) -> bool:
    learns = torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad)
    return (x.dim() == 4 and x.device.type == "cpu" and x.dtype == weight.dtype == torch.float32
            and not learns and not weight.is_inference())


def _pays(x: Tensor, dilation: int, other: int) -> bool:
    """Whether there are tiles enough, and few of them reach beyond the picture."""
    side = TILE * dilation
    covered = -(-x.shape[2] // side) * side * -(-x.shape[3] // side) * side
    enough = x.shape[1] >= LEAST_CHANNELS and len(x) * covered >= LEAST_TILES * TILE**2
    return enough and dilation == other and covered <= 2 * x.shape[2] * x.shape[3]
