"""Color by example and by scribble, on pictures whose answer is known."""

import pytest
import torch

from colorlib import images
from colorlib.classic.levin import affinities, color_by_dots, levin, spread
from colorlib.classic.retrieval import ByExample
from colorlib.classic.scribbles import draw, read_scribbles
from colorlib.classic.welsh import jittered, match_luminance, transfer, welsh
from colorlib.color import lab_to_rgb, rgb_to_lab
from colorlib.notebook.scribble import over

# Colors that sRGB has at every lightness below.
RED, GREEN = torch.tensor([40.0, 20.0]), torch.tensor([-30.0, 30.0])


def two_regions(dark=30.0, light=70.0, height=64, width=96):
    """Lab: the left half dark and red, the right half light and green."""
    left = torch.arange(width) < width // 2
    ab = torch.where(left, RED[:, None], GREEN[:, None])
    lab = torch.cat([torch.where(left, dark, light)[None], ab])
    return lab[:, None].expand(3, height, width).contiguous()


def away_from_the_edge(picture, by):
    middle = picture.shape[-1] // 2
    return torch.cat([picture[..., : middle - by], picture[..., middle + by :]], dim=-1)


# --- Welsh ---


def test_match_luminance_gives_the_targets_mean_and_spread():
    rng = torch.Generator().manual_seed(0)
    reference, target = 20 * torch.rand(1, 9, 7, generator=rng), 40 + 60 * torch.rand(
        1, 5, 6, generator=rng)
    matched = match_luminance(reference, target)
    assert matched.shape == reference.shape
    torch.testing.assert_close(matched.mean(), target.mean())
    torch.testing.assert_close(matched.std(correction=0), target.std(correction=0))
    order = reference.flatten().argsort()
    assert (matched.flatten()[order].diff() >= 0).all()


def test_match_luminance_of_a_flat_reference_is_its_mean_alone():
    matched = match_luminance(torch.full((1, 4, 4), 90.0), torch.tensor([10.0, 30.0]))
    torch.testing.assert_close(matched, torch.full((1, 4, 4), 20.0))


@pytest.mark.parametrize("height, width, count", [(100, 150, 200), (3, 400, 200), (1, 1, 200)])
def test_jittered_samples_lie_one_in_each_cell(height, width, count):
    picks = jittered(height, width, count, torch.Generator().manual_seed(0))
    assert (picks >= 0).all() and (picks < torch.tensor([height, width])).all()
    rows = min(height, max(1, round((count * height / width) ** 0.5)))
    columns = min(width, max(1, round(count / rows)))
    assert len(picks) == rows * columns
    assert len(picks) <= 1.3 * count
    if height * width > count:  # every part of the picture has its share
        half = (picks[:, 1] < width / 2).float().mean()
        assert abs(half - 0.5) < 0.05


def test_transfer_colors_two_regions_exactly_away_from_the_edge():
    """Also where the reference is darker and has less contrast: L is matched first."""
    target = two_regions()
    reference = two_regions(dark=10.0, light=25.0, height=40, width=60)
    ab = transfer(target[:1], reference)
    error = (ab - target[1:]).norm(dim=0)
    assert away_from_the_edge(error, by=3).max() < 1


def test_transfer_depends_on_the_seed_and_on_nothing_else():
    photo, reference = images.sample("cat").reduce(4), images.sample("coffee").reduce(4)
    one, again, other = (images.as_rgb(welsh(photo, reference, seed=s)) for s in (0, 0, 1))
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_texture_decides_where_luminance_does_not():
    """The same lightness on both sides, from 35 to 65: here as a smooth ramp, there as noise."""
    rng = torch.Generator().manual_seed(0)
    target = two_regions()
    target[0] = torch.linspace(35, 65, 64)[:, None]
    target[0, :, 48:] = target[0, :, 48:][torch.randperm(64, generator=rng)]
    target[0, :, 48:] += 8 * torch.randn(64, 48, generator=rng)

    def share_right(window):
        ab = transfer(target[:1], target, window=window)
        return away_from_the_edge(((ab - target[1:]).norm(dim=0) < 1).float(), by=6).mean()

    assert share_right(window=7) > 0.95
    assert share_right(window=1) < 0.85  # in a window of one pixel there is no texture


def test_swatches_decide_where_the_global_transfer_goes_wrong():
    """The reference is dark where the photo is light, so that L alone exchanges the colors."""
    target = two_regions(45.0, 65.0)
    reference = two_regions(65.0, 45.0)
    photo, example = lab_to_rgb(target), lab_to_rgb(reference)
    boxes = (5, 5, 25, 55), (60, 5, 90, 55)
    by_l, by_swatches = [(rgb_to_lab(made) - target)[1:].norm(dim=0) for made in (
        welsh(photo, example), welsh(photo, example, [(box, box) for box in boxes]))]
    assert away_from_the_edge(by_l, by=6).min() > 50
    assert away_from_the_edge(by_swatches, by=6).max() < 1


@pytest.mark.parametrize("box", [(0, 0, 500, 10), (10, 10, 10, 20), (-1, 0, 5, 5)])
def test_a_swatch_outside_its_photo_is_named(box):
    photo = images.sample("cat").reduce(4)
    with pytest.raises(ValueError, match="photo's 113 x 75"):
        welsh(photo, photo, [(box, (0, 0, 5, 5))])
    with pytest.raises(ValueError, match="reference's 113 x 75"):
        welsh(photo, photo, [((0, 0, 5, 5), box)])


def test_large_photos_are_colored_small_and_keep_their_lightness():
    photo = images.sample("china")
    made = welsh(photo.convert("L"), photo, [((0, 0, 300, 60), (0, 0, 300, 60))], size=64)
    assert made.size == photo.size
    before, after = (rgb_to_lab(images.as_rgb(p)) for p in (photo.convert("L"), made))
    assert (before - after)[0].abs().max() < 1


# --- the nearest neighbor ---


def test_by_example_finds_the_same_photo_changed_and_mirrored():
    photos = [images.sample(name).reduce(4) for name in images.samples()]
    chooser = ByExample([None, *photos])
    for number, photo in enumerate(photos, 1):
        paler = photo.convert("L").point(lambda v: 100 + v // 3)
        mirrored = paler.transpose(0).resize((50, 70))
        assert chooser.nearest(paler)[0] == chooser.nearest(mirrored)[0] == number
    assert sorted(chooser.nearest(photos[0], count=99)) == list(range(1, len(photos) + 1))


def test_by_example_transfers_from_what_it_chose():
    photos = [images.sample(name).reduce(4) for name in ("coffee", "flower")]
    made = ByExample(photos)(photos[1].convert("L"), samples=50)
    expected = welsh(photos[1].convert("L"), photos[1], samples=50)
    assert made.tobytes() == expected.tobytes()


def test_by_example_needs_a_photo():
    with pytest.raises(ValueError, match="no photos"):
        ByExample([None])


# --- Levin ---


def strokes(lab):
    """One scribble in each region, in its color."""
    known = torch.zeros(lab.shape[-2:], dtype=torch.bool)
    known[10:54, 20:24] = known[10:54, 70:74] = True
    return lab[1:] * known, known


def test_affinities_are_shares_of_the_neighbors_inside():
    weights = affinities(torch.rand(1, 5, 6, generator=torch.Generator().manual_seed(0)) * 100)
    torch.testing.assert_close(weights.sum(0), torch.ones(5, 6, dtype=torch.float64))
    assert (weights[4] == 0).all() and (weights >= 0).all()
    assert (weights[:3, 0] == 0).all() and (weights[[2, 5, 8], :, -1] == 0).all()
    flat = affinities(torch.full((1, 5, 6), 40.0))
    torch.testing.assert_close(flat[:4, 2, 2], torch.full((4,), 1 / 8, dtype=torch.float64))


def test_two_scribbles_color_two_regions_exactly_away_from_the_edge():
    lab = two_regions()
    ab = spread(lab[:1], *strokes(lab))
    error = (ab - lab[1:]).norm(dim=0)
    assert away_from_the_edge(error, by=10).max() < 1
    assert error.max() < 2  # even at the edge, of the 71 that the two colors are apart
    assert error[strokes(lab)[1]].max() == 0


def test_without_an_edge_the_color_changes_evenly():
    """Flat L, a scribble at each end of a strip: the solution is the straight line between."""
    ab, known = torch.zeros(2, 1, 11), torch.zeros(1, 11, dtype=torch.bool)
    known[0, [0, 10]] = True
    ab[:, 0, 0], ab[:, 0, 10] = RED, GREEN
    expected = torch.lerp(RED[:, None], GREEN[:, None], torch.linspace(0, 1, 11))
    torch.testing.assert_close(spread(torch.full((1, 1, 11), 50.0), ab, known)[:, 0], expected,
                               atol=1e-3, rtol=0)


def test_each_free_pixel_is_the_mean_of_its_neighbors():
    rng = torch.Generator().manual_seed(0)
    lightness, ab = 100 * torch.rand(1, 12, 9, generator=rng), torch.randn(2, 12, 9, generator=rng)
    known = torch.rand(12, 9, generator=rng) < 0.1
    solved = spread(lightness, ab, known)
    around = torch.nn.functional.unfold(torch.nn.functional.pad(solved[:, None], [1] * 4), 3)
    mean = (affinities(lightness).flatten(1) * around).sum(1).view(2, 12, 9)
    torch.testing.assert_close(mean[:, ~known], solved[:, ~known].double(), atol=1e-4, rtol=0)
    assert torch.equal(solved[:, known], ab[:, known])


def test_colors_stay_within_those_of_the_scribbles():
    photo = images.sample("raccoon").reduce(4)
    lightness = rgb_to_lab(images.as_rgb(photo))[:1]
    ab, known = torch.zeros(2, *lightness.shape[1:]), torch.zeros(lightness.shape[1:]).bool()
    known[5, 5] = known[80, 90] = known[40, 60] = True
    ab[:, 5, 5], ab[:, 80, 90] = RED, GREEN
    solved = spread(lightness, ab, known)
    for channel, given in zip(solved, ab[:, known], strict=True):
        assert channel.min() >= given.min() - 1e-3 and channel.max() <= given.max() + 1e-3


def test_no_scribbles_and_wrong_sizes_are_named():
    photo = images.sample("cat").reduce(4)
    with pytest.raises(ValueError, match="no scribbles"):
        levin(photo, draw("", photo.size))
    with pytest.raises(ValueError, match="the scribbles have 30 x 20 pixels, the photo 113 x 75"):
        levin(photo, draw("red 1,1 5,5", (30, 20)))


def test_everything_scribbled_comes_back():
    photo = images.sample("flower").reduce(8)
    everywhere = photo.convert("RGBA")
    made = rgb_to_lab(images.as_rgb(levin(photo, everywhere)))
    assert (made - rgb_to_lab(images.as_rgb(photo))).abs().max() < 1


def test_scribbles_on_a_copy_are_those_on_a_transparent_ground():
    gray = images.sample("china").reduce(4).convert("L")
    drawn = draw("#3060c0 5,5 100,10\n#808080 10,70 100,70", gray.size)
    ab, known = read_scribbles(drawn, gray)
    copy_ab, copy_known = read_scribbles(over(gray, drawn), gray)
    assert known.sum() > 250 and (known != copy_known).float().mean() < 0.01
    assert torch.equal(ab[:, known & copy_known], copy_ab[:, known & copy_known])


def test_levin_at_a_smaller_size_keeps_thin_strokes_and_their_color():
    photo = images.sample("admiral")
    strokes_ = draw("#5080c8 336,40 400,120\n#101620 60,450 400,450", photo.size, width=2)
    small, large = (rgb_to_lab(images.as_rgb(levin(photo, strokes_, size))) for size in (128, 512))
    assert (small - large)[1:].norm(dim=0).mean() < 3
    assert (small[2, 60:100, 330:420] < -20).all()  # blue where the blue stroke is


def test_dots_go_where_the_error_is_and_one_a_region_is_enough():
    lab = two_regions()
    errors, ab = color_by_dots(lab, count=2)
    gray = lab[1:].norm(dim=0).mean()
    torch.testing.assert_close(errors[0], gray)
    assert errors[2] < 0.2 * gray
    torch.testing.assert_close(errors[2], (ab - lab[1:]).norm(dim=0).mean())
    assert color_by_dots(lab, count=0)[1].abs().max() == 0
