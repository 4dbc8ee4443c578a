"""What chapters 14 and 15 stand on: frozen features, queries, a critic, diffusion, distances."""

import json

import pytest
import torch
from conftest import ROOT

from colorlib.after import critic, diffusion, features, frechet, many, queries
from colorlib.color import rgb8_to_lab
from colorlib.images import center, read_rgb, samples
from colorlib.io.assets import asset, results
from colorlib.turing.rater import Rater


@pytest.fixture(scope="module")
def photos():
    """L and true ab of the eight bundled photographs, and their features."""
    squares = torch.stack([center(read_rgb(path, features.SIDE), features.SIDE)
                           for path in samples().values()])
    lab = rgb8_to_lab(squares)
    seen = features.look(features.shipped_encoder(), lab[:, :1])
    return lab, torch.nn.functional.avg_pool2d(lab[:, 1:], 4), seen


def test_bytes_keep_weights_within_half_a_step():
    weight = torch.randn(6, 4, 3, 3) * torch.logspace(-3, 1, 6).view(6, 1, 1, 1)
    state = {"a.weight": weight, "a.bias": weight[:, 0, 0, 0]}
    kept = features.from_bytes(features.to_bytes(state))
    step = weight.flatten(1).abs().amax(1) / 127
    assert ((kept["a.weight"] - weight).flatten(1).abs().amax(1) <= 0.501 * step).all()
    assert torch.allclose(kept["a.bias"], weight[:, 0, 0, 0], rtol=1e-3)


def test_features_have_their_shapes_and_a_spread_near_one(photos):
    _, _, seen = photos
    assert [tuple(x.shape[1:]) for x in seen] == [
        (1, 64, 64), (40, 16, 16), (112, 8, 8), (320, 4, 4)]
    assert all(0.5 < x.std() < 2 for x in seen[1:])


@pytest.mark.parametrize("snr", [-8.0, 0.0, 5.0])
def test_v_gives_color_and_noise_back(snr):
    clean, noise = torch.randn(2, 3, 2, 4, 4)
    noisy, v = diffusion.mix(clean, noise, torch.full((3,), snr))
    a, s = torch.sigmoid(torch.tensor([snr, -snr])).sqrt()
    assert torch.allclose(a * noisy - s * v, clean, atol=1e-5)
    assert torch.allclose(s * noisy + a * v, noise, atol=1e-5)


def test_time_goes_from_color_to_noise():
    snr = diffusion.log_snr(torch.linspace(1e-4, 1 - 1e-4, 50))
    assert snr.diff().max() <= 0 and snr[0] > 8 and snr[-1] < -8


def test_the_sampler_finds_the_colors_of_a_denoiser_that_knows_them():
    """With a network whose guess is always the same picture, every seed ends there."""
    truth = 20 * torch.randn(1, 2, features.COLORS, features.COLORS)

    def knows(noisy, snr, seen, word):
        a, s = torch.sigmoid(snr[0]).sqrt(), torch.sigmoid(-snr[0]).sqrt()
        return (a * noisy - truth / diffusion.UNIT) / s

    word = torch.tensor([diffusion.NO_WORD])
    for seed in (0, 1):
        found = diffusion.sample(knows, None, word, steps=5, seed=seed)
        assert torch.allclose(found, truth.clamp(-110, 110), atol=0.05)


def test_answers_depend_on_the_seed_alone_and_keep_to_the_truth(photos):
    _, truth, seen = photos
    network, word = diffusion.shipped_denoiser(), torch.full((8,), diffusion.NO_WORD)
    one, again, other = (diffusion.sample(network, seen, word, 8, seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert many.diversity(torch.stack([one, other])).mean() > 2
    off = many.errors(torch.stack([one, truth.roll(1, 0)]), truth).mean(1)
    assert off[0] < off[1], "nearer to the truth than another photograph's colors"


def test_diversity_is_the_mean_over_different_pairs():
    answers = torch.zeros(3, 1, 2, 1, 1)
    answers[1, 0, :, 0, 0], answers[2, 0, :, 0, 0] = torch.tensor([[3.0, 4.0], [6.0, 8.0]])
    assert many.diversity(answers).tolist() == pytest.approx([20 / 3])
    with pytest.raises(ValueError, match="two at least"):
        many.diversity(answers[:1])


def test_pixels_are_drawn_by_their_own_shares():
    bins = torch.tensor([[0.0, 0.0], [50.0, 0.0]])
    logits = torch.tensor([0.0, 3.0])[None, :, None, None].expand(1, 2, 100, 100)
    drawn = many.sample_pixels(logits, bins, torch.Generator().manual_seed(0))
    share = torch.sigmoid(torch.tensor(3.0)).item()
    assert (drawn[0, 0] == 50).float().mean().item() == pytest.approx(share, abs=0.01)


def test_frechet_distance_is_that_of_the_formula():
    from scipy.linalg import sqrtm

    x, y = torch.randn(200, 5).double(), torch.randn(150, 5).double() @ torch.randn(5, 5).double()
    a, b = frechet.moments(x), frechet.moments(y + 1)
    root = torch.from_numpy(sqrtm((a.covariance @ b.covariance).numpy()).real)
    expected = (a.mean - b.mean).square().sum() + (a.covariance + b.covariance - 2 * root).trace()
    assert frechet.frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-6)
    assert frechet.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_a_distance_is_biased_by_the_number_of_pictures():
    whole = torch.randn(4000, 20, generator=torch.Generator().manual_seed(0))
    against = frechet.moments(whole[:2000])
    found = [frechet.frechet_distance(frechet.moments(whole[2000 : 2000 + n]), against)
             for n in (50, 200, 1000)]
    assert found[0] > 2 * found[1] > 4 * found[2]
    assert frechet.mean_distance(whole[2000:], against, 50) == pytest.approx(found[0], rel=0.3)
    with pytest.raises(ValueError, match="there are 40"):
        frechet.mean_distance(whole[:40], against, 50)
    line = frechet.at_infinity(torch.tensor([50, 200, 1000]), torch.tensor(found))
    assert abs(line) < found[2]


@pytest.mark.parametrize("name", ["bins", "queries"])
def test_small_networks_beat_gray_and_learn(name, photos):
    _, truth, seen = photos
    network = queries.shipped(name)
    colors = network.colors(seen)
    off = many.errors(torch.stack([colors, torch.zeros_like(truth), truth.roll(1, 0)]), truth)
    assert off[0].mean() < off[2].mean()
    network.requires_grad_(True)
    loss = network.loss(truth, seen, torch.ones(313))
    loss.backward()
    assert loss.isfinite() and all(p.grad is not None for p in network.parameters())


def test_a_palette_depends_on_the_photo(photos):
    _, palettes = queries.shipped("queries")(photos[2])
    assert palettes.shape == (8, queries.QUERIES, 2)
    assert (palettes[0] - palettes[1]).norm(dim=-1).mean() > 1


def test_the_critic_is_pleased_by_the_last_layer_alone(photos):
    lab, _, seen = photos
    network = queries.shipped("bins")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    rater, told = Rater.from_pretrained(coarse=True).requires_grad_(False), []
    real = rater.judge(center(lab, 112))

    def gap(step, ab):
        fake = rater.judge(center(critic.paint_softly(lab[:, :1], ab), 112))
        told.append((fake - real).mean().item())

    critic.please(network, rater, lab[:, :1], seen, lab, steps=12, told=gap)
    assert told[-1] > told[0]
    changed = {name for name, value in network.state_dict().items()
               if not torch.equal(value, before[name])}
    assert changed == {"head.weight", "head.bias"}


def test_losses_of_critic_and_painter_are_each_others_mirror():
    real, fake = torch.randn(2, 9)
    assert critic.relativistic_loss(real, fake) == critic.relativistic_loss(fake, real)[::-1]
    assert critic.relativistic_loss(real, real)[0].item() == pytest.approx(0.6931, abs=1e-3)


def test_what_ships_is_what_was_measured():
    measured = results("after/after")
    assert measured == json.loads((ROOT / "results" / "after.json").read_text(encoding="utf-8"))
    from colorlib.io.downloads import sha256

    for name, digest in measured["weights"].items():
        if name.startswith("after/"):
            assert sha256(asset(f"{name}.safetensors")) == digest, name
    kept = frechet.shipped_features()
    assert len(kept["truth"]) == len(kept["gray"]) == measured["audit"]["photos"]
    assert sum(path.stat().st_size for path in asset("after").iterdir()) < 6e6
