"""Exercises of chapter 12b: an old print, skin, a sample that is small, a caption."""

import math

import torch
from torch import Tensor

from ..checks import Exercise, Mistake

# Each line of the exercise: the names that it needs and the one that it makes; A only writes.
LINES = {"A": ({"picture", "note"}, "the file"), "B": ({"scan"}, "clean"),
         "C": ({"colors"}, "picture"), "D": (set(), "scan"), "E": ({"clean"}, "colors"),
         "F": (set(), "note"), "G": ({"scan"}, "colors")}


def _ordered(got) -> str | None:
    text = "".join(map(str, got)) if isinstance(got, list | tuple) else str(got)
    letters = [c for c in text.upper() if c.isalpha()]
    if not letters or set(letters) - set(LINES) or len(set(letters)) < len(letters):
        return 'letters from A to G are asked for, each at most once: "BDA"'
    known = set()
    for letter in letters:
        needs, makes = LINES[letter]
        if missing := sorted(needs - known):
            return f"line {letter} stops with a NameError: nothing above it makes {missing[0]!r}"
        if makes == "colors" and "colors" in known:
            return f"line {letter} throws away the colors that a line above it has made"
        known.add(makes)
    if "G" in letters:
        return "it runs, but G colors the scan as it came: the network gets grain and faded blacks"
    if "the file" not in known:
        return "it runs, but nothing is written"
    return None


in_order = Exercise(
    reference=lambda: "DBECFA",
    judge=_ordered,
    right="Repair, color, and only then write, with the note. F may stand anywhere before A.",
    mistakes=[
        Mistake("G stands where E should: colorizer(scan) skips the repair.", lambda: "DGCFA"),
        Mistake("the file is written before its note exists: F comes before A.", lambda: "DBECAF"),
    ],
)

_L = torch.tensor([62.0, 70.0, 55.0, 48.0])
_B = torch.tensor([18.0, 14.0, 22.0, 9.0])
_PARTLY_BLUE = torch.tensor([18.0, -4.0, 22.0, 9.0])


def _angle(L: Tensor, b: Tensor) -> float:
    return math.degrees(math.atan2(L.mean().item() - 50, b.mean().item()))


typology = Exercise(
    reference=_angle,
    cases=[(_L, _B), (_L - 30, _B), (_L + 15, _B / 2), (_L, _PARTLY_BLUE)],
    right="Light skin has large angles, dark skin negative ones.",
    mistakes=[
        Mistake("that is in radians. ITA is in degrees.",
                lambda L, b: math.radians(_angle(L, b))),
        Mistake("b has lost its sign. A pixel with b below 0 makes the mean smaller.",
                lambda L, b: _angle(L, b.abs())),
        Mistake("50 was not taken from L.",
                lambda L, b: math.degrees(math.atan2(L.mean().item(), b.mean().item()))),
        Mistake("the ratio is upside down: (L - 50) over b.",
                lambda L, b: math.degrees(math.atan2(b.mean().item(), L.mean().item() - 50))),
        Mistake("these are the angles of single pixels, averaged. Take means of L and b, then one "
                "angle: a dark b near 0 would decide.",
                lambda L, b: torch.rad2deg(torch.atan2(L - 50, b)).mean()),
        Mistake("the arctangent is missing.",
                lambda L, b: (L.mean() - 50) / b.mean() * 180 / math.pi),
    ],
)


def _largest(n: int) -> float:
    return 1 - 0.05 ** (1 / n)


largest_share = Exercise(
    reference=_largest,
    cases=[(10,), (48,), (1000,), (1,)],
    right="Ten faces without a failure allow up to 26% of failures; a thousand allow 0.3%.",
    mistakes=[
        Mistake("none was seen, but there may be some all the same. How large may the share be, if "
                "a sample without one still has a chance of 5%?", lambda n: 0.0),
        Mistake("3 / n is the rule of thumb. It is close for large n, and impossible for n = 1.",
                lambda n: 3 / n),
        Mistake("that is the share of faces that come out right. The other share is asked for.",
                lambda n: 0.05 ** (1 / n)),
        Mistake("this is about 0.05 / n. A sample without one has a chance of 5%, not of 95%, and "
                "(1 - share)^n = 0.05 is undone by a power of 1 / n.",
                lambda n: 1 - 0.95 ** (1 / n)),
        Mistake("0.05 ** 1 / n is (0.05 ** 1) / n: write 0.05 ** (1 / n).",
                lambda n: 1 - 0.05 ** 1 / n),
        Mistake("that is the chance of a sample without one if half of the faces go wrong.",
                lambda n: 0.5 ** n),
    ],
)

RECORDS = [
    {"what": "Two brothers in a studio, St Leonards on Sea, about 1870",
     "photographer": "Robert Boning", "program": "colorlib 1.0", "year": 2026,
     "original": "flickr.com/photos/47201412@N02/12675131334", "checked": None},
    {"what": "A tram in the main street, 1910", "photographer": "unknown, city archive, no. 12",
     "program": "colorlib 1.0", "year": 2026, "original": "archive.example/12",
     "checked": "the tram was dark red (operator's paint book)"},
]


def _faults(got, record) -> str | None:
    if not isinstance(got, str):
        return "a caption is text: return one string"
    missing = [name for name in ("what", "photographer", "program", "year", "original", "checked")
               if record[name] is not None and str(record[name]) not in got]
    if missing:
        return f"the caption leaves out record[{missing[0]!r}]"
    if "None" in got:
        return "nothing was checked, and the caption says None. Say in words that nothing is known"
    text = got.lower()
    if "not guess" in text or "no guess" in text:
        return "the caption says that the colors are not guesses, but they are"
    if not any(word in text for word in ("guess", "estimate", "not known")):
        return "the caption does not say that the colors are guesses (or estimates)"
    if not any(word in text for word in ("black and white", "black-and-white", "monochrome", "b&w",
                                         "gray", "grey")):
        return "the caption does not say that the photograph itself is black and white"
    return None


def _caption(record) -> str:
    known = f"known: {record['checked']}" if record["checked"] else "no real color is known"
    return (f"{record['what']}. Photograph: {record['photographer']}, black and white. Colors "
            f"added by a computer ({record['program']}, {record['year']}); they are guesses; "
            f"{known}. Original: {record['original']}.")


caption = Exercise(
    reference=_caption,
    cases=[(record,) for record in RECORDS],
    judge=_faults,
    right="Who, what, when; who added the colors; that they are guesses; where the original is.",
    mistakes=[
        Mistake("this is the caption of the gray original. It says nothing of the colors.",
                lambda record: f"{record['what']}. Photograph: {record['photographer']}."),
    ],
)
