"""What a class learned between the pre-test and the post-test on the concepts.

    python tools/gains.py before.csv after.csv

Each table has a row a student: a name in a column called student, id, username, email or email
address, and a column for each question, `1` to `15` or `Q. 1 /1.00` as Moodle exports it; an answer
counts as right above half of its points. Only students who took both tests count.

Printed are the mean of both tests, the gain of the class (the share of what was not known before
that was known after: Hake, 1998), each with an interval of 95% by drawing students anew, and for
each question how many were right before and after.
"""

import csv
import re
import sys
from pathlib import Path

import numpy as np

NAMES = ("student", "id", "username", "email", "email address")
QUESTION = re.compile(r"(?:Q\. ?)?(\d+)(?: ?/ ?(\d+(?:\.\d+)?))?")
DRAWS = 10_000


def scores(path: Path) -> dict[str, dict[int, bool]]:
    """Student to question to whether the answer was right. ValueError if a column is missing."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    head = list(rows[0]) if rows else []
    name = next((column for column in head if column.strip().lower() in NAMES), None)
    found = {column: QUESTION.fullmatch(column.strip()) for column in head}
    asked = {column: match for column, match in found.items() if match}
    if name is None or not asked:
        raise ValueError(f"{path}: needs a row a student, a column {' or '.join(NAMES)}, and a "
                         "column for each question, such as 1 or Q. 1 /1.00")
    return {row[name].strip(): {int(match[1]): points(row[column]) > float(match[2] or 1) / 2
                                for column, match in asked.items()}
            for row in rows if (row[name] or "").strip()}  # Moodle's last row is the average


def points(text: str | None) -> float:
    """Points of an answer; a blank or a dash is an answer that was not given."""
    try:
        return float((text or "").replace(",", "."))
    except ValueError:
        return 0.0


def gain(before, after) -> float:
    """Of what was not known before, the share that is known after; for means from 0 to 1."""
    return (after - before) / (1 - before) if before < 1 else 0.0


def report(before: dict, after: dict, seed: int = 0) -> str:
    """The comparison, in lines. ValueError if nobody took both tests, or the questions differ."""
    both = sorted(before.keys() & after.keys())
    if not both:
        raise ValueError("nobody is in both tables: is it the same column of names?")
    asked = sorted(before[both[0]])
    if any(sorted(table[student]) != asked for table in (before, after) for student in both):
        raise ValueError("the two tables have other questions")
    right = np.array([[[table[student][q] for q in asked] for student in both]
                      for table in (before, after)])  # (2, students, questions)
    means = right.mean(2)
    drawn = means[:, np.random.default_rng(seed).integers(len(both), size=(DRAWS, len(both)))]
    first, last = drawn.mean(2)
    lines = [f"{len(both)} students took both tests of {len(asked)} questions; "
             f"left out, with one test only: {len(before.keys() ^ after.keys())}"]
    for what, value, ends, unit in (
            ("before", means[0].mean(), first, "%"), ("after", means[1].mean(), last, "%"),
            ("gain", gain(*means.mean(1)), [gain(*pair) for pair in zip(first, last, strict=True)],
             "% of what was missing")):
        low, high = 100 * np.quantile(ends, [0.025, 0.975])
        lines.append(f"{what:<7}{100 * value:5.0f} [{low:.0f}, {high:.0f}] {unit}")
    lines.append("question  right before  right after  learned  lost")
    for q, (was, now) in zip(asked, right.transpose(2, 0, 1), strict=True):
        lines.append(f"{q:>8}{was.sum():>14}{now.sum():>13}"
                     f"{(now & ~was).sum():>9}{(was & ~now).sum():>6}")
    return "\n".join(lines)


if __name__ == "__main__":
    try:
        if len(sys.argv) != 3:
            raise ValueError("say: python tools/gains.py before.csv after.csv")
        print(report(*(scores(Path(path)) for path in sys.argv[1:])))
    except (OSError, ValueError) as problem:
        sys.exit(f"gains: {problem}")
