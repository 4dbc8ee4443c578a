"""Every public tensor function of the core on torch's device "meta": no constant stays on the CPU.

A tensor on "meta" has a shape and no numbers. Whatever mixes it with a tensor that was left on the
CPU stops with an error there, as it would on a GPU. What needs numbers by its nature (a check of
values, an if, a file) can't run so; EXEMPT says why for each.
"""

import importlib
import inspect
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from colorlib import data, networks
from colorlib.data import Batches
from colorlib.gamut import AbGamut
from colorlib.recipes import Recipe, Stage
from colorlib.training import Training

CORE = ("color", "gamut", "rebalancing", "losses", "networks", "data", "recipes", "training",
        "images", "inference", "metrics")


def meta(*shape: int, dtype=torch.float32) -> Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


GAMUT = AbGamut().to("meta")
PICTURE, AB = meta(2, 3, 16, 16), meta(2, 2, 128, 128)
FIVE = meta(2, 5, 4, 4, dtype=torch.int64), meta(2, 5, 4, 4)
PHOTO = meta(3, 40, 48, dtype=torch.uint8)

CALLS = {
    "color.srgb_to_linear": (PICTURE,),
    "color.linear_to_srgb": (PICTURE,),
    "color.rgb_to_xyz": (PICTURE,),
    "color.xyz_to_lab": (PICTURE,),
    "color.lab_to_xyz": (PICTURE,),
    "color.rgb_to_lab": (PICTURE,),
    "color.rgb8_to_lab": (PHOTO,),
    "color.lab_to_rgb": (PICTURE,),
    "color.delta_e": (PICTURE, PICTURE),
    "color.into_gamut": (PICTURE,),
    "gamut.AbGamut.nearest": (GAMUT, AB),
    "gamut.AbGamut.soft_encode": (GAMUT, AB),
    "gamut.AbGamut.squared_distances": (GAMUT, AB),
    "gamut.AbGamut.dense": (GAMUT, *FIVE),
    "gamut.AbGamut.mean": (GAMUT, meta(2, 313, 4, 4)),
    "losses.cross_entropy": (meta(2, 313, 4, 4), *FIVE, meta(313), meta(2)),
    "losses.l2": (meta(2, 2, 4, 4), meta(2, 2, 4, 4), meta(2, 4, 4)),
    "networks.check_shape": (meta(1, 1, 16, 16),),
    "data.random_crop": (PHOTO, 16, (1.0, 2.0), torch.Generator()),
    "inference.annealed_mean": (meta(2, 313, 4, 4), GAMUT.bins, 0.38),
    "images.center": (PHOTO, 16),
    "metrics.ab_error": (PICTURE, PICTURE),
    "metrics.chroma": (PICTURE,),
}
NUMBERS = "returns a plain number, or refuses values: both need the numbers"
EXEMPT = {
    "color.paint": "works strip by strip on the CPU, where it puts what it is given",
    "color.painted": "the same",
    "data.is_gray": NUMBERS,
    "images.like": "makes a picture or an array",
    "rebalancing.class_weights": NUMBERS,
    "rebalancing.shares": NUMBERS,
    "metrics.auc": NUMBERS,
    "metrics.auc_scores": NUMBERS,
    "metrics.colorfulness": NUMBERS,
    "metrics.psnr": NUMBERS,
    "metrics.ssim": NUMBERS,
    "metrics.ends": NUMBERS,
    "networks.ColorNet.outputs": "of each network, below",
    "networks.ColorNet.colors": "of each network, below",
    "networks.ColorNet.objective": "of each network, below",
    "networks.Zhang.logits": "of each network, below",
    "networks.Zhang.outputs": "of each network, below",
    "networks.Zhang.objective": "of each network, below",
    "networks.Zhang.forward": "of each network, below",
    "training.Training.outputs": "by its loss, below",
    "training.Training.loss": "below",
    "training.Training.step": "ends with a plain number; its loss is below",
    "inference.Colorizer.shown": "a photo's way through a network, whose parts are tested here",
    "inference.Colorizer.ab": "a photo's way through a network, whose parts are tested here",
    "inference.Colorizer.outputs": "a photo's way through a network, whose parts are tested here",
    "inference.Colorizer.decode": "a photo's way through a network, whose parts are tested here",
}


def takes_a_tensor(function) -> bool:
    return any("Tensor" in str(p.annotation) and "Sequence" not in str(p.annotation)
               and "dict" not in str(p.annotation) and "Iterable" not in str(p.annotation)
               and str(p.annotation) not in ("Tensor | None", "torch.Tensor | None")
               for p in inspect.signature(function).parameters.values())


def public():
    """Each function and method of the core that takes a tensor, by its name."""
    for name in CORE:
        module = importlib.import_module(f"colorlib.{name}")
        for key, thing in vars(module).items():
            if key.startswith("_") or getattr(thing, "__module__", "") != module.__name__:
                continue
            if inspect.isclass(thing):
                for inner, method in vars(thing).items():
                    if not inner.startswith("_") and inspect.isfunction(method):
                        yield f"{name}.{key}.{inner}", method
            elif callable(thing):
                yield f"{name}.{key}", thing


def test_every_public_tensor_function_is_listed():
    found = {name for name, function in public() if takes_a_tensor(function)}
    assert found == {*CALLS, *EXEMPT}


@pytest.mark.parametrize("name", CALLS)
def test_function(name):
    made = dict(public())[name](*CALLS[name])
    for tensor in made if isinstance(made, tuple) else (made,):
        assert tensor.device.type == "meta"


def network_on_meta(name):
    network = networks.build(name, 1.0 if name == "photo" else 1 / 16).to("meta")
    if getattr(network, "gamut", None) is not None:
        network.gamut.to("meta")
    return network


def test_batches_are_cut_on_the_device():
    photos = torch.randint(256, (3, 3, 48, 64), dtype=torch.uint8)
    for crop, zoom in ((32, (1, 2)), (48, (1, 1))):  # shrunk, and as it is
        lightness, ab = Batches(photos, 3, crop, zoom, gamma=1.25, device="meta")(0)
        assert lightness.device.type == ab.device.type == "meta"
        assert lightness.shape == (3, 1, crop, crop) and ab.shape == (3, 2, crop // 4, crop // 4)


def test_a_window_shrunk_as_numbers_is_the_one_shrunk_as_bytes(monkeypatch):
    """PyTorch shrinks bytes on a CPU alone; elsewhere they go through floats and are rounded."""
    photo = torch.randint(256, (3, 90, 70), dtype=torch.uint8)
    exact = data._cut(photo, 32, (1, 2), [.3, .4, .5, .2])
    interpolate = data.F.interpolate
    monkeypatch.setattr(data.F, "interpolate",
                        lambda x, **how: interpolate(x.float(), **how))
    assert (data._cut(photo, 32, (1, 2), [.3, .4, .5, .2]).int() - exact).abs().max() <= 1


# Cheng's features are scikit-image's, on the CPU, whatever the device; where hints are given, the
# hinted network reads from their numbers.
NEED_NUMBERS = ("cheng", "hinted")


@pytest.mark.parametrize("name", [n for n in networks.NETWORKS if n not in NEED_NUMBERS])
def test_network_and_its_losses(name):
    network = network_on_meta(name)
    outputs = network.outputs(meta(2, 1, 32, 32))
    assert outputs.device.type == "meta"
    for loss in network.losses:
        value = network.objective(outputs, meta(2, 2, 8, 8), loss, meta(313),
                                  meta(2, dtype=torch.int64))
        assert value.device.type == "meta" and not value.shape
    if network.bins is None:
        assert network.colors(outputs).device.type == "meta"


@pytest.mark.parametrize("loss", ["rebalanced", "classification", "l2"])
def test_loss_of_a_training(loss):
    recipe = replace(Recipe(1 / 16, stages=(Stage(2, 2, 32),)), loss=loss, precision="float32")
    training = Training(recipe)
    training.network.to("meta")
    training.network.gamut.to("meta")
    training.class_weights = {k: v.to("meta") for k, v in training.class_weights.items()}
    value = training.loss(meta(2, 1, 32, 32), meta(2, 2, 8, 8))
    assert value.device.type == "meta"
    value.backward()
