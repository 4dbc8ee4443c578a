"""Convolutions with a quarter of the multiplications, for wide networks on a CPU (chapter 13).

A convolution by 3 x 3 needs 9 products for each number that it gives. Winograd's algorithm F(4 x 4,
3 x 3) works on tiles of 4 x 4 outputs. It transforms tile and kernel to 6 x 6 numbers each, where
the convolution is one product for each number: 36 in place of 144. The transforms are three small
matrices, known beforehand. The products, summed over channels, are 36 matrix products.

The same in one dimension, in terms of polynomials: to multiply two polynomials, evaluate both at
enough points (here 0, 1, -1, 2, -2 and infinity), multiply the values, and interpolate.

The transforms cost time, too, and pay where there are many channels. The paper's network answers
about 1.5 times as fast. The course's network, a quarter as wide, is left to torch.

Lavin and Gray, Fast algorithms for convolutional neural networks, CVPR 2016.
"""

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

TILE, POINTS = 4, 6  # side of a tile of outputs, and of the numbers that it is transformed to
# With fewer, the transforms cost about as much time as the products that they save.
LEAST_CHANNELS, LEAST_TILES = 256, 32

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
    tensor, shape (N, K, H, W), channels-last. It differs from the direct way's by about 1e-5 of the
    largest value: float32 numbers are summed in another order, and the factors of up to 8 make
    rounding errors larger.
    """
    n, channels, height, width = x.shape
    d = dilation  # d x d interleaved pictures, each convolved without gaps
    rows, columns = (-(-side // (TILE * d)) for side in (height, width))  # of tiles
    padded = x.new_zeros(n, d * (TILE * rows + 2), d * (TILE * columns + 2), channels)
    padded[:, d : d + height, d : d + width] = x.permute(0, 2, 3, 1)
    image, down, right, _ = padded.stride()
    # A view of all tiles, which overlap by two rows and two columns.
    size_and_stride = (
        (POINTS, d * down),  # row in a tile
        (POINTS, d * right),  # column in a tile
        (n, image),
        (d, down),  # which of the interleaved pictures, by rows
        (rows, TILE * d * down),  # row of tiles
        (d, right),  # which of the interleaved pictures, by columns
        (columns, TILE * d * right),  # column of tiles
        (channels, 1),
    )
    tiles = padded.as_strided(*zip(*size_and_stride, strict=True))
    there, back = torch.kron(INPUT, INPUT).to(x), torch.kron(OUTPUT, OUTPUT).to(x)
    points = there @ tiles.reshape(POINTS**2, -1)
    products = points.view(POINTS**2, -1, channels) @ kernel
    outputs = (back @ products.flatten(1)).view(TILE, TILE, n, d, rows, d, columns, -1)
    # A row of the picture is: row of tiles, row in the tile, interleaved picture. So is a column.
    outputs = outputs.permute(2, 4, 0, 3, 6, 1, 5, 7).flatten(4, 6).flatten(1, 3)
    outputs = outputs[:, :height, :width]
    return (outputs if bias is None else outputs + bias).permute(0, 3, 1, 2)


class Winograd(TorchFunctionMode):
    """Inside ``with Winograd():``, a network's wide convolutions take the faster way.

    It takes convolutions of 3 x 3 with stride 1 that are wide and large enough, on a CPU, in
    float32, where no gradient is needed. All others are left to torch. Transformed kernels are
    cached, four times the size of the weights, as long as the weights live and don't change.

    Examples
    --------
    >>> conv, x = torch.nn.Conv2d(256, 8, 3, padding=1), torch.randn(1, 256, 24, 24)
    >>> with torch.inference_mode(), Winograd():
    ...     fast = conv(x)
    >>> torch.allclose(fast, conv(x), atol=1e-4)
    True
    """

    def __init__(self):
        super().__init__()
        self._kernels = WeakTensorKeyDictionary()  # weight: (its version, its transform)

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is torch.conv2d and not kwargs and len(args) == 7:
            x, weight, bias, stride, padding, dilation, groups = args
            fits = (groups == 1 and stride == (1, 1) and weight.shape[2:] == (3, 3)
                    and padding == dilation)
            if fits and _plain(x, weight) and _pays(x, *dilation):
                return convolve(x, self._kernel(weight), bias, dilation[0])
        return function(*args, **kwargs)

    def _kernel(self, weight: Tensor) -> Tensor:
        version, kernel = self._kernels.get(weight, (None, None))
        if version != weight._version:  # torch counts the changes of a tensor
            kernel = transform_kernel(weight)
            self._kernels[weight] = weight._version, kernel
        return kernel


def _plain(x: Tensor, weight: Tensor) -> bool:
    """Whether these are float32 batches on a CPU, and no gradient is needed."""
    learns = torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad)
    return (x.dim() == 4 and x.device.type == "cpu" and x.dtype == weight.dtype == torch.float32
            and not learns and not weight.is_inference())


def _pays(x: Tensor, dilation: int, other: int) -> bool:
    """Whether there are channels and tiles enough, and few tiles reach beyond the picture."""
    side = TILE * dilation
    covered = -(-x.shape[2] // side) * side * -(-x.shape[3] // side) * side
    enough = x.shape[1] >= LEAST_CHANNELS and len(x) * covered >= LEAST_TILES * TILE**2
    return enough and dilation == other and covered <= 2 * x.shape[2] * x.shape[3]
