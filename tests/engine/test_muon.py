"""The optimizers, against definitions written out and against torch's own."""

import pytest
import torch
from torch import nn

from colorlib.engine.muon import QUINTIC, ROUNDS, Muon, orthogonalized


@pytest.mark.parametrize("shape", [(16, 64), (64, 16), (3, 24, 90)])
def test_orthogonalized_has_singular_values_near_one(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    matrix[..., 0] *= 30  # one direction that dominates
    found = orthogonalized(matrix).float()
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.5 and values.max() < 1.3
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    exact = u @ vh  # the same directions
    assert (found * exact).sum() / (found.norm() * exact.norm()) > 0.97


@pytest.mark.parametrize("shape", [(16, 144), (144, 16), (32, 32), (3, 24, 90)])
def test_the_short_way_is_the_iteration_written_out(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape) * torch.logspace(0, -4, shape[-1])  # some directions are faint
    x = matrix.double() / matrix.double().norm(dim=(-2, -1), keepdim=True)
    a, b, c = QUINTIC
    for _ in range(ROUNDS):  # in the large space; from the left or the right is the same
        x = a * x + b * (x @ x.mT) @ x + c * (x @ x.mT) @ (x @ x.mT) @ x
    assert (orthogonalized(matrix) - x).abs().max() < 1e-3


def test_what_is_no_kernel_takes_the_steps_of_adamw():
    torch.manual_seed(0)
    ours, theirs = nn.Linear(5, 3), nn.Linear(5, 3)
    theirs.load_state_dict(ours.state_dict())
    settings = {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.1}
    optimizers = [Muon(ours.parameters(), **settings),
                  torch.optim.AdamW(theirs.parameters(), **settings)]
    for _ in range(5):
        x = torch.randn(7, 5)
        for network, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-6)
    assert torch.allclose(ours.bias, theirs.bias, atol=1e-6)


def test_a_kernels_step_is_as_large_as_promised():
    """0.2 lr a number in the root mean square, whatever the gradient's size; plain ones apart."""
    torch.manual_seed(0)
    conv, output = nn.Conv2d(8, 16, 3, bias=False), nn.Conv2d(16, 16, 1, bias=False)
    before = conv.weight.detach().clone()
    optimizer = Muon([conv.weight, output.weight], [output.weight], lr=0.01, weight_decay=0)
    (1e6 * output(conv(torch.randn(2, 8, 9, 9))).square().sum()).backward()
    optimizer.step()
    step = (conv.weight.detach() - before).square().mean().sqrt()
    assert step == pytest.approx(0.2 * 0.01, rel=0.2)
    assert set(optimizer.state[output.weight]) == {"step", "mean", "square"}
