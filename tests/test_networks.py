"""The network against the public checkpoint's keys and shapes and a forward pass written out."""

import hashlib

import pytest
import torch
import torch.nn.functional as F

from colorlib import networks
from colorlib.networks import load_public, zhang

# layer -> (shape of its weight) of the public PyTorch checkpoint
CONVS = {
    "model1.0": (64, 1, 3, 3), "model1.2": (64, 64, 3, 3),
    "model2.0": (128, 64, 3, 3), "model2.2": (128, 128, 3, 3),
    "model3.0": (256, 128, 3, 3), "model3.2": (256, 256, 3, 3), "model3.4": (256, 256, 3, 3),
    "model4.0": (512, 256, 3, 3), "model4.2": (512, 512, 3, 3), "model4.4": (512, 512, 3, 3),
    **{f"model{m}.{i}": (512, 512, 3, 3) for m in (5, 6, 7) for i in (0, 2, 4)},
    "model8.0": (512, 256, 4, 4), "model8.2": (256, 256, 3, 3), "model8.4": (256, 256, 3, 3),
    "model8.6": (313, 256, 1, 1),
}
NORMS = {"model1.4": 64, "model2.4": 128, "model3.6": 256,
         **{f"model{m}.6": 512 for m in (4, 5, 6, 7)}}


def public_shapes():
    shapes = {"model_out.weight": (2, 313, 1, 1)}
    for name, shape in CONVS.items():
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = (shape[1] if name == "model8.0" else shape[0],)
    for name, channels in NORMS.items():
        shapes |= {f"{name}.{k}": (channels,)
                   for k in ("weight", "bias", "running_mean", "running_var")}
        shapes[f"{name}.num_batches_tracked"] = ()
    return shapes


def test_keys_and_shapes_are_the_public_ones():
    found = {k: tuple(v.shape) for k, v in zhang().state_dict().items()}
    assert len(found) == 82
    assert found == public_shapes()


def test_parameter_count():
    assert sum(p.numel() for p in zhang().parameters()) == 32_236_011


def by_hand(state, lightness):
    """The public network's forward pass, layer by layer from its table."""
    x = (lightness - 50) / 100
    strided, dilated = {"model1.2", "model2.2", "model3.4"}, ("model5", "model6")
    for name in CONVS:
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        if name == "model8.0":
            x = F.conv_transpose2d(x, weight, bias, stride=2, padding=1)
        else:
            reach = 2 if name.startswith(dilated) else weight.shape[-1] // 2
            x = F.conv2d(x, weight, bias, 2 if name in strided else 1, reach,
                         dilation=2 if name.startswith(dilated) else 1)
        if name != "model8.6":
            x = x.relu()
        block, place = name.split(".")
        norm = f"{block}.{int(place) + 2}"
        if norm in NORMS:
            x = F.batch_norm(x, *(state[f"{norm}.{k}"] for k in
                                  ("running_mean", "running_var", "weight", "bias")))
    ab = F.conv2d(x.softmax(1), state["model_out.weight"])
    return F.interpolate(ab, scale_factor=4, mode="bilinear", align_corners=False) * 110


def test_forward_is_the_public_networks():
    torch.manual_seed(0)
    network = zhang(0.125).eval()
    for name, value in network.state_dict().items():
        if value.is_floating_point() and not name.startswith("model_out"):
            value.add_(torch.rand_like(value) * 0.02)  # move the running statistics off 0 and 1
    lightness = torch.rand(2, 1, 32, 48) * 100
    with torch.no_grad():
        expected = by_hand(network.state_dict(), lightness)
        assert torch.allclose(network(lightness), expected, atol=1e-3)
        assert network.logits(lightness).shape == (2, 313, 8, 12)


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="multiples of 8"):
        zhang(0.05).logits(torch.zeros(1, 1, 30, 32))
    with pytest.raises(ValueError, match=r"\(N, 1, H, W\)"):
        zhang(0.05).logits(torch.zeros(1, 3, 32, 32))
    with pytest.raises(ValueError, match="width"):
        zhang(0)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A file of the public one's form: the published bytes can't be had in a test."""
    path = tmp_path_factory.mktemp("site") / "weights.pth"
    torch.manual_seed(1)
    torch.save(zhang().state_dict(), path)
    return path


@pytest.fixture
def known(checkpoint, monkeypatch):
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    monkeypatch.setattr(networks, "PUBLIC_SHA256", digest[:8])


@pytest.fixture
def site(checkpoint, serve, monkeypatch, tmp_path):
    """The checkpoint on a server of this machine, and an empty cache."""
    monkeypatch.setattr(networks, "PUBLIC_URL", f"{serve(checkpoint.parent)}/weights.pth")
    monkeypatch.setenv("COLORLIB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_public_checkpoint_from_a_file(checkpoint, known):
    loaded = load_public(checkpoint)
    state = torch.load(checkpoint, weights_only=True)
    assert torch.equal(loaded.model4[2].weight, state["model4.2.weight"])
    assert not loaded.training


def test_public_checkpoint_from_its_url(site, known):
    assert not load_public().training
    assert (site / "weights.pth").exists()
    networks.PUBLIC_URL = "http://127.0.0.1:1/weights.pth"  # it is not asked for again
    load_public()


def test_another_file_is_refused_and_not_kept(site, checkpoint):
    with pytest.raises(ValueError, match="not the published checkpoint"):
        load_public(checkpoint)
    assert checkpoint.exists()
    with pytest.raises(ValueError, match="not the published checkpoint"):
        load_public()
    assert not (site / "weights.pth").exists()
