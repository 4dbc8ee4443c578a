"""The rows of the table from other seeds: which files, and how the seeds are summed up."""

import json
import statistics

import torch
from conftest import ROOT

from colorlib.evaluation.methods import RIVALS, row
from colorlib.evaluation.report import printed_seeds
from colorlib.evaluation.sums import Evaluation
from colorlib.io.assets import results
from colorlib.rebalancing import course_prior
from experiments.seeds import seeded, spread, summary


def test_seed_0_is_what_ships_and_others_have_files_of_their_own(tmp_path):
    assert seeded("full", 0, tmp_path) is row("full")
    again = seeded("full", 2, tmp_path)
    assert again.recipe.seed == 2 and again.recipe.stages == row("full").recipe.stages
    assert again.file != row("full").file and again.file != seeded("full", 1, tmp_path).file
    assert seeded("gray", 2, tmp_path) is row("gray")


def test_one_seed_has_no_deviation():
    assert spread({0: 2.0}) == {"seeds": {"0": 2.0}, "mean": 2.0, "std": None}
    found = spread({0: 2.0, 1: 4.0, 5: 9.0})
    assert found["mean"] == 5 and found["std"] == statistics.stdev([2, 4, 9])


def evaluation(strength: float) -> Evaluation:
    """Eight pictures whose colors are so much of the truth's."""
    random = torch.Generator().manual_seed(0)
    found = Evaluation(course_prior(), draws=20)
    for _ in range(8):
        truth = torch.rand(3, 16, 16, generator=random) * 0.2 + 0.4
        found.add(truth.mean(0) + strength * (truth - truth.mean(0)), truth, float(strength > 0))
    return found


def test_a_claim_is_checked_seed_by_seed_where_both_rows_have_it():
    gray, truth = evaluation(0.0), evaluation(1.0)
    found = {"gray": dict.fromkeys((0, 1, 2), gray), "truth": dict.fromkeys((0, 1, 2), truth),
             "full": {0: evaluation(0.9), 1: evaluation(0.5), 2: evaluation(-2.0)},
             "classification": {0: evaluation(0.4)}}
    told = summary(found)
    assert list(told["rows"]) == ["full", "classification"]
    claims = {claim["claim"]: claim for claim in told["claims"]}
    first = claims["full beats gray on rebalanced AuC"]
    assert list(first["seeds"]) == ["0", "1", "2"]
    assert first["says"]["0"] == "holds" and first["says"]["2"] == "fails"
    assert first["mean"] == statistics.mean(first["seeds"].values())
    colors = claims["full is more colorful than classification"]
    assert list(colors["says"]) == ["0"] and colors["says"]["0"] == "holds"
    assert "L2 is less colorful than the truth" not in claims  # the row was not trained


def test_what_all_seeds_say_is_printed_once():
    claims = [{"claim": "A beats B", "of": "a", "seeds": {"0": 1.0, "1": 0.5},
               "says": {"0": "holds", "1": "holds"}},
              {"claim": "A beats C", "of": "a", "seeds": {"0": 1.0, "1": -0.126},
               "says": {"0": "holds", "1": "open"}},
              {"claim": "B beats C", "of": "b", "seeds": {"0": 1.0}, "says": {"0": "holds"}}]
    first, second = printed_seeds({"claims": claims}, ["a"]).splitlines()
    assert first == "holds  A beats B: +1.00, +0.50"
    assert second == "mixed  A beats C: +1.00 holds, -0.13 open"


def test_what_the_notebook_reads_begins_with_the_tables_own_weights():
    measured, table = results("table/seeds"), results("table/table")
    assert measured == json.loads((ROOT / "results" / "seeds.json").read_text(encoding="utf-8"))
    for name, figures in measured["rows"].items():
        for figure, found in figures.items():
            assert found["seeds"]["0"] == table["rows"][name][figure], (name, figure)
    said = {claim["claim"]: claim["says"] for claim in table["claims"]}
    for claim in measured["claims"]:
        assert claim["says"]["0"] == said[claim["claim"]]


def test_what_chapter_10_concludes_from_the_seeds():
    rivals, measured = {rival.name for rival in RIVALS}, results("table/seeds")
    says = {claim["claim"]: set(claim["says"].values()) for claim in measured["claims"]
            if claim["of"] in rivals}
    assert says["Dahl beats the narrow L2 on AuC"] == {"fails"}  # sentence 1
    assert says["Larsson beats L2 on rebalanced AuC"] != {"holds"}  # sentence 3
    changed = [claim for claim, said in says.items() if len(said) > 1]  # sentence 4
    assert changed and all("L2" in claim for claim in changed)
    spread = {name: max(seeds) - min(seeds) for name, row in measured["rows"].items()
              for seeds in [row["auc_rebalanced"]["seeds"].values()]}
    assert round(spread["l2"], 1) == 1.3
    assert max(spread[name] for name in rivals & spread.keys()) < 0.25
