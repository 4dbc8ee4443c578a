"""``python -m benchmarks [NAME ...]``: print the table, and write it to results/bench.json.

With names, the file's other rows stay; each row says which command measured it, and how busy the
machine was.
"""

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

from colorlib import __version__
from colorlib.io.files import write_text

from .machine import multiplications, powers, traffic
from .measure import Row

NAMES = ["lab", "encoding", "decoding", "colorize", "prior", "training", "processes", "album",
         "memory", "growth", "importing"]
ROOT = Path(__file__).parents[1]


def show(row: Row) -> None:
    processor = f"{row.cpu_ratio:9.2f}" if row.cpu_ratio else f"{'-':>9}"
    target = f"{row.target:7.2f}" if row.target else f"{'-':>7}"
    far = f"{(row.ours_cpu or row.ours) / row.bound:8.2f}" if row.bound else f"{'-':>8}"
    by = f" (bound: {row.bound_by})" if row.bound else ""
    print(f"{row.task:50} {row.ours:9.2f} {row.reference:9.2f} {row.unit:8} {row.ratio:7.2f} "
          f"{processor} {target} {far}  {row.against}{by}", flush=True)


def processor() -> str:
    """The processor's name, where Linux tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


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
    print(f"{'task':50} {'ours':>9} {'theirs':>9} {'':8} {'ratio':>7} {'cpu ratio':>9} "
          f"{'target':>7} {'x bound':>8}  against", flush=True)
    flags = ["--tiny"] * arguments.tiny + ["--threads", str(arguments.threads)]
    command = " ".join(["python -m benchmarks", *arguments.names, *flags])
    rows = []
    for name in arguments.names or NAMES:
        for row in importlib.import_module(f"benchmarks.{name}").run(arguments.tiny):
            show(row)
            rows.append({**asdict(row), "load": round(os.getloadavg()[0], 1), "command": command})
    rates = {"multiply-adds a second": multiplications(), "bytes copied a second": traffic(),
             "powers a second": powers()}
    machine = {"processors": os.cpu_count(), "processor": processor(), "threads": arguments.threads,
               "rates": rates,
               "machine": platform.machine(), "python": platform.python_version()}
    packages = {"colorlib": __version__} | {
        name: version(name) for name in ("torch", "numpy", "scikit-image", "scikit-learn")}
    if arguments.names and arguments.output.exists():
        before = json.loads(arguments.output.read_text())["rows"]
        now = {(row["task"], row["against"]) for row in rows}
        rows += [row for row in before if (row["task"], row["against"]) not in now]
    write_text(json.dumps({"command": command, **machine, "packages": packages, "rows": rows},
                          indent=1) + "\n", arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
