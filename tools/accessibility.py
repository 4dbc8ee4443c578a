"""A report of what axe-core found: `make accessibility`, and at the end of `make test`.

The tests in the browser leave what they found in _build/axe. From it, this makes one file: which
pages, in which themes and widths, and of each rule on how many pages it is kept, is broken, or
can't be decided by a program. A rule that concerns nothing on a page is not counted there.

    python tools/accessibility.py [FILE]    # without one: _build/accessibility.json
"""

import json
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
KINDS = {"passes": "kept", "incomplete": "undecided", "violations": "broken"}


def report(runs: list[dict], day: str) -> dict:
    """All runs in one. A page counts as broken if one of its runs is, then as undecided."""
    pages, rules = {}, {}
    for run in runs:
        pages.setdefault(run["page"], set()).add(run["seen"])
        for kind, word in KINDS.items():
            for rule, text in run["rules"][kind].items():
                told = rules.setdefault(rule, {"text": text, **{k: set() for k in KINDS.values()}})
                told[word].add(run["page"])
    for told in rules.values():
        told["undecided"] -= told["broken"]
        told["kept"] -= told["broken"] | told["undecided"]
    return {
        "command": "make accessibility", "day": day, "axe": runs[0]["axe"],
        "pages": {page: sorted(seen) for page, seen in sorted(pages.items())},
        "rules": {rule: {"text": told["text"], "kept": len(told["kept"]),
                         "undecided": sorted(told["undecided"]), "broken": sorted(told["broken"])}
                  for rule, told in sorted(rules.items())}}


def summary(found: dict) -> str:
    """What a report says, in a line."""
    broken = [rule for rule, told in found["rules"].items() if told["broken"]]
    undecided = [rule for rule, told in found["rules"].items() if told["undecided"]]
    return (f"axe-core {found['axe']}: {len(found['pages'])} pages, "
            f"{len(found['rules'])} rules that concern something on them; "
            f"broken: {', '.join(broken) or 'none'}; "
            f"not decided everywhere: {', '.join(undecided) or 'none'}")


def main(file: str = "_build/accessibility.json") -> None:
    parts = sorted((ROOT / "_build" / "axe").glob("*.json"))
    runs = [run for part in parts for run in json.loads(part.read_text(encoding="utf-8"))]
    if not runs:
        sys.exit("accessibility: axe-core has not run: is there a Chromium?")
    found = report(runs, date.today().isoformat())
    (ROOT / file).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(summary(found))


if __name__ == "__main__":
    main(*sys.argv[1:2])
