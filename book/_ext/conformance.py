"""What axe-core found on the site's pages, as a table: from results/accessibility.json."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from site_rules import table_of


def said(report: dict) -> str:
    """When it was looked, at what, and how many rules concern something there."""
    day = date.fromisoformat(report["day"])
    ways = Counter(" and ".join(seen) for seen in report["pages"].values())
    pages = "; ".join(f"{count} as {seen}" for seen, count in ways.most_common())
    broken = sum(bool(rule["broken"]) for rule in report["rules"].values())
    return (f"On {day:%B} {day.day}, {day.year}, axe-core {report['axe']} looked at "
            f"{len(report['pages'])} pages and decks of slides ({pages}). {len(report['rules'])} "
            "of its rules for WCAG 2.0, 2.1 and 2.2, levels A and AA, concern something on them, "
            f"and {broken or 'none'} of these is broken.")


def rows(report: dict) -> list[tuple[str, ...]]:
    """A rule each: what it asks for, and on how many pages it is kept, undecided and broken."""
    return [(f"{rule['text']} ({name})", *map(str, (
        rule["kept"], len(rule["undecided"]), len(rule["broken"]))))
        for name, rule in report["rules"].items()]


class Conformance(Directive):
    """A paragraph and a table, a rule each."""

    def run(self):
        env = self.state.document.settings.env
        path = Path(env.srcdir, "results", "accessibility.json")
        env.note_dependency(str(path))
        report = json.loads(path.read_text(encoding="utf-8"))
        return [nodes.paragraph("", said(report)),
                table_of(("rule", "kept", "undecided", "broken"), rows(report))]


def setup(app):
    app.add_directive("conformance", Conformance)
    return {"parallel_read_safe": True}
