"""The Turing test as a widget: from its first button to a file that counts; and its pictures."""

import re

import pytest
import torch

from colorlib.color import rgb_to_lab
from colorlib.images import samples
from colorlib.notebook.forced_choice import forced_choice
from colorlib.turing import pooling, sessions
from colorlib.turing.pairs import cut_windows, make_pairs


@pytest.fixture(scope="module")
def pairs():
    return make_pairs(methods={"course": 0.38})


def test_pairs_share_their_lightness_and_nothing_else(pairs):
    assert [p.kind for p in pairs] == ["colorized"] * 50 + ["catch"] * 8
    assert len({p.scene for p in pairs[50:]}) == 8
    for pair in pairs:
        real, fake = rgb_to_lab(pair.real), rgb_to_lab(pair.fakes["course"])
        assert real.shape == (3, 256, 256)
        assert (real[0] - fake[0]).abs().max() < 0.5
        assert (real[1:] - fake[1:]).norm(dim=0).mean() > 1
    seen = torch.stack([p.real for p in pairs]).flatten(1)
    assert (torch.cdist(seen, seen) + 1e9 * torch.eye(58)).min() > 10, "two pairs are the same"


def test_windows_are_inside_and_differ():
    photo = torch.arange(3 * 90 * 120).view(3, 90, 120).remainder(256).to(torch.uint8)
    windows = cut_windows(photo, 5, torch.Generator().manual_seed(0))
    assert all(w.shape == (3, 256, 256) and 0 <= w.min() <= w.max() <= 1 for w in windows)


def test_a_folder_of_gray_or_broken_files_gives_no_pairs(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "cat.jpg").write_bytes(samples()["cat"].read_bytes())
    with pytest.raises(ValueError, match="at least two photographs in color"):
        make_pairs(tmp_path)


def play(test, choose):
    """Click through a whole test; `choose` says which side to call fake."""
    test.widget()
    assert test.start.disabled
    test.vision.value = "typical"
    test.start.click()
    flashed = []
    while test.path is None:
        trial = test.due[len(test.session.trials)]
        flashed.append(re.findall(r'alt="(\w+) picture"', test.view.value))
        assert trial.real not in test.view.value.split("<img")[0].replace("first picture", "")
        test.buttons[choose(trial)].click()
        if test.next in test.box.children:
            assert ("Right" in test.view.value) != ("No:" in test.view.value)
            test.next.click()
    return flashed


def test_whole_test_by_its_buttons(pairs, tmp_path):
    test = forced_choice(pairs, seed=5, folder=tmp_path, group="class 3, <b>")
    flashed = play(test, lambda t: "second" if t.real == "first" else "first")
    assert flashed == [["first", "second"]] * 50
    assert "labeled 0 of 36" in test.view.value and "4 of 4 catch" in test.view.value
    pooled = pooling.pool(tmp_path)
    assert pooled.sessions == [test.session] and pooled.answers().rate == 0
    assert pooled.sessions[0].vision == "typical" and pooled.sessions[0].group == "class 3 b"


def test_real_picture_is_where_the_plan_says(pairs):
    test = forced_choice(pairs, seed=5)
    test.widget()
    test._begin()
    from colorlib.notebook.figures import data_uri
    from colorlib.turing.pairs import picture

    trial = test.due[0]
    real = data_uri(picture(test.pairs["colorized"][trial.pair].real), 92)
    first, second = re.findall(r'<img src="([^"]+)"', test.view.value)
    assert (first if trial.real == "first" else second) == real and first != second


def test_a_shortened_sitting_is_not_pooled(pairs, tmp_path):
    test = forced_choice(pairs, folder=tmp_path, practice=1, test=3, catch=1)
    play(test, lambda t: "first")
    assert "shortened: 4 of 50" in pooling.pool(tmp_path).left_out[0][1]


def test_too_few_pairs_are_refused(pairs):
    with pytest.raises(ValueError, match="too few"):
        forced_choice(pairs[:20])


def test_answers_once_given_are_files_of_the_common_form(pairs, tmp_path):
    test = forced_choice(pairs, seed=1, folder=tmp_path)
    play(test, lambda t: t.real)
    assert sessions.read(test.path) == test.session
    assert "failed 4 catch" in repr(pooling.pool(tmp_path))
