"""The numbers of the Turing test: planted rates come back, and bad files are named."""

import json
import time

import numpy as np
import pytest

from colorlib.turing import plan, pooling, sessions, simulation, statistics
from colorlib.turing.pooling import pool
from colorlib.turing.simulation import simulate, simulate_sessions
from colorlib.turing.statistics import Answers, labeled_real


def test_rate_of_known_answers():
    answers = Answers(np.array([[1, 0], [2, 1]]), np.array([[2, 2], [2, 2]]))
    assert answers.rate == 0.5
    for over in ("raters", "pictures", "both", "pairs"):
        found = labeled_real(answers, over)
        assert found.value == 0.5 and found.low <= 0.5 <= found.high
    with pytest.raises(ValueError, match="over must be"):
        labeled_real(answers, "photos")
    with pytest.raises(ValueError, match="not a single answer"):
        Answers(np.zeros((2, 2)), np.zeros((2, 2)))


def test_bootstrap_error_is_that_of_the_formula():
    """Of a mean over raters with equal numbers of pairs, it is known without drawing."""
    answers = simulate(0.3, raters=50, rater_sd=0.6, seed=1)
    formula = (answers.fooled.mean(1)).std() / np.sqrt(50)
    assert labeled_real(answers, draws=20_000).se == pytest.approx(formula, rel=0.03)
    binomial = np.sqrt(answers.rate * (1 - answers.rate) / answers.shown.sum())
    assert labeled_real(answers, "pairs", 20_000).se == pytest.approx(binomial, rel=0.03)


@pytest.mark.parametrize("sds", [(0, 0), (0.7, 0), (0.4, 0.8)])
def test_simulated_rate_is_the_planted_one(sds):
    drawn = [simulate(0.32, 40, 36, *sds, seed=i).rate for i in range(400)]
    assert np.mean(drawn) == pytest.approx(0.32, abs=4 * np.std(drawn) / 20)


def test_intervals_cover_the_planted_rate_as_often_as_they_say():
    """95%, within what 600 classes allow (two standard errors of the share are 1.8 points)."""
    raters_differ = dict(classes=600, raters=40, pictures=36, rater_sd=0.6)
    assert simulation.coverage(0.32, "raters", **raters_differ) == pytest.approx(0.95, abs=0.03)
    again = simulation.coverage(0.25, "raters", seed=1, **raters_differ)
    assert again == pytest.approx(0.95, abs=0.03)


def test_intervals_that_ignore_raters_or_pictures_are_too_narrow():
    assert simulation.coverage(0.32, "pairs", classes=300, rater_sd=0.6) < 0.75
    assert simulation.coverage(0.32, "pairs", classes=300) == pytest.approx(0.95, abs=0.035)
    both = dict(classes=300, rater_sd=0.4, picture_sd=0.6)
    assert simulation.coverage(0.32, "raters", **both) < 0.8
    assert 0.93 <= simulation.coverage(0.32, "both", **both) <= 0.99


def test_power_is_the_error_rate_where_nothing_differs_and_grows_with_raters():
    few = dict(rater_sd=0.5, classes=2000)
    assert simulation.power(0.3, 0.3, 40, **few) == pytest.approx(0.05, abs=0.02)
    powers = [simulation.power(0.25, 0.32, n, **few) for n in (20, 80, 200)]
    assert powers == sorted(powers) and powers[0] < 0.5 < 0.95 < powers[-1]
    # More pairs can't make up for few raters.
    assert simulation.power(0.25, 0.32, 20, pairs=2000, **few) < 0.6
    with pytest.raises(ValueError, match="at least 2"):
        simulation.power(0.25, 0.32, 1)


def test_power_agrees_with_the_bootstrap_of_simulated_classes():
    rng, found = np.random.default_rng(0), 0
    for i in range(200):
        one, other = (simulate(rate, 40, 36, 0.5, seed=rng) for rate in (0.32, 0.2))
        interval = statistics.difference(one, other, draws=500, seed=i)
        found += interval.low > 0 or interval.high < 0
    assert found / 200 == pytest.approx(simulation.power(0.32, 0.2, 40, 36, 0.5), abs=0.1)


def test_spread_of_raters_is_found_from_a_published_error():
    sd = simulation.rater_sd_of(0.027, 0.25, 40, 36)
    errors = [labeled_real(simulate(0.25, 40, 36, sd, seed=i), draws=300).se for i in range(100)]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(0.027, rel=0.06)
    assert simulation.rater_sd_of(0.001, 0.25, 40, 36) == 0


def test_one_method_judged_by_both_pictures_drawn_alike():
    """The pictures are the same for both methods: what they share drops out of the difference."""
    rng = np.random.default_rng(0)
    easy = rng.random((1, 36))
    one, other = (Answers((rng.random((300, 36)) < easy * k).astype(int), np.ones((300, 36), int))
                  for k in (1.0, 0.9))
    paired = statistics.difference(one, other, "pictures").se
    assert paired < 0.5 * np.hypot(labeled_real(one, "pictures").se,
                                   labeled_real(other, "pictures").se)


# --- files ---


@pytest.fixture
def folder(tmp_path):
    for i, session in enumerate(simulate_sessions(6, catch_rate=0.0)):
        sessions.write(session, tmp_path, "csv" if i % 2 else "json")
    return tmp_path


def files(folder, kind):
    return sorted(folder.glob(f"*.{kind}"))


def test_files_come_back_as_they_were(tmp_path):
    for session in simulate_sessions(3, seed=4):
        for kind in ("csv", "json"):
            again = sessions.read(sessions.write(session, tmp_path, kind))
            assert again == session and again.checksum() == session.checksum()


def test_bad_files_are_named_and_left_out(folder):
    (one, two, three), (four, *_) = files(folder, "json"), files(folder, "csv")
    (folder / "zz copy.json").write_text(one.read_text())
    two.write_text(two.read_text()[:3000])
    three.write_text(three.read_text().replace('"fake_is": "first"', '"fake_is": "second"', 1))
    four.write_text("".join(four.read_text().splitlines(keepends=True)[:-5]))
    (folder / "notes.json").write_text('{"hello": 1}')
    (folder / "picture.csv").write_bytes(bytes(range(200, 256)))
    pooled = pool(folder)
    assert len(pooled.sessions) == 3
    reasons = dict(pooled.left_out)
    assert reasons["zz copy.json"] == f"the same as {one.name}"
    assert reasons[two.name].startswith("truncated")
    assert reasons[three.name].startswith("tampered")
    assert reasons[four.name].startswith("truncated")
    assert reasons["notes.json"].startswith("not a result")
    assert reasons["picture.csv"].startswith("not a readable")
    assert len(reasons) == 6 and all(name in repr(pooled) for name in reasons)


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_every_change_of_one_character_is_found(tmp_path, kind):
    """Wherever a digit or letter of the file is changed, it is left out, and nothing crashes."""
    path = sessions.write(simulate_sessions(1)[0], tmp_path, kind)
    text, rng = path.read_text(), np.random.default_rng(0)
    places = [i for i, c in enumerate(text) if c.isalnum()]
    for i in rng.choice(places, 150, replace=False):
        path.write_text(text[:i] + ("7" if text[i] != "7" else "8") + text[i + 1 :])
        assert len(pool(tmp_path).left_out) == 1, (i, text[i - 20 : i + 20])


def test_answers_changed_with_a_fresh_checksum_must_still_follow_the_seed(tmp_path):
    session = simulate_sessions(1)[0]
    session.trials[20].real = "second" if session.trials[20].real == "first" else "first"
    path = sessions.write(session, tmp_path)
    with pytest.raises(sessions.SessionError, match="not what its seed gives"):
        sessions.read(path)


def test_raters_are_left_out_by_the_rules(tmp_path):
    good, second, careless, other, hasty = simulate_sessions(5, catch_rate=0.0)
    second.rater, second.started, good.started = good.rater, "2026-03-02", "2026-03-01"
    for trial in [t for t in careless.trials if t.kind == "catch"][:2]:
        trial.fake_is = trial.real
    other.vision = "different"
    for trial in hasty.trials[:30]:
        trial.first_ms = 1400.0
    for session in (good, second, careless, other, hasty):
        sessions.write(session, tmp_path)
    pooled = pool(tmp_path)
    assert pooled.sessions == [good] and pooled.other_vision == [other]
    reasons = " | ".join(reason for _, reason in pooled.left_out)
    assert "a second sitting" in reasons and "failed 2 catch" in reasons
    assert "30 of 50 pairs" in reasons
    assert careless in pool(tmp_path, max_catch_errors=2).sessions


def test_late_trials_practice_and_catch_do_not_count(tmp_path):
    session = simulate_sessions(1, catch_rate=0.0)[0]
    assert pooling.answers_of([session]).shown.sum() == 36
    tested = [t for t in session.trials if (t.phase, t.kind) == ("test", "colorized")]
    tested[0].second_ms = 1070.0
    assert pooling.answers_of([session]).shown.sum() == 35
    assert pooling.answers_of([session], by="pair").shown.max() == 1


def test_pool_wants_a_folder(tmp_path):
    with pytest.raises(ValueError, match="is not a folder"):
        pool(tmp_path / "none")
    assert repr(pool(tmp_path)) == "0 sessions count"


def test_a_class_of_200_is_pooled_within_10_seconds(tmp_path):
    for method, rate in (("course", 0.32), ("mean", 0.25)):
        for session in simulate_sessions(100, rate, method=method, guessers=0.05):
            session.rater = method + session.rater
            sessions.write(session, tmp_path)
    start = time.process_time()
    pooled = pool(tmp_path)
    text = repr(pooled)
    gap = statistics.difference(pooled.answers("course"), pooled.answers("mean"))
    assert time.process_time() - start < 10
    assert len(pooled.sessions) > 150 and "course" in text and "mean" in text
    assert gap.low < gap.value < gap.high


def test_planted_rate_survives_the_way_through_files():
    made = simulate_sessions(150, rate=0.32, picture_sd=0.0, rater_sd=0.4, catch_rate=0.0)
    found = labeled_real(pooling.answers_of(made))
    assert abs(found.value - 0.32) < 3 * found.se


# --- the plan ---


def test_a_plan_has_its_parts_and_never_repeats_a_pair():
    firsts = []
    for seed in range(200):
        trials = plan.plan(seed)
        assert [t.phase for t in trials] == ["practice"] * 10 + ["test"] * 40
        assert sum(t.kind == "catch" for t in trials) == 4
        assert all(t.kind == "colorized" for t in trials[:10])
        assert len({(t.kind, t.pair) for t in trials}) == 50
        firsts.append(np.mean([t.real == "first" for t in trials]))
    assert np.mean(firsts) == pytest.approx(0.5, abs=0.02)
    assert plan.plan(3) == plan.plan(3) != plan.plan(4)


def test_catch_trials_lie_anywhere_in_the_test():
    places = [t.trial for seed in range(300) for t in plan.plan(seed) if t.kind == "catch"]
    assert min(places) == 11 and max(places) == 50
    assert np.mean(places) == pytest.approx(30.5, abs=1.5)


def test_json_is_json(tmp_path):
    content = json.loads(simulate_sessions(1)[0].to_json())
    assert content["format"] == sessions.FORMAT and len(content["trials"]) == 50
