"""What training minimizes: cross-entropy over colors, and the squared error (chapter 04b)."""

import torch
from torch import Tensor


def cross_entropy(
    logits: Tensor,
    indices: Tensor,
    weights: Tensor,
    class_weights: Tensor | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Rebalanced multinomial cross-entropy against a sparse soft target, mean over pixels.

    Parameters
    ----------
    logits : tensor, shape (N, Q, H, W): Q = 313 unnormalized log-probabilities a pixel.
    indices, weights : the target, each of shape (N, k, H, W), from ``AbGamut.soft_encode``.
    class_weights : tensor, shape (Q,): how much a pixel counts whose nearest bin is q, from
        ``rebalancing.class_weights``. None: every pixel counts the same.
    mask : tensor, shape (N,) or (N, H, W): 0 leaves a picture or a pixel out.

    Returns
    -------
    scalar: the sum over pixels of w (log sum_q exp z_q - sum_k t_k z_k), divided by the number of
    pixels that count. Weights have a mean near 1 over the training set, so they need no division.

    Notes
    -----
    Equal to the dense definition, -sum_q t_q log softmax(z)_q, without ever writing down its zeros:
    5 numbers a pixel instead of 313. Zhang et al. 2016, equation 2. Chapters 03 and 04b.
    """
    picked = logits.gather(1, indices)
    loss = logits.logsumexp(1) - (weights * picked).sum(1)
    if class_weights is not None:
        # The target's largest weight is that of its nearest bin.
        top = indices.gather(1, weights.argmax(1, keepdim=True)).squeeze(1)
        loss = loss * class_weights.to(loss)[top]
    return _mean(loss, mask)


def l2(prediction: Tensor, ab: Tensor, mask: Tensor | None = None) -> Tensor:
    """Half the squared ab distance, mean over pixels: the loss whose best answer is the mean color.

    Parameters
    ----------
    prediction, ab : tensors, shape (N, 2, H, W), in ab units.
    mask : as in `cross_entropy`.

    Notes
    -----
    Zhang et al. 2016, equation 1. Chapter 04b.
    """
    return _mean((prediction - ab).square().sum(1) / 2, mask)


def _mean(loss: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return loss.mean()
    mask = mask.to(loss).reshape(*mask.shape, *[1] * (loss.dim() - mask.dim())).expand_as(loss)
    # With no pixel left the loss is 0, not 0 / 0.
    return (loss * mask).sum() / mask.sum().clamp(min=torch.finfo(loss.dtype).tiny)
