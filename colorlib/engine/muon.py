"""Muon: a step of the same size in every direction that a convolution can turn (chapter 05b)."""

import torch
from torch import Tensor

# A quintic that, five times over, brings every singular value near 1 (Jordan et al., 2024).
QUINTIC = (3.4445, -4.7750, 2.0315)
ROUNDS = 5


def orthogonalized(matrix: Tensor) -> Tensor:
    """The nearest thing to a rotation: U V^T of the matrix's singular value decomposition U S V^T.

    Parameters
    ----------
    matrix : tensor, shape (..., m, n).

    Returns
    -------
    float32 tensor of that shape, its singular values between about 0.7 and 1.2: near enough for a
    direction to step in, and by matrix products alone.

    Notes
    -----
    A round makes X into P X, where P = a + b G + c G^2 and G = X X^T. The next G is P G P, and as
    all of these are polynomials of the first G, any two of them commute: it is P^2 G. So the rounds
    go on in the small matrices P and G alone, and the product of all P meets X once, at the end.
    For a kernel that is nine times as wide as high that is a fifth of the work.
    """
    a, b, c = QUINTIC
    x = matrix.float()
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    gram = x @ x.mT
    one = product = torch.eye(x.shape[-2], dtype=x.dtype, device=x.device)
    for _ in range(ROUNDS):
        p = a * one + b * gram + c * gram @ gram
        product, gram = p @ product, p @ p @ gram
    x = product @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Muon for the kernels of convolutions, AdamW for all else.

    Adam scales each number of a gradient on its own. Muon treats a kernel as the matrix it is, from
    (input channels x window) to output channels: it orthogonalizes the momentum, so that rare
    directions are learned as fast as those which dominate.

    Parameters
    ----------
    params : iterable of parameters. Those of four dimensions with more than one input channel
        are Muon's, but for those named in `plain`.
    plain : parameters that AdamW is to have all the same, as an output layer.
    lr : of both: Muon's step is scaled to the size that Adam's usually has.

    Notes
    -----
    K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024); the scale by
    0.2 sqrt(max(m, n)) is of J. Liu et al., "Muon is scalable for LLM training" (2025).
    """

    def __init__(self, params, plain=(), lr=1e-3, betas=(0.9, 0.99), momentum=0.95,
                 weight_decay=0.02, eps=1e-8):
        defaults = dict(lr=lr, betas=betas, momentum=momentum, weight_decay=weight_decay, eps=eps)
        super().__init__(list(params), defaults)
        self._plain = {id(p) for p in plain}

    @torch.no_grad()
    def step(self, closure=None):
        """One step; parameters without a gradient stay as they are."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                kernel = p.dim() == 4 and p.shape[1] > 1 and id(p) not in self._plain
                update = self._muon(p, group) if kernel else self._adam(p, group)
                p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(group["lr"] * update)
        return loss

    def _muon(self, p: Tensor, group: dict) -> Tensor:
        mean = self.state[p].setdefault("momentum", torch.zeros_like(p))
        mean.lerp_(p.grad, 1 - group["momentum"])
        ahead = p.grad.lerp(mean, group["momentum"]).flatten(1)  # Nesterov's look ahead
        scale = 0.2 * max(ahead.shape) ** 0.5
        return scale * orthogonalized(ahead).to(p.dtype).reshape(p.shape)

    def _adam(self, p: Tensor, group: dict) -> Tensor:
        state = self.state[p]
        if not state:
            state.update(step=torch.zeros(()), mean=torch.zeros_like(p), square=torch.zeros_like(p))
        state["step"] += 1
        for name, value, beta in zip(("mean", "square"), (p.grad, p.grad**2), group["betas"],
                                     strict=True):
            state[name].lerp_(value, 1 - beta)
        mean, square = (state[name] / (1 - beta ** state["step"].item())
                        for name, beta in zip(("mean", "square"), group["betas"], strict=True))
        return mean / (square.sqrt() + group["eps"])


def make_optimizer(name: str, params: list[Tensor], plain: list[Tensor],
                   **options) -> torch.optim.Optimizer:
    """The optimizer that a recipe names: "muon", or "adamw". `plain`: see `Muon`."""
    if name == "muon":
        return Muon(params, plain, **options)
    return torch.optim.AdamW(params, **options)
