"""The 313 bins and the codes between colors and classes, against plain definitions."""

import pytest
import torch

from colorlib import AbGamut
from colorlib.color import rgb_to_lab
from colorlib.gamut import gamut_hull

# The published list, row by row: a, lowest b, highest b.
ROWS = [(-90, 50, 90), (-80, 20, 90), (-70, 0, 90), (-60, -20, 90), (-50, -30, 100),
        (-40, -40, 100), (-30, -50, 100), (-20, -50, 100), (-10, -60, 100), (0, -70, 100),
        (10, -80, 90), (20, -80, 90), (30, -90, 90), (40, -100, 90), (50, -100, 80),
        (60, -110, 80), (70, -110, 80), (80, -110, 70), (90, -110, 70), (100, -90, 0)]


@pytest.fixture(scope="module")
def gamut():
    return AbGamut()


def colors(n=20_000):
    torch.manual_seed(0)
    inside = rgb_to_lab(torch.rand(3, n, 1))[1:]
    # On bins, between bins, and far outside of all that a screen shows.
    lattice = torch.cartesian_prod(*[torch.arange(-150.0, 151.0, 5.0)] * 2).T[:, :, None]
    return torch.cat([inside, lattice, torch.randn(2, 500, 1) * 300], dim=1)


def test_bins_are_the_published_ones(gamut):
    expected = [[a, b] for a, low, high in ROWS for b in range(low, high + 1, 10)]
    assert gamut.bins.tolist() == expected
    assert gamut.bins.sum(0).tolist() == [4910, 2090]
    assert gamut.bins[120].tolist() == [0, 0]


def test_bins_by_the_distance_written_out(gamut):
    """Chebyshev distance to the hull, by a linear program for each point of the grid."""
    from scipy.optimize import linprog

    hull = gamut_hull()
    kept = set()
    for a in range(-120, 121, 10):
        for b in range(-120, 121, 10):
            # min t with |x - a| <= t, |y - b| <= t and (x, y) in the hull
            box = [[1, 0, -1, a], [-1, 0, -1, -a], [0, 1, -1, b], [0, -1, -1, -b]]
            rows = [[*e[:2], 0, -e[2]] for e in hull] + box
            matrix, bound = [r[:3] for r in rows], [r[3] for r in rows]
            t = linprog([0, 0, 1], matrix, bound, bounds=[(None, None)] * 3).fun
            if t < 10:
                kept.add((a, b))
    assert kept == {tuple(map(int, row)) for row in gamut.bins.tolist()}


def test_nearest_is_nearest(gamut):
    ab = colors()
    distance = (ab[:, None, :, 0].double() - gamut.bins.T[:, :, None].double()).square().sum(0)
    chosen = distance.gather(0, gamut.nearest(ab).T)[0]
    assert torch.allclose(chosen, distance.min(0).values, atol=1e-3)


def test_soft_encoding_is_exact(gamut):
    ab = colors()
    indices, weights = gamut.soft_encode(ab)
    distance = (ab[:, None, :, 0].double() - gamut.bins.T[:, :, None].double()).square().sum(0)
    five = distance.topk(5, dim=0, largest=False).values
    # Compared by distance: of two bins equally far, either may be taken.
    assert torch.allclose(distance.gather(0, indices[..., 0]), five, atol=0.05, rtol=1e-5)
    expected = torch.softmax(-five / 50, 0)
    near = ab.abs().amax(0)[:, 0] < 128
    assert torch.allclose(weights[..., 0][:, near].double(), expected[:, near], atol=1e-5)
    assert torch.allclose(weights.sum(0), torch.ones(()), atol=1e-6)
    assert (indices[:1] != indices[1:]).all()


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_fewer_neighbors_are_the_first_of_five(k):
    ab = colors(2000)
    indices, weights = AbGamut(neighbors=k).soft_encode(ab)
    assert indices.shape == weights.shape == (k, *ab.shape[1:])
    # Compared by distance: of two bins equally far, either may be taken.
    distance = (ab[:, None, :, 0].double() - AbGamut().bins.T[:, :, None].double()).square().sum(0)
    nearest = distance.topk(k, dim=0, largest=False).values
    assert torch.allclose(distance.gather(0, indices[..., 0]), nearest, atol=0.05, rtol=1e-5)
    assert torch.allclose(weights.sum(0), torch.ones(()), atol=1e-6)


def test_soft_encoding_needs_no_certain_number_format(gamut):
    ab = torch.tensor([40.0, -30.0])[:, None, None]  # a bin: exact in every format
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        indices, weights = gamut.soft_encode(ab.to(dtype))
        assert torch.equal(indices[0], gamut.nearest(ab)) and weights[0] > 0.6


def test_soft_encoding_at_a_bin(gamut):
    _, weights = gamut.soft_encode(gamut.bins[120][:, None, None])
    share = torch.exp(torch.tensor([0.0, -2.0, -2.0, -2.0, -2.0]))
    assert torch.allclose(weights.flatten(), share / share.sum())


def test_dense_and_mean(gamut):
    ab = torch.rand(4, 2, 6, 5) * 40 - 20
    dense = gamut.dense(*gamut.soft_encode(ab))
    assert dense.shape == (4, 313, 6, 5)
    assert ((dense > 0).sum(1) == 5).all()
    assert torch.allclose(gamut.mean(dense), torch.einsum("nqhw,qc->nchw", dense, gamut.bins),
                          atol=1e-4)
    assert (gamut.mean(dense) - ab).abs().max() < 5  # soft encoding remembers colors well


def test_batch_shapes(gamut):
    ab = torch.rand(2, 3, 2, 4, 5) * 100 - 50
    indices, weights = gamut.soft_encode(ab)
    assert indices.shape == weights.shape == (2, 3, 5, 4, 5)
    assert torch.equal(indices[1, 2], gamut.soft_encode(ab[1, 2])[0])
    assert gamut.nearest(ab).shape == (2, 3, 4, 5)
    assert torch.equal(gamut.nearest(ab), indices[:, :, 0])


def test_wrong_input_is_named(gamut):
    with pytest.raises(ValueError, match=r"shape \(..., 2, H, W\)"):
        gamut.nearest(torch.zeros(3, 4, 4))
    with pytest.raises(ValueError, match="not finite"):
        gamut.soft_encode(torch.full((2, 1, 1), float("nan")))
    with pytest.raises(ValueError, match="313"):
        gamut.mean(torch.zeros(2, 4, 4))
    with pytest.raises(ValueError, match="not finite"):
        gamut.soft_encode(torch.full((2, 1, 1), float("-inf")))
    with pytest.raises(ValueError, match="from 1 to 5"):
        AbGamut(neighbors=6)
    with pytest.raises(ValueError, match="sigma"):
        AbGamut(sigma=0)
