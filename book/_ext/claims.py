"""The ledger of claims: each number that the first pages state, what makes it, and when that ran.

`book/claims.yml` has the words of each claim with the place of its number in `results/`, in the
recipe that weights carry, or in the code. The numbers themselves stand there nowhere.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from site_rules import table_of

PAGES = {"README.md": "README", "book/index.md": "The landing page",
         "book/model_card.md": "The model card of the course's network",
         "book/model_card_photo.md": "The model card of the network for any photograph"}
NUMBER = re.compile(r"(?<![\w.,+-])[+-]?\d(?:[\d,.]*\d)?")
# What is no text of a page: blocks of code, code in a line, addresses, a directive's head, options.
NO_TEXT = re.compile(r"^```(?:bash|python)\n.*?^```$|`[^`\n]+`|(?<=\])\([^)\s]*\)"
                     r"|^:{3,}\{.*?$|^:(?!alt)[\w-]+:.*?$", re.M | re.S)


@dataclass
class Claim:
    """A claim: the words on the page, and maker, date and intervals of its numbers."""

    words: str
    maker: str = ""
    date: str = ""
    intervals: list[str] = field(default_factory=list)


def text_of(page: str) -> str:
    """What a page says, without code and addresses, each run of white space as one space."""
    return " ".join(NO_TEXT.sub(" ", page).split())


def last_made(root: Path, file: str) -> str:
    """The day of the commit that a file comes from, as far as the history here tells it."""
    def git(*arguments) -> str:
        return subprocess.run(["git", "-C", root, *arguments], check=True, text=True,
                              capture_output=True).stdout.strip()

    try:
        if git("rev-parse", "--is-shallow-repository") == "true":
            return "not known: no history here"
        if git("status", "--porcelain", "--", file):
            return "after the last commit"
        return git("log", "-1", "--format=%cs", "--", file) or "not known: no history here"
    except (OSError, subprocess.CalledProcessError):
        return "not known: no history here"


def weights(name: str) -> dict:
    """What a network that ships says of itself, and what follows from that."""
    from colorlib import Colorizer

    colorizer = Colorizer.from_pretrained(name)
    recipe = colorizer.recipe
    sizes = recipe.get("sources", {})
    return {**recipe, "minutes": recipe["seconds"] / 60, "collections": len(sizes),
            "parameters": sum(p.numel() for p in colorizer.network.parameters()),
            "photographs": sum(sizes.values()), "long_side": colorizer.size}


def constants(root: Path) -> dict:
    """What is written in the code itself."""
    import tomllib

    from colorlib import AbGamut
    from colorlib.evaluation.sums import WEIGHTED_LEVEL
    from colorlib.inference import TEMPERATURE
    from colorlib.metrics import ENDS, WORST
    from colorlib.recipes import HOLD_OUT

    sys.path.append(str(root))
    from experiments import photo, photo_mix

    shapes = photo_mix.Plan.shapes
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"bins": len(AbGamut()), "T": TEMPERATURE, "worst": WORST, "held_out": HOLD_OUT,
            "share": 100 * (ENDS[1] - ENDS[0]), "weighted_share": 100 * WEIGHTED_LEVEL,
            "python": project["requires-python"].removeprefix(">="), "balance": photo_mix.BALANCE,
            "side": photo.SIDE, "average": photo_mix.Plan.average,
            "rates": [photo.DECODER_RATE, photo.ENCODER_RATE],
            "batches": sorted(shape.batch for shape in shapes),
            "crops": sorted(shape.crop for shape in shapes)}


def sources(root: Path) -> dict[str, tuple[dict, str, str]]:
    """Each place where numbers come from: what it holds, what makes it, and when that was."""
    files = "colorlib, experiments, pyproject.toml"
    found = {"code": (constants(root), files, "read with this build")}
    for name in ("table", "seeds", "photo", "both", "judge", "old_prints", "photo_limits",
                 "upsampling"):
        held = json.loads((root / "results" / f"{name}.json").read_text(encoding="utf-8"))
        found[name] = held, held["command"], last_made(root, f"results/{name}.json")
    for name, key, command in (("course", "ours", "make weights"),
                               ("photo", "net", "make photo DATA=FOLDER")):
        found[key] = (weights(name), command,
                      last_made(root, f"colorlib/assets/{name}.safetensors"))
    return found


def intervals(template: str, held: dict) -> list[str]:
    """Of each number of a claim that was measured with an interval, the interval."""
    found = []
    for _, name, spec, _ in Formatter().parse(template):
        parent, _, last = (name or "").rpartition("[")
        beside = Formatter().get_field(parent, (), held)[0] if parent else None
        if isinstance(beside, dict) and f"{last[:-1]}_interval" in beside:
            ends = (format(end, spec) for end in beside[f"{last[:-1]}_interval"])
            found.append(f"[{', '.join(ends)}]")
    return found


def claims_of(entry: dict, known: dict) -> list[Claim]:
    """The claims of an entry: one, or one for each part of what `each` names."""
    held = {name: content for name, (content, _, _) in known.items()}
    if "from" in entry:
        return [Claim(entry["says"], entry["from"])]
    rows = [held]
    if "each" in entry:
        parts = Formatter().get_field(entry["each"], (), held)[0]
        parts = parts if isinstance(parts, dict) else dict(enumerate(parts))
        rows = [{**held, "row": part, "name": entry.get("names", {}).get(name, name)}
                for name, part in parts.items()]
    named = [entry.get("each", ""), *(n for _, n, _, _ in Formatter().parse(entry["says"]) if n)]
    origins = {name.partition("[")[0] for name in named} & set(known)
    _, maker, date = known[sorted(origins - {"code"} or origins)[0]]  # what was measured, if any
    return [Claim(entry["says"].format(**row), maker, date, intervals(entry["says"], row))
            for row in rows]


def read(root: Path) -> tuple[dict[str, list[Claim]], list[str]]:
    """The claims of each page, and the patterns of numbers that are names, not measures."""
    content = yaml.safe_load((root / "book" / "claims.yml").read_text(encoding="utf-8"))
    known = sources(root)
    return ({page: [claim for entry in content["claims"] if page in entry["pages"]
                    for claim in claims_of(entry, known)] for page in PAGES}, content["names"])


def problems(page: str, claims: list[Claim], names: list[str]) -> list[str]:
    """What a page states that the ledger lacks, and what the ledger has that is not on the page."""
    text, found = text_of(page), []
    covered = set()
    for pattern in [*map(re.escape, (claim.words for claim in claims)), *names]:
        for match in re.finditer(pattern, text):
            covered.update(range(*match.span()))
    found += [f"the page does not say {claim.words!r}, which is so by: {claim.maker}"
              for claim in claims if claim.words not in text]
    return found + [f"{match[0]} is not in book/claims.yml: "
                    f"... {text[max(0, match.start() - 40):match.end() + 30]} ..."
                    for match in NUMBER.finditer(text) if not covered >= set(range(*match.span()))]


def shown(claims: list[Claim]) -> nodes.Node:
    """Claims of one maker: a list, or a table where some have an interval."""
    rows = [(claim.words.strip("| ").replace(" | ", "; "), "; ".join(claim.intervals))
            for claim in claims]
    if any(interval for _, interval in rows):
        return table_of(("stated", "intervals, in the order of their numbers"), rows)
    return nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", words))
                                   for words, _ in rows))


class Claims(Directive):
    """For each page and each command: what the page states by it, with intervals and the date."""

    def run(self):
        env = self.state.document.settings.env
        env.note_reread()  # a result, or its date, may be another
        pages, _ = read(Path(env.srcdir))
        made = []
        for page, claims in pages.items():
            made.append(nodes.rubric("", PAGES[page]))
            for maker, date in dict.fromkeys((claim.maker, claim.date) for claim in claims):
                source = nodes.literal("", maker) if date else nodes.Text(f"From {maker}")
                made.append(nodes.paragraph("", "", source, nodes.Text(f"{date and ', '}{date}:")))
                made.append(shown([c for c in claims if (c.maker, c.date) == (maker, date)]))
        return made


def setup(app):
    app.add_directive("claims", Claims)
    return {"parallel_read_safe": True}
