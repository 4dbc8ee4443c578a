"""`make gpu`, as far as a CPU can go: every part runs, and says what it found."""

import json
import math

from experiments.gpu import main


def test_a_tiny_run_on_the_cpu(tmp_path, capsys):
    assert main(["--device", "cpu", "--tiny", "-o", str(tmp_path / "gpu.json")]) == 0
    told = json.loads((tmp_path / "gpu.json").read_text())
    assert told["device"] == "cpu" and "--tiny" in told["command"]
    assert not [name for name, part in told.items() if isinstance(part, dict) and "failed" in part]
    assert all(row["within"] for row in told["parity"].values())
    assert all(row["finite"] for row in told["formats"].values())
    assert all(row["steps"] == 4 and row["largest difference of a weight"] == 0
               for row in told["resume"].values())
    assert all(row["images_per_second"] > 0 for row in told["speeds"])
    assert all(told["loader"][f"cut_per_second_{where}"] > 0
               for where in ("cpu", "device", "share"))
    assert 0 <= told["loader"]["share_of_waiting"] < 1
    assert all(row["ms"] > 0 and row["largest difference of ab"] == 0
               for row in told["coloring"].values())
    assert told["one process"] == {"backend": "gloo", "sum": 1.0}
    assert math.isfinite(told["loader"]["trained_per_second"])
