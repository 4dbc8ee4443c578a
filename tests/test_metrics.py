"""Metrics on cases with known answers."""

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from colorlib.color import lab_to_rgb, rgb_to_lab
from colorlib.evaluation.intervals import percentile, studentized
from colorlib.evaluation.sums import SUMS, Evaluation
from colorlib.metrics import ab_error, auc, colorfulness, psnr, ssim
from colorlib.rebalancing import course_prior


def test_auc_is_the_area_under_the_curve():
    torch.manual_seed(0)
    error = torch.rand(5000) * 200
    thresholds = torch.linspace(0, 150, 15001)
    curve = (error[:, None] <= thresholds).float().mean(0)
    assert auc(error) == pytest.approx(torch.trapezoid(curve, thresholds).item() / 150, abs=1e-4)


def test_auc_by_hand():
    assert auc(torch.zeros(4)) == 1
    assert auc(torch.full((4,), 150.0)) == 0
    assert auc(torch.tensor([0.0, 150.0]), torch.tensor([3.0, 1.0])) == 0.75


def test_auc_agrees_with_the_papers_thresholds():
    """The paper averages over the thresholds 0, 1, ..., 150: a sum for our integral."""
    torch.manual_seed(0)
    error = 40 * torch.rand(20_000)
    thresholds = torch.arange(151.0)
    sums = (error[:, None] <= thresholds).double().mean(0)
    assert auc(error) == pytest.approx(torch.trapezoid(sums, thresholds).item() / 150, abs=1e-4)


@pytest.fixture
def pairs():
    torch.manual_seed(0)
    return [(torch.rand(3, 16 + i, 20), torch.rand(3, 16 + i, 20)) for i in range(40)]


def test_evaluation_streams_the_same_as_all_at_once(pairs):
    prior, own = course_prior(), torch.ones(313) / 313
    evaluation = Evaluation(prior, own)
    for colorized, truth in pairs:
        evaluation.add(colorized, truth, right=1.0)
    errors = torch.cat([ab_error(rgb_to_lab(a), rgb_to_lab(b)).flatten() for a, b in pairs])
    bins = torch.cat([evaluation.gamut.nearest(rgb_to_lab(b)[1:]).flatten() for _, b in pairs])
    figures = evaluation.figures()
    assert figures["auc"] == pytest.approx(100 * auc(errors), abs=1e-3)
    weights = 1 / prior.clamp(min=prior[prior > 0].min())[bins]
    assert figures["auc_rebalanced"] == pytest.approx(100 * auc(errors, weights), abs=1e-3)
    assert figures["auc_rebalanced_own"] == pytest.approx(figures["auc"])
    assert figures["top1"] == 100 and evaluation.photos == len(pairs)
    mean = sum(psnr(a, b) for a, b in pairs) / len(pairs)
    assert figures["psnr"] == pytest.approx(mean)


def test_intervals_are_those_of_the_plain_bootstrap(pairs):
    evaluation = Evaluation(course_prior(), draws=4000)
    rows = torch.stack([evaluation.measure(*pair) for pair in pairs])
    for row in rows:
        evaluation.count(row)
    picks = torch.randint(len(rows), (4000, len(rows)), generator=torch.Generator().manual_seed(1))
    sums = rows[picks].sum(1)
    score, pixels = SUMS.index("score"), SUMS.index("pixels")
    plain = (100 * sums[:, score] / sums[:, pixels]).quantile(torch.tensor([0.025, 0.975]).double())
    low, high = evaluation.figures()["auc_interval"]
    plain = plain.tolist()
    width = plain[1] - plain[0]
    assert low == pytest.approx(plain[0], abs=0.1 * width)
    assert high == pytest.approx(plain[1], abs=0.1 * width)


def test_a_difference_is_of_the_same_photographs(pairs):
    """Two methods that differ by the same on each photo differ by a certain amount."""
    one, other = (Evaluation(course_prior(), draws=300) for _ in range(2))
    score = SUMS.index("score")
    for pair in pairs:
        row = one.measure(*pair)
        one.count(row)
        less = row.clone()
        less[score] -= 0.01 * row[SUMS.index("pixels")]
        other.count(less)
    both = one.difference(other)
    low, high = both["auc_interval"]
    assert low == pytest.approx(1) and high == pytest.approx(1) and both["auc"] == pytest.approx(1)
    low, high = one.figures()["auc_interval"]
    assert high - low > 0.1


def test_rebalanced_auc_has_the_studentized_interval(pairs):
    """At 99%, of the figure and of a difference; all else has the percentiles at 95%."""
    one, other = (Evaluation(course_prior(), draws=300) for _ in range(2))
    for a, b in pairs:
        one.add(a, b)
        other.add(b.flip(2), b)
    rows, less = (torch.stack(e.rows).numpy().T for e in (one, other))
    weighted, weight = SUMS.index("weighted"), SUMS.index("weight")
    assert (rows[weight] == less[weight]).all()
    for found, part in ((one.figures(), rows[weighted]),
                        (one.difference(other), rows[weighted] - less[weighted])):
        expected = studentized(100 * part, rows[weight], 300, level=0.99)
        assert found["auc_rebalanced_interval"] == pytest.approx(expected)
        assert expected[0] < found["auc_rebalanced"] < expected[1]
    whole = SUMS.index("pixels")
    assert one.figures()["auc_interval"] == pytest.approx(
        percentile(100 * rows[SUMS.index("score")], rows[whole], 300, level=0.95))


def test_a_single_photo_has_intervals_without_width(pairs):
    evaluation = Evaluation(course_prior(), draws=40)
    evaluation.add(*pairs[0])
    figures = evaluation.figures()
    for name in ("auc", "auc_rebalanced"):
        low, high = figures[f"{name}_interval"]
        assert low == pytest.approx(high) == pytest.approx(figures[name])


def test_columns_that_nothing_was_given_for_are_left_out(pairs):
    evaluation = Evaluation(course_prior(), draws=10)
    evaluation.add(*pairs[0])
    assert "top1" not in evaluation.figures() and "auc_rebalanced_own" not in evaluation.figures()


def test_gray_has_no_chroma_and_truth_has_all():
    photo = torch.rand(3, 16, 16)
    gray = rgb_to_lab(photo)
    gray[1:] = 0
    evaluation = Evaluation(course_prior())
    evaluation.add(lab_to_rgb(gray), photo)
    assert evaluation.figures()["chroma_share"] < 0.01
    evaluation = Evaluation(course_prior())
    evaluation.add(photo, photo)
    assert evaluation.figures()["chroma_share"] == pytest.approx(1)


def test_psnr_and_ssim_are_scikit_images():
    torch.manual_seed(0)
    truth = torch.rand(3, 40, 50)
    other = (truth + 0.1 * torch.randn_like(truth)).clamp(0, 1)
    a, b = (x.permute(1, 2, 0).double().numpy() for x in (other, truth))
    assert psnr(other, truth) == pytest.approx(peak_signal_noise_ratio(b, a, data_range=1))
    # scikit-image pads before it cuts the border off; the inside is the same.
    expected = structural_similarity(b, a, channel_axis=2, data_range=1, gaussian_weights=True,
                                     sigma=1.5, use_sample_covariance=False)
    assert ssim(other, truth) == pytest.approx(expected, abs=1e-6)
    assert ssim(truth, truth) == pytest.approx(1)
    with pytest.raises(ValueError, match="11 x 11"):
        ssim(truth[:, :10], truth[:, :10])


def test_colorfulness_by_hand():
    assert colorfulness(torch.full((3, 4, 4), 0.3)) == 0
    # One color: no spread, and the means are rg = 255, yb = 127.5.
    red = torch.zeros(3, 2, 2)
    red[0] = 1
    assert colorfulness(red) == pytest.approx(0.3 * (255**2 + 127.5**2) ** 0.5)
    # Half red, half green: rg is 255 and -255, yb is 127.5 throughout.
    red[0, :, 1], red[1, :, 1] = 0, 1
    assert colorfulness(red) == pytest.approx(255 + 0.3 * 127.5)


def test_two_formulas_have_the_name_of_colorfulness():
    """Red beside green is far apart by the signed formula, and the same by the absolute one."""
    photo = torch.zeros(3, 4, 4)
    photo[0, :, :2] = photo[1, :, 2:] = 100 / 255
    spread, mean = 100.0, 50.0  # R - G is +-100; (R + G) / 2 - B is 50 everywhere
    assert colorfulness(photo) == pytest.approx(spread + 0.3 * mean)
    mean = (100**2 + 50**2) ** 0.5
    assert colorfulness(photo, "absolute") == pytest.approx(0.3 * mean)
    with pytest.raises(ValueError, match="formula must be"):
        colorfulness(photo, "other")
