"""Each number that the first pages state is in the ledger of claims, as it was measured."""

import re
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import claims as ledger

CARD = "book/model_card.md"


@pytest.fixture(scope="module")
def found():
    return ledger.read(ROOT)


@pytest.mark.parametrize("page", ledger.PAGES)
def test_each_number_of_a_page_is_in_the_ledger_as_it_was_measured(page, found):
    claims, names = found
    wrong = ledger.problems((ROOT / page).read_text("utf-8"), claims[page], names)
    assert not wrong, "\n".join([*wrong, "what a page claims stands in book/claims.yml"])


@pytest.mark.parametrize("old, new, said", [
    (r"2,033,211", "2,033,212", ["2,033,212 is not", "does not say '2,033,211"]),
    (r"89\.56 \[", "89.57 [", ["89.57 is not", "does not say '| AuC, %"]),
    (r"\Z", "\nIt is right 9 times of 10.\n", ["9 is not", "10 is not"]),
    (r"\Z", "\nIt gains +3.5.\n", ["+3.5 is not"]),
    (r"\Z", "\n`--photos 9`, [a link](https://example.org/9), chapter 07, in 2016\n", []),
])
def test_a_number_that_is_another_or_new_is_told(old, new, said, found):
    claims, names = found
    text, count = re.subn(old, new, (ROOT / CARD).read_text("utf-8"), count=1)
    assert count == 1
    wrong = "\n".join(ledger.problems(text, claims[CARD], names))
    assert (not wrong) == (not said) and all(part in wrong for part in said), wrong


def test_a_claim_has_its_interval_its_command_and_its_date(found):
    claims, _ = found
    auc = next(c for c in claims[CARD] if c.words.startswith("| AuC"))
    assert [f"[{low}]" for low in re.findall(r"\[(.*?)\]", auc.words)] == auc.intervals
    assert auc.maker == "colorlib table -o results/table.json"
    for claim in (c for page in claims.values() for c in page):
        assert claim.maker, claim.words
        assert re.fullmatch(r"|20\d\d-\d\d-\d\d|read with this build|not known.*|after the last.*",
                            claim.date), claim
    assert any(c.intervals for c in claims["book/model_card_photo.md"])


def test_the_ledger_holds_no_result():
    """Only what this project did not measure has its number in the file."""
    for entry in ledger.yaml.safe_load((ROOT / "book" / "claims.yml").read_text())["claims"]:
        words = re.sub(r"\{.*?\}", "", entry["says"])
        assert "from" in entry or not re.search(r"[2-9]|\d\d", words), entry["says"]


def test_a_date_is_told_only_where_the_history_is_here(tmp_path):
    assert ledger.last_made(tmp_path, "results/table.json").startswith("not known")
