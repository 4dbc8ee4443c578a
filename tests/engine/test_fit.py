"""The small training loop: what was stopped goes on as if it was not."""

import pytest
import torch
from torch import nn

from colorlib.engine.fit import SAVE_EVERY, fit
from colorlib.engine.muon import Muon

STEPS = 2 * SAVE_EVERY + 10
MAKERS = {"muon": lambda params: Muon(params, lr=1e-2),
          "adamw": lambda params: torch.optim.AdamW(params, 1e-2)}


def trained(optimizer, checkpoint=None, stop=None):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 3))

    def loss(step):
        if step == stop:
            raise KeyboardInterrupt
        x = torch.randn(3, 2, 8, 8, generator=torch.Generator().manual_seed(step))
        return (model(x) - x[:, :1, 2:-2, 2:-2]).square().mean()

    return fit(model, loss, MAKERS[optimizer](model.parameters()), STEPS, 1e-2, "a test",
               checkpoint, cycle_momentum=optimizer == "adamw"), loss


@pytest.mark.parametrize("optimizer", MAKERS)
def test_a_stopped_training_ends_with_the_same_weights(optimizer, tmp_path):
    path = tmp_path / "state.safetensors"
    with pytest.raises(KeyboardInterrupt):
        trained(optimizer, path, stop=SAVE_EVERY + 7)
    resumed, whole = trained(optimizer, path)[0], trained(optimizer)[0]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_it_learns_and_ends_in_inference():
    model, loss = trained("muon")
    assert not model.training
    assert loss(STEPS) < 0.9


def test_a_torn_checkpoint_counts_as_none(tmp_path):
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"torn")
    torn, whole = trained("muon", path)[0], trained("muon")[0]
    assert torch.equal(torn[0].weight, whole[0].weight)
