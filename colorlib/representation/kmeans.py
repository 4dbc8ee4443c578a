"""Filters from data without training: cluster centers of what each layer sees (chapter 11)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import Zhang
from .features import BLOCKS


def kmeans(points: Tensor, count: int, rounds: int = 12) -> Tensor:
    """Centers of `count` clusters by direction: (N, D) to (count, D), each of length 1."""
    points = F.normalize(points)
    centers = points[torch.randperm(len(points))[:count]]
    for _ in range(rounds):
        nearest = (points @ centers.T).argmax(1)
        sums = torch.zeros_like(centers).index_add_(0, nearest, points)
        empty = sums.norm(dim=1) < 1e-6
        sums[empty] = points[torch.randperm(len(points))[: int(empty.sum())]]
        centers = F.normalize(sums)
    return centers


def whitened(points: Tensor, floor: float = 0.1) -> tuple[Tensor, Tensor]:
    """Points (N, D) without mean and correlations, and the symmetric (D, D) matrix that did it.

    Directions with less than `floor` of the mean variance are mostly noise; they stay small.
    """
    points = points - points.mean(0)
    variance, axes = torch.linalg.eigh(points.T @ points / len(points))
    matrix = axes / (variance.clamp(min=0) + floor * variance.mean()).sqrt() @ axes.T
    return points @ matrix, matrix


def patches(x: Tensor, conv: nn.Conv2d, each: int = 50) -> Tensor:
    """What a convolution sees at `each` random places of every picture: (N * each, C * 3 * 3)."""
    found = []
    for picture in x:
        seen = F.unfold(picture[None], conv.kernel_size, conv.dilation, conv.padding, conv.stride)
        found.append(seen[0, :, torch.randint(seen.shape[-1], (each,))].T)
    return torch.cat(found)


def standardize(conv: nn.Conv2d, x: Tensor) -> None:
    """Scale and shift a convolution's filters until every channel has mean 0, variance 1 on `x`."""
    y = conv(x)
    mean, std = y.mean((0, 2, 3)), y.std((0, 2, 3)).clamp(min=1e-6)
    conv.weight /= std[:, None, None, None]
    conv.bias.copy_((conv.bias - mean) / std)


@torch.no_grad()
def initialize(network: Zhang, lightness: Tensor, filters: str = "kmeans", seed: int = 0) -> Zhang:
    """Set the weights of a trunk from data, without labels and without a gradient.

    Layer after layer, the filters become the centers of clusters of what the layer sees.

    Parameters
    ----------
    lightness : some hundred pictures, tensor (N, 1, H, W), L in [0, 100].
    filters : "kmeans", or "random" to keep the filters and set only the BatchNorms' mean and
        variance.

    Notes
    -----
    After the idea of Krähenbühl et al., "Data-dependent initializations of convolutional neural
    networks" (2016). Their second step, which makes all layers learn at the same rate, is left out:
    with a ReLU after each convolution and a BatchNorm after each block, it would not change what a
    probe is given.
    """
    torch.manual_seed(seed)
    x = (lightness - 50) / 100
    for layer in (layer for name in BLOCKS for layer in getattr(network, name)):
        if isinstance(layer, nn.Conv2d) and filters == "kmeans":
            points, matrix = whitened(patches(x, layer))
            layer.weight.copy_((kmeans(points, len(layer.weight)) @ matrix).view_as(layer.weight))
            layer.bias.zero_()
            standardize(layer, x)
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.copy_(x.mean((0, 2, 3)))
            layer.running_var.copy_(x.var((0, 2, 3)))
        x = layer.eval()(x)
    return network.eval()
