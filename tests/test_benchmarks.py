"""The benchmarks run, at a size that measures nothing; what they compare agrees."""

import importlib
import json
import math

import pytest
from conftest import ROOT

from benchmarks.__main__ import NAMES, main


@pytest.mark.parametrize("name", NAMES)
def test_a_tiny_run(name):
    rows = importlib.import_module(f"benchmarks.{name}").run(tiny=True)
    assert rows
    for row in rows:
        assert all(math.isfinite(x) and x > 0 for x in (row.ours, row.reference, row.ratio))


def test_every_benchmark_is_in_the_table():
    modules = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert modules - {"__init__", "__main__", "machine", "measure", "plain"} == set(NAMES)


def test_table_and_file(tmp_path, capsys):
    assert main(["lab", "--tiny", "-o", str(tmp_path / "bench.json")]) == 0
    told = json.loads((tmp_path / "bench.json").read_text())
    assert "benchmarks lab --tiny" in told["command"] and told["packages"]["torch"]
    assert told["rows"][0]["task"] in capsys.readouterr().out


def test_an_unknown_benchmark_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["nothing"])
    assert "no benchmark named nothing" in capsys.readouterr().err


def test_an_encoding_that_is_off_is_no_result(monkeypatch):
    from benchmarks import encoding, plain

    monkeypatch.setattr(plain, "encode", lambda ab: encoding.AbGamut().dense(
        *encoding.AbGamut(sigma=6).soft_encode(ab[:, None]))[:, 0])
    with pytest.raises(AssertionError, match="differ"):
        encoding.run(tiny=True)
