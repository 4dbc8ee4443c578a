"""From logits to colors, and from any photo to its colorized self."""

import json

import numpy as np
import pytest
import torch
from conftest import ROOT
from PIL import Image
from safetensors.torch import save_file

from colorlib import AbGamut, Colorizer, annealed_mean
from colorlib.color import lab_to_rgb, paint, rgb_to_lab
from colorlib.images import as_rgb, sample, samples
from experiments import upsampling


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer.from_pretrained("course")


def test_annealed_mean_is_the_papers_formula():
    torch.manual_seed(0)
    bins, logits = AbGamut().bins, torch.randn(2, 313, 4, 5) * 3
    z = logits.double().softmax(1)
    for T in (0.1, 0.38, 1.0, 5.0):
        f = torch.exp(z.log() / T)
        f = f / f.sum(1, keepdim=True)
        expected = torch.einsum("nqhw,qc->nchw", f, bins.double())
        assert torch.allclose(annealed_mean(logits, bins, T).double(), expected, atol=1e-3)


def test_annealed_mean_at_its_ends():
    torch.manual_seed(0)
    bins, logits = AbGamut().bins, torch.randn(313, 4, 5) * 3
    assert torch.allclose(annealed_mean(logits, bins, 1), AbGamut().mean(logits.softmax(0)),
                          atol=1e-4)
    mode = annealed_mean(logits, bins, 0)
    assert torch.equal(mode.movedim(0, -1), bins[logits.argmax(0)])
    assert torch.allclose(annealed_mean(logits, bins, 1e-4), mode, atol=1e-3)
    for bad in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="T must be"):
            annealed_mean(logits, bins, bad)


def test_shipped_weights_say_how_they_were_made(colorizer):
    for key in ("architecture", "width", "loss", "finish", "T", "data", "seed", "size", "stages"):
        assert key in colorizer.recipe
    assert all("lam" in stage and "steps" in stage for stage in colorizer.recipe["stages"])
    assert not colorizer.network.training


def test_the_same_kind_comes_back(colorizer):
    gray = sample("cat").convert("L").resize((90, 60))
    array, tensor = np.asarray(gray), torch.from_numpy(np.asarray(gray).copy())[None]
    picture = colorizer(gray)
    assert isinstance(picture, Image.Image) and picture.mode == "RGB" and picture.size == (90, 60)
    from_array = colorizer(array)
    assert from_array.dtype == np.uint8 and from_array.shape == (60, 90, 3)
    assert np.abs(from_array.astype(int) - np.asarray(picture)).max() == 0
    assert colorizer(array / 255).dtype == np.float64
    assert colorizer(array.astype(np.uint16) * 257).dtype == np.uint16
    from_tensor = colorizer(tensor)
    assert from_tensor.dtype == torch.uint8 and from_tensor.shape == (3, 60, 90)
    assert isinstance(colorizer(samples()["cat"]), Image.Image)
    assert colorizer(sample("cat").resize((1, 1))).size == (1, 1)
    assert colorizer(sample("cat").resize((700, 3))).size == (700, 3)


def test_alpha_is_kept(colorizer):
    photo = sample("cat").resize((64, 48))
    photo.putalpha(Image.linear_gradient("L").resize((64, 48)))
    result = colorizer(photo)
    assert result.mode == "RGBA"
    assert result.getchannel("A").tobytes() == photo.getchannel("A").tobytes()


def test_lightness_is_the_inputs_own_and_its_color_is_not_looked_at(colorizer):
    photo = as_rgb(sample("china"))
    colored = colorizer(photo, T=0.1)
    before, after = rgb_to_lab(photo), rgb_to_lab(colored)
    assert (after[0] - before[0]).abs().max() < 0.5
    gray = rgb_to_lab(photo)
    gray[1:] = 0
    assert (colorizer(lab_to_rgb(gray), T=0.1) - colored).abs().max() < 0.02


def test_sky_is_blue_and_trees_are_green(colorizer):
    _, a, b = rgb_to_lab(colorizer(as_rgb(sample("china"))))
    assert b[:100, :150].mean() < -3  # the sky, top left
    assert a[280:].mean() < -3 and b[280:].mean() > 3  # the trees at the bottom


def test_wrong_weights_are_named(tmp_path):
    with pytest.raises(ValueError, match="no such file"):
        Colorizer.from_pretrained(tmp_path / "none.safetensors")
    (tmp_path / "junk.safetensors").write_bytes(b"junk" * 10)
    with pytest.raises(ValueError, match="not a weights file"):
        Colorizer.from_pretrained(tmp_path / "junk.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors", {"recipe": '{"width": 0.25}'})
    with pytest.raises(ValueError, match="not a weights file"):
        Colorizer.from_pretrained(tmp_path / "other.safetensors")


def test_strips_are_seamless():
    torch.manual_seed(0)
    lightness, ab = torch.rand(1, 600, 20) * 100, torch.randn(2, 5, 4) * 10
    whole = paint(lightness, ab)
    assert whole.shape == (3, 600, 20)
    assert (rgb_to_lab(whole)[0] - lightness[0]).abs().max() < 0.5


def test_the_shipped_weights_give_the_colors_they_gave():
    """Means of 4 x 4 parts of each bundled photograph, colored; half an 8-bit step of freedom."""
    expected = json.loads((ROOT / "tests" / "shipped_colors.json").read_text())
    colorizer = Colorizer.from_pretrained("course")
    for name, path in samples().items():
        pixels = np.asarray(colorizer(path)).astype(float)
        height, width = (side // 4 for side in pixels.shape[:2])
        parts = pixels[: 4 * height, : 4 * width].reshape(4, height, 4, width, 3).mean((1, 3))
        assert np.abs(parts - expected[name]).max() < 0.5, name


@pytest.mark.parametrize("way", [upsampling.joint_bilateral, upsampling.guided_filter])
def test_colors_led_by_lightness_end_where_it_does(way):
    """A sharp step of L and ab: closer to it than stretched colors; and one color stays one."""
    L = torch.where(torch.arange(96) < 45, 20.0, 80.0).expand(1, 64, 96)
    true = torch.stack([L[0] - 50, 10 - L[0] / 2])
    small = upsampling.resized(true, torch.zeros(1, 16, 24), antialias=True)
    stretched = upsampling.resized(small, L)
    errors = [(ab - true).abs().mean() for ab in (way(small, L), stretched)]
    assert errors[0] < 0.6 * errors[1]
    even = torch.tensor([12.0, -7.0])[:, None, None]
    torch.testing.assert_close(way(even.expand(2, 16, 24), L), even.expand(2, 64, 96))


def test_what_is_near_an_edge():
    L = torch.where(torch.arange(20) < 10, 20.0, 80.0).expand(1, 6, 20)
    assert upsampling.near_edges(L)[0].nonzero()[:, 0].tolist() == [7, 8, 9, 10, 11]
    assert not upsampling.near_edges(L / 10).any()
