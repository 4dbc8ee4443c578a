"""The rivals: published forms by their counts, parts by definitions, a training of each."""

import json
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from colorlib.color import lightness_of
from colorlib.data import Batches, Photos, find_photos
from colorlib.engine.counting import layers, parameters
from colorlib.evaluation import methods
from colorlib.evaluation.methods import RIVALS, weights_file
from colorlib.gamut import gamut_bins
from colorlib.images import as_rgb, read_rgb, samples
from colorlib.inference import Colorizer
from colorlib.io.datasets import label
from colorlib.networks import build
from colorlib.recipes import Stage
from colorlib.rivals import cheng, larsson, vgg
from colorlib.rivals.vgg import VGG16
from colorlib.training import Training

PHOTOS = [read_rgb(path, 96) for path in samples().values()]
NAMES = [r.network for r in (row.recipe for row in methods.RIVALS) if r.network != "zhang"]


def published(name):
    gamut_bins()  # computed before tensors lose their values
    with torch.device("meta"):
        return build(name, 1.0)


# --- the published forms ---

def test_the_backbone_is_vgg16():
    with torch.device("meta"):
        ours, theirs = vgg.Backbone(1.0, dense=True, classes=1000), VGG16()
    # One input channel in place of three: 2 * 9 * 64 weights fewer.
    assert parameters(ours) == parameters(theirs) - 2 * 9 * 64
    assert sum(vgg.layer_channels().values()) == 4_224
    names = list(vgg.layer_channels(dense=True))
    assert names[:3] == ["conv1_1", "conv1_2", "conv2_1"] and names[-3:] == ["conv5_3", "fc6",
                                                                           "fc7"]


def test_torchvisions_weights_give_the_same_activations():
    """A gray photograph through VGG-16 for RGB, layer by layer, at a size that fits a test."""
    torch.manual_seed(0)
    ours, found = vgg.Backbone(1.0), {}
    rgb = VGG16().features
    vgg.fill(ours, {f"features.{k}": v for k, v in rgb.state_dict().items()})
    lightness = torch.rand(1, 1, 32, 48) * 100
    x = ((lightness / 100 - 0.449) / 0.226).expand(-1, 3, -1, -1)
    with torch.no_grad():
        found = ours(lightness)
        assert torch.allclose(rgb(x), F.max_pool2d(found["conv5_3"], 2), atol=1e-4)


def test_larssons_network_is_as_large_as_they_say():
    network = published("larsson")
    assert network.channels == 12_417
    counted = parameters(network) - parameters(network.backbone.scores)
    # Zhang et al. 2016, table 1: 588 MB of parameters.
    assert counted == 147_041_024 and round(4 * counted / 1e6) == 588
    assert network.hypercolumns(torch.zeros(1, 1, 224, 224, device="meta")).shape == (
        1, 12_417, 56, 56)


def test_iizukas_network_is_their_table():
    network = published("iizuka")
    picture = torch.zeros(2, 1, 224, 224, device="meta")
    found = [(layer.kind, layer.shape[1:]) for layer in layers(network.train(), picture,
                                                               forward=network.outputs)
             if layer.kind in ("Conv2d", "Linear")]
    low = [(64, 112, 112), (128, 112, 112), (128, 56, 56), (256, 56, 56), (256, 28, 28),
           (512, 28, 28)]
    overall = [(512, 14, 14), (512, 14, 14), (512, 7, 7), (512, 7, 7)]
    mid = [(512, 28, 28), (256, 28, 28)]
    color = [(256, 28, 28), (128, 28, 28), (64, 56, 56), (64, 56, 56), (32, 112, 112),
             (2, 112, 112)]

    def convs(shapes):
        return [("Conv2d", shape) for shape in shapes]

    def dense(*sizes):
        return [("Linear", (size,)) for size in sizes]

    branch = convs(low + overall) + dense(1024, 512)
    assert found == (branch + dense(256) + convs(low + mid + color) + branch + dense(256, 205))


def test_chengs_network_is_half_as_wide_as_its_input():
    network = build("cheng", 1 / 8)
    wide = [layer.out_channels for layer in network.layers if hasattr(layer, "out_channels")]
    assert wide == [(49 + 32 + 10) // 2] * 3


def test_dahls_decoder_adds_four_stages():
    network = published("dahl")
    assert [norm.num_features for norm in network.norms] == [512, 256, 128, 64]
    assert network.outputs(torch.zeros(1, 1, 64, 96, device="meta")).shape == (1, 2, 64, 96)


# --- their parts ---

def test_hypercolumns_are_the_layers_at_a_pixel():
    network = build("larsson", 1 / 8).eval()
    lightness = torch.rand(1, 1, 64, 64) * 100
    column = network.hypercolumns(lightness)[0, :, 5, 9]
    assert len(column) == network.channels == 1 + 4_224 // 8
    # conv3 is at 1/4 of the photo: its part is taken over as it is.
    conv3_1 = network.backbone(lightness)["conv3_1"]
    first = 1 + 2 * 8 + 2 * 16
    assert torch.equal(column[first : first + 32], conv3_1[0, :, 5, 9])
    # L at every fourth pixel is the mean of the four around it.
    assert column[0] == pytest.approx(lightness[0, 0, 21:23, 37:39].mean().item(), abs=1e-3)


def test_histograms_hold_the_color_they_are_of():
    torch.manual_seed(0)
    ab = torch.randn(2, 2, 5, 6) * 30
    hue, chroma = larsson.hue_histogram(ab), larsson.chroma_histogram(ab)
    for histogram in (hue, chroma):
        assert torch.allclose(histogram.sum(1), torch.ones(2, 5, 6), atol=1e-5)
    direction, length = larsson.mean_hue(hue)
    assert (length > 0.98).all()
    aligned = (direction * ab / ab.norm(dim=1, keepdim=True)).sum(1)
    assert (aligned > math.cos(math.radians(3))).all()
    assert (larsson.median_chroma(chroma) - ab.norm(dim=1, keepdim=True)).abs().max() < 4


def test_mean_hue_is_circular_and_knows_when_there_is_none():
    histogram = torch.zeros(2, 32, 1, 1)
    histogram[0, [0, 31]] = 0.5  # 5.6 degrees to both sides of red: red, not green
    histogram[1] = 1 / 32
    direction, length = larsson.mean_hue(histogram)
    assert torch.allclose(direction[0].flatten(), torch.tensor([1.0, 0.0]), atol=1e-5)
    assert length[0] > 0.98 and length[1] < 1e-6


def test_median_chroma():
    histogram = torch.zeros(3, 32, 1, 1)
    histogram[0, 5] = 1
    histogram[1, [2, 8]] = torch.tensor([0.75, 0.25])[:, None, None]
    histogram[2, [2, 8]] = torch.tensor([0.25, 0.75])[:, None, None]
    found = larsson.median_chroma(histogram).flatten().tolist()
    assert found == pytest.approx([22.0, 4 * (2 + 2 / 3), 4 * (8 + 1 / 3)], abs=1e-4)


def test_a_hue_nobody_knows_fades():
    network = build("larsson", 1 / 8)
    outputs = torch.zeros(1, 64, 1, 2)
    outputs[0, 40] = 9.0  # chroma about 34 for both
    outputs[0, 3, 0, 1] = 9.0  # a hue for the second alone
    chroma = network.colors(outputs).norm(dim=1)[0, 0]
    assert chroma[0] < 0.1 and chroma[1] > 30


def test_larssons_loss_is_zero_at_the_truth_and_ignores_the_hue_of_gray():
    network = build("larsson", 1 / 8)
    ab = torch.tensor([30.0, -40.0])[None, :, None, None]
    truth = torch.cat([larsson.hue_histogram(ab), larsson.chroma_histogram(ab)], 1)
    assert network.objective(truth.clamp(min=1e-12).log(), ab, "own").item() == pytest.approx(
        0, abs=1e-4)
    wrong = truth.clone()
    wrong[:, :32] = wrong[:, :32].roll(7, 1)
    assert network.objective(wrong.clamp(min=1e-6).log(), ab, "own") > 1
    gray = torch.zeros(1, 2, 1, 1)
    some = torch.cat([wrong[:, :32], larsson.chroma_histogram(gray)], 1).clamp(min=1e-12).log()
    assert network.objective(some, gray, "own").item() == pytest.approx(0, abs=1e-4)


def test_iizukas_fusion_is_a_dense_layer_at_each_place():
    network = build("iizuka", 1 / 8).eval()
    local, vector = torch.rand(1, 32, 3, 4), torch.rand(1, 32)
    weight, bias = network.fusion.weight[:, :, 0, 0], network.fusion.bias
    beside = vector[..., None, None].expand(-1, -1, 3, 4)
    fused = network.fusion(torch.cat([local, beside], 1))
    by_hand = bias + weight @ torch.cat([local[0, :, 1, 2], vector[0]])
    assert torch.allclose(fused[0, :, 1, 2], by_hand, atol=1e-5)


def test_iizuka_wants_labels():
    with pytest.raises(ValueError, match="need labels"):
        Training(methods.row("iizuka").recipe).step(*Batches(PHOTOS, 2, 32)(0))


def test_the_autoencoders_bottleneck_is_narrow():
    network = build("autoencoder", 1 / 8).eval()
    assert network.encode(torch.zeros(1, 1, 64, 96)).shape == (1, 64, 4, 6)


def test_patches_and_daisy_are_of_every_fourth_pixel():
    torch.manual_seed(0)
    lightness = torch.rand(1, 1, 32, 40) * 100
    found = cheng.patches(lightness)
    assert found.shape == (1, 49, 8, 10)
    middle = lightness[0, 0, 4 * 3 + 2 - 3 : 4 * 3 + 2 + 4, 4 * 5 + 2 - 3 : 4 * 5 + 2 + 4]
    assert torch.equal(found[0, :, 3, 5], middle.flatten())
    from skimage.feature import daisy

    dense = daisy(lightness[0, 0].numpy() / 100, step=1, **cheng.DAISY)  # from pixel 7 on
    ours = cheng.daisy(lightness)
    assert ours.shape == (1, 32, 8, 10)
    assert torch.allclose(ours[0, :, 4, 4], torch.from_numpy(dense[18 - 7, 18 - 7]).float(),
                          atol=1e-3)


def test_the_filter_keeps_to_the_edges_of_lightness():
    guide = torch.zeros(1, 1, 12, 12)
    guide[..., 6:] = 80
    ab = torch.randn(1, 2, 12, 12)
    ab[..., 6:] += 50
    found = cheng.joint_bilateral(ab, guide)
    assert (found[..., :6].abs() < 2).all() and (found[..., 6:] > 48).all()
    assert found[..., :6].std() < 0.5 * ab[..., :6].std()
    flat = torch.full((1, 2, 12, 12), 7.0)
    assert torch.allclose(cheng.joint_bilateral(flat, guide), flat, atol=1e-4)


# --- in training and out of files ---

@pytest.mark.parametrize("name", NAMES)
def test_it_learns_and_comes_back_from_its_file(name, tmp_path):

    recipe = replace(methods.row(name).recipe, stages=(Stage(30, 4, 32),), warmup=3, lr=5e-3)
    training = Training(recipe)
    batch = (*Batches(PHOTOS, 4, 32)(0), torch.tensor([0, 1, 2, 3]))
    before = {k: v.clone() for k, v in training.network.state_dict().items() if "backbone" in k}
    losses = [training.step(*batch) for _ in range(30)]
    assert losses[-1] < 0.9 * losses[0]
    after = training.network.state_dict()
    assert all(torch.equal(after[k], v) for k, v in before.items())
    training.save_weights(tmp_path / "w.safetensors")
    colorizer = Colorizer.from_pretrained(tmp_path / "w.safetensors")
    mine, theirs = training.averaged(), colorizer.network
    lightness = torch.rand(1, 1, 40, 32) * 100
    with torch.no_grad():
        ours, read = (n.colors(n.outputs(lightness)) for n in (mine, theirs))
    assert (ours - read).abs().max() < 1
    assert colorizer(PHOTOS[0] / 255, size=48).shape == PHOTOS[0].shape


def test_labels_go_with_their_photographs(tmp_path):
    photos = Photos(list(samples().values())[:3], side=48, labels=[7, 8, 9])
    same = Photos(list(samples().values())[:3], side=48)
    lightness, ab, labels = Batches(photos, 6, 16)(0)
    plain = Batches(same, 6, 16)(0)
    assert len(plain) == 2 and torch.equal(plain[0], lightness) and torch.equal(plain[1], ab)
    order = [Batches(photos, 1, 16)._pick(i) for i in range(6)]
    assert labels.tolist() == [7 + i for i in order]


def test_an_unknown_network_is_named():
    with pytest.raises(ValueError, match="no network named 'best'; there are zhang, photo, auto"):
        build("best")


def test_another_file_than_torchvisions_is_refused(tmp_path):
    (tmp_path / "vgg.pth").write_bytes(b"something else")
    with pytest.raises(ValueError, match="not torchvision's checkpoint"):
        vgg.load_torchvision(vgg.Backbone(1 / 16), tmp_path / "vgg.pth")


# --- what ships ---

def test_rivals_were_trained_as_the_papers_rows_were():
    recipes = [methods.colorizer(r.name).recipe for r in (methods.row("l2"), *RIVALS)]
    settings = ("stages", "lr", "warmup", "optimizer", "seed", "done")
    same = {json.dumps([made[name] for name in settings]) for made in recipes}
    assert len(same) == 1


def test_the_swap_that_the_chapter_shows_is_seen():
    """Iizuka's network with the global features of another photo: other colors, everywhere."""
    network = methods.colorizer("iizuka").network
    one, other = (lightness_of(as_rgb(samples()[name]))[None, :, :256, :256]
                  for name in ("rocket", "china"))
    with torch.no_grad():
        own, swapped = network(one), network(one, network.global_features(other))
        assert torch.equal(own, network(one, network.global_features(one)))
    assert own.shape == swapped.shape == (1, 2, 128, 128)
    assert (own - swapped).norm(dim=1).mean() > 0.2


def test_the_backbone_that_ships_knows_more_than_chance(imagenette):
    """Of 100 gray val photographs it names far more than a tenth."""
    paths = find_photos(imagenette)[::40]
    network, _ = vgg.frozen_backbone(vgg.SHIPPED)
    right = 0
    for path in paths:
        lightness = lightness_of(as_rgb(path))
        shown = F.interpolate(lightness[None], (96, 96), mode="bilinear", antialias=True)
        right += network.class_scores(shown).mean((2, 3)).argmax().item() == label(path)
    assert right > 0.4 * len(paths)


def test_rivals_are_small_files():
    files = [weights_file(r.name) for r in RIVALS] + [vgg.backbone_file()]
    assert sum(path.stat().st_size for path in files) < 2.7e6
