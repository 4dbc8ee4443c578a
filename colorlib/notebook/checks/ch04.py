"""Exercises of chapter 04: convolutions, what they cost, how far they see, and three bugs."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checks import Exercise, Mistake, judge_of_three


def _convolve(image: Tensor, kernel: Tensor) -> Tensor:
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


_EDGE = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9], [5, 5, 5, 5]])
_SLOPE = torch.tensor([[0.0, 0, 0], [-1, 0, 1], [0, 0, 0]])
_CORNER = torch.tensor([[1.0, 2], [3, 4]])

convolve = Exercise(
    reference=_convolve,
    cases=[(_EDGE, _SLOPE), (_EDGE[:3], _CORNER), (torch.arange(30.0).reshape(5, 6), _SLOPE.T),
           (_EDGE, _CORNER / 4)],
    right="The same few weights at every place: that is all a convolution is.",
    mistakes=[
        Mistake("the kernel was turned around. Signal processing does so; networks don't.",
                lambda image, kernel: _convolve(image, kernel.flip(0, 1))),
        Mistake("rows and columns of the kernel were swapped.",
                lambda image, kernel: _convolve(image, kernel.T)),
        Mistake("the products were averaged. They are added up.",
                lambda image, kernel: _convolve(image, kernel) / kernel.numel()),
        Mistake("the image was padded. Only places where the whole kernel fits are asked for.",
                lambda image, kernel: F.conv2d(image[None, None], kernel[None, None],
                                               padding=len(kernel) // 2)[0, 0]),
    ],
)


def _cost(fan_in, fan_out, kernel, height, width) -> tuple[int, int]:
    weights = fan_out * fan_in * kernel**2
    return weights + fan_out, weights * height * width


cost = Exercise(
    reference=_cost,
    cases=[(1, 64, 3, 256, 256), (64, 128, 3, 64, 64), (256, 313, 1, 64, 48)],
    right="A kernel for each pair of channels, used once at every place of the output.",
    tolerance=0,
    mistakes=[
        Mistake("the biases are missing: one for each output channel.",
                lambda i, o, k, h, w: (o * i * k**2, o * i * k**2 * h * w)),
        Mistake("a kernel of side 3 has 9 weights.",
                lambda i, o, k, h, w: (o * i * k + o, o * i * k * h * w)),
        Mistake("every output channel has a kernel for each of the input channels.",
                lambda i, o, k, h, w: (o * k**2 + o, o * k**2 * h * w)),
        Mistake("the bias belongs to an output channel, not to each kernel.",
                lambda i, o, k, h, w: (o * i * (k**2 + 1), o * i * k**2 * h * w)),
        Mistake("the biases are no products: they are left out of the multiply-adds.",
                lambda i, o, k, h, w: (o * i * k**2 + o, (o * i * k**2 + o) * h * w)),
        Mistake("a multiply-add counts once, though it is two operations.",
                lambda i, o, k, h, w: (o * i * k**2 + o, 2 * o * i * k**2 * h * w)),
        Mistake("the multiply-adds come first in this answer.",
                lambda *sizes: _cost(*sizes)[::-1]),
    ],
)


def _receptive_field(layers, backward=True, dilate=True, touching=True, strides=True) -> int:
    size = 1
    for kernel, stride, dilation in reversed(layers) if backward else layers:
        reach = (kernel - 1) * (dilation if dilate else 1)
        stride = stride if strides else 1
        size = (size - 1) * stride + reach + 1 if touching else size * stride + reach
    return size


def _stride_first(layers) -> int:
    size = jump = 1
    for kernel, stride, dilation in layers:
        jump *= stride
        size += (kernel - 1) * dilation * jump
    return size


_TRUNK = ([(3, 1, 1), (3, 2, 1)] * 2 + [(3, 1, 1), (3, 1, 1), (3, 2, 1)]
          + [(3, 1, 1)] * 3 + [(3, 1, 2)] * 6 + [(3, 1, 1)] * 3)

receptive_field = Exercise(
    reference=_receptive_field,
    cases=[([(3, 1, 1), (3, 1, 1)],), ([(3, 1, 1), (3, 2, 1), (3, 1, 1)],),
           ([(5, 1, 1), (3, 2, 1), (3, 1, 2)],), (_TRUNK,)],
    right="The last case was the paper's first seven blocks.",
    tolerance=0,
    mistakes=[
        Mistake("the layers were walked from the photo on. Begin at the output.",
                lambda layers: _receptive_field(layers, backward=False)),
        Mistake("dilation was left out: the taps of a kernel lie that far apart.",
                lambda layers: _receptive_field(layers, dilate=False)),
        Mistake("stride was left out: neighbors in the output lie that far apart in the input.",
                lambda layers: _receptive_field(layers, strides=False)),
        Mistake("a layer's own stride was counted before its kernel. The stride spreads the "
                "outputs; only the layers behind it see them further apart. Add first, then "
                "multiply.",
                _stride_first),
        Mistake("n neighbors have n - 1 steps between them, not n.",
                lambda layers: _receptive_field(layers, touching=False)),
    ],
)

FAULTS = (5, 2, 3)


faults = Exercise(
    reference=lambda: FAULTS,
    judge=judge_of_three(FAULTS, "fault", "version "),
    right="The shape, the number of parameters, and a sum of two inputs: one of the three checks "
          "finds each bug.",
    mistakes=[
        Mistake("a uses no stride. Without padding to match, each kernel that reaches two pixels "
                "far takes a rim from the map.",
                lambda: (1, 2, 3)),
        Mistake("a does have dilation: read `conv`. Which of its arguments differs from the "
                "right version's?",
                lambda: (4, 2, 3)),
        Mistake("b and c have changed places: a list times three repeats the same objects.",
                lambda: (5, 3, 2)),
    ],
)
