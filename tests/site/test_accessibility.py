"""The report of what axe-core found, and the table of it."""

import json
import sys

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "book" / "_ext"))
sys.path.append(str(ROOT / "tools"))

import accessibility
import conformance


def run(page, seen="light, 1280 pixels", **rules):
    kinds = dict.fromkeys(("passes", "incomplete", "violations"), {})
    return {"axe": "4.14.1", "page": page, "seen": seen,
            "rules": kinds | {kind: {rule: rule.upper()} for kind, rule in rules.items()}}


@pytest.fixture
def made():
    return accessibility.report([
        run("a.html", passes="alt"), run("a.html", "dark, 1280 pixels", violations="alt"),
        run("b.html", passes="alt"), run("b.html", passes="label"),
        run("c.html", passes="label"), run("c.html", incomplete="label")], "2026-11-02")


def test_a_page_is_kept_only_if_each_run_is(made):
    assert made["pages"] == {"a.html": ["dark, 1280 pixels", "light, 1280 pixels"],
                             "b.html": ["light, 1280 pixels"], "c.html": ["light, 1280 pixels"]}
    assert made["rules"] == {
        "alt": {"text": "ALT", "kept": 1, "undecided": [], "broken": ["a.html"]},
        "label": {"text": "LABEL", "kept": 1, "undecided": ["c.html"], "broken": []}}
    assert accessibility.summary(made) == (
        "axe-core 4.14.1: 3 pages, 2 rules that concern something on them; broken: alt; "
        "not decided everywhere: label")


def test_the_table_says_the_same(made):
    assert conformance.rows(made) == [("ALT (alt)", "1", "0", "1"),
                                      ("LABEL (label)", "1", "1", "0")]
    text = conformance.said(made)
    assert text.startswith("On November 2, 2026, axe-core 4.14.1 looked at 3 pages")
    assert "2 as light, 1280 pixels; 1 as dark, 1280 pixels and light" in text
    assert text.endswith("and 1 of these is broken.")


def test_what_is_published_has_the_pages_of_the_book_and_breaks_no_rule():
    report = json.loads((ROOT / "results" / "accessibility.json").read_text("utf-8"))
    for path in ROOT.glob("notebooks/[0-9]*.ipynb"):
        assert f"notebooks/{path.stem}.html" in report["pages"], "run `make accessibility`"
    assert len(report["rules"]) > 20
    assert not [name for name, rule in report["rules"].items() if rule["broken"]]
