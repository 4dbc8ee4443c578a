"""One rater's session: write its file, read it, and check that it is complete (chapter 08).

The page of the site and the widget of the notebook run the same plan and write the same files:
`book/_static/turing.js` does in JavaScript what this module and `plan` do, and a test compares
them.
"""

import csv
import io
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..io.files import write_text
from .plan import FIRST, MASK_32, SECOND, Trial, plan

FORMAT = "colorful-turing-1"
VISION = {"typical": "I see colors as most people do",
          "different": "I can't tell some or all colors apart",
          "unsaid": "I'd rather not say"}
JSON_TYPES = {float | None: float | int | None, int: int, str: str}


class SessionError(ValueError):
    """A file that can't be counted; says in a few words why."""


@dataclass
class Session:
    """A rater's sitting, as it is kept in a file.

    Attributes
    ----------
    rater : a random name, the same for all sittings in one browser.
    group : what the instructor asked to be entered, such as a class.
    method : how the pictures were colorized. pictures : the picture set. vision : see `VISION`.
    frame_ms : between two frames of the rater's screen; empty where it was not measured.
    """

    rater: str
    seed: int
    method: str = "course"
    pictures: str = ""
    group: str = ""
    vision: str = "unsaid"
    source: str = "notebook"
    started: str = ""
    frame_ms: float | None = None
    trials: list[Trial] = field(default_factory=list)

    def __post_init__(self):
        self.group = re.sub(r"[^\w .-]", "", self.group)  # nothing that a table would stumble over

    def rows(self) -> list[list[str]]:
        """The file as a table: a header, then a row for each trial."""
        head = {"format": FORMAT, **asdict(self)}
        del head["trials"]
        rows = [[*head, *Trial.__dataclass_fields__]]
        for trial in self.trials:
            rows.append([cell(value) for value in (*head.values(), *asdict(trial).values())])
        return rows

    def checksum(self) -> str:
        """Checksum of the table. It finds edits and lost lines, but can be computed by anyone."""
        return fnv1a("\n".join(",".join(row) for row in self.rows()))

    def to_json(self) -> str:
        """The file as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self), "checksum": self.checksum()}, indent=1)

    def to_csv(self) -> str:
        """The file as CSV, the checksum in a last column."""
        header, *rows = self.rows()
        lines = [[*header, "checksum"], *([*row, self.checksum()] for row in rows)]
        return "".join(",".join(line) + "\n" for line in lines)


def cell(value) -> str:
    """A value as the table has it; JavaScript writes numbers the same way."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def fnv1a(text: str) -> str:
    """Fowler, Noll and Vo's 32-bit hash of a text in UTF-8, as 8 hex digits.

    Examples
    --------
    >>> fnv1a("a")
    'e40c292c'
    """
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & MASK_32
    return f"{value:08x}"


def read(path: str | Path) -> Session:
    """A session from its file, CSV or JSON.

    Raises
    ------
    SessionError
        If the file is no whole and unchanged session, with the reason: not readable, of another
        format, truncated, tampered with.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")  # spreadsheets put a mark before it
    except (OSError, UnicodeDecodeError):
        raise SessionError("not a readable text file") from None
    is_json = text.lstrip()[:1] in ("{", "[")
    try:
        found, checksum = _from_json(text) if is_json else _from_csv(text)
        check(found, checksum)
    except json.JSONDecodeError:
        raise SessionError("truncated: its JSON breaks off") from None
    except SessionError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, csv.Error):
        raise SessionError("not a result of this test, or with parts missing") from None
    return found


def check(session: Session, checksum: str) -> None:
    """Raise `SessionError` if a session is not whole, or not as the test had written it."""
    planned, trials = plan(session.seed), session.trials
    if len(trials) != len(planned):
        raise SessionError(f"truncated or shortened: {len(trials)} of {len(planned)} trials")
    if session.checksum() != checksum:
        raise SessionError("tampered with: its checksum does not fit")
    for trial, due in zip(trials, planned, strict=True):
        same = all(getattr(trial, name) == getattr(due, name)
                   for name in ("trial", "phase", "kind", "pair", "real"))
        if not same or trial.fake_is not in (FIRST, SECOND):
            raise SessionError(f"tampered with: trial {due.trial} is not what its seed gives")


def _from_json(text: str) -> tuple[Session, str]:
    content = json.loads(text)
    if content.pop("format") != FORMAT:
        raise ValueError(FORMAT)
    checksum = content.pop("checksum")
    trials = [Trial(**trial) for trial in content.pop("trials")]
    session = Session(**content, trials=trials)
    for part in (session, *trials):
        for name, about in part.__dataclass_fields__.items():
            if not isinstance(getattr(part, name), JSON_TYPES.get(about.type, object)):
                raise TypeError(name)
    return session, checksum


def _from_csv(text: str) -> tuple[Session, str]:
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    if rows[0]["format"] != FORMAT:
        raise ValueError(FORMAT)
    if any(None in row.values() for row in rows):
        raise SessionError("truncated: its last line breaks off")
    heads = [{name: row[name] for name in row if name not in Trial.__dataclass_fields__}
             for row in rows]
    if any(head != heads[0] for head in heads):
        raise SessionError("tampered with: its lines disagree on whose they are")
    trials = [Trial(**_typed(Trial, row)) for row in rows]
    return Session(**_typed(Session, rows[0]), trials=trials), rows[0]["checksum"]


def _typed(kind: type, row: dict[str, str]) -> dict:
    """The cells of a row that belong to a dataclass, each as its field's type."""
    result = {}
    for name, about in kind.__dataclass_fields__.items():
        if about.type == float | None:
            result[name] = float(row[name]) if row[name] else None
        elif name != "trials":
            result[name] = about.type(row[name])
    return result


def write(session: Session, folder: str | Path, kind: str = "json") -> Path:
    """Write a session into a folder; returns the file's path."""
    safe = re.sub(r"[^\w-]", "", session.rater)
    path = Path(folder) / f"turing-{safe}-{session.seed}.{kind}"
    write_text(session.to_csv() if kind == "csv" else session.to_json(), path)
    return path
