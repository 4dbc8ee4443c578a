"""``python -m benchmarks [NAME ...]``: print the table, and write it to results/bench.json."""

import argparse
import importlib
import json
import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import torch

from colorlib.files import write_text

from .measure import Row

NAMES = ["lab", "encoding", "decoding", "prior", "training", "memory", "colorize", "importing"]
ROOT = Path(__file__).parents[1]


def show(row: Row) -> None:
    processor = f"{row.cpu_ratio:9.2f}" if row.cpu_ratio else f"{'-':>9}"
    target = f"{row.target:7.2f}" if row.target else f"{'-':>7}"
    print(f"{row.task:47} {row.ours:9.2f} {row.reference:9.2f} {row.unit:8} {row.ratio:7.2f} "
          f"{processor} {target}  {row.against}", flush=True)


def main(argv=None) -> int:
    """Run the benchmarks; a slow machine is no error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--threads", type=int, default=1, help="of torch; default: %(default)s")
    parser.add_argument("--tiny", action="store_true", help="to see that it runs, no more")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "results" / "bench.json")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no benchmark named {sorted(unknown)[0]}; there are {', '.join(NAMES)}")
    torch.set_num_threads(arguments.threads)
    print(f"{'task':47} {'ours':>9} {'theirs':>9} {'':8} {'ratio':>7} {'cpu ratio':>9} "
          f"{'target':>7}  against", flush=True)
    rows = []
    for name in arguments.names or NAMES:
        for row in importlib.import_module(f"benchmarks.{name}").run(arguments.tiny):
            show(row)
            rows.append(asdict(row))
    load = [round(x, 1) for x in os.getloadavg()]
    machine = {"processors": os.cpu_count(), "threads": arguments.threads, "load": load,
               "machine": platform.machine(), "python": platform.python_version()}
    packages = {name: version(name) for name in ("colorlib", "torch", "numpy", "scikit-image",
                                                 "scikit-learn")}
    command = " ".join(["python -m benchmarks", *(sys.argv[1:] if argv is None else argv)])
    write_text(json.dumps({"command": command, **machine, "packages": packages, "rows": rows},
                          indent=1) + "\n", arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
