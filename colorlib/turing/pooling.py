"""Pool the session files of a class into one result, and say which do not count (chapter 08)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .sessions import Session, SessionError, read
from .statistics import Answers, labeled_real

MAX_CATCH_ERRORS = 1  # a rater who takes more Random pictures for real is left out


@dataclass
class Pooled:
    """A class's files as one result.

    Attributes
    ----------
    sessions : what counts. left_out : (file, reason) of each that does not.
    other_vision : complete sessions of raters who can't tell some colors apart. They are a group of
        their own: the test asks people who can.
    """

    sessions: list[Session] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    other_vision: list[Session] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        """The methods that were judged."""
        return sorted({session.method for session in self.sessions})

    def answers(self, method: str | None = None, by: str = "scene") -> Answers:
        """The counts of one method, or of the only one.

        Parameters
        ----------
        by : what a column is: "scene", the photograph that pairs were cut from, or "pair". Two
            pairs of one scene are not two pictures, so "scene" is the honest unit to draw from.
        """
        if method is None and len(self.methods) > 1:
            raise ValueError(f"say which method: {', '.join(self.methods)}")
        chosen = [s for s in self.sessions if method in (None, s.method)]
        if not chosen:
            raise ValueError(f"no session of the method {method!r} counts")
        return answers_of(chosen, by)

    def __repr__(self) -> str:
        lines = [f"{len(self.sessions)} sessions count"]
        for method in self.methods:
            raters = len({s.rater for s in self.sessions if s.method == method})
            lines.append(f"  {method}: labeled real {labeled_real(self.answers(method))}, "
                         f"{raters} raters")
        if self.other_vision:
            lines.append(f"{len(self.other_vision)} of raters with another color vision: apart")
        lines += [f"left out {name}: {reason}" for name, reason in self.left_out]
        return "\n".join(lines)


def answers_of(sessions: Sequence[Session], by: str = "scene") -> Answers:
    """Count the test's colorized trials that were on time, neither practice nor catch."""
    trials = [(row, getattr(trial, by), trial) for row, session in enumerate(sessions)
              for trial in session.trials
              if (trial.phase, trial.kind) == ("test", "colorized") and trial.on_time]
    columns = {name: i for i, name in enumerate(sorted({name for _, name, _ in trials}))}
    shown = np.zeros((len(sessions), len(columns)), dtype=int)
    fooled = shown.copy()
    for row, name, trial in trials:
        shown[row, columns[name]] += 1
        fooled[row, columns[name]] += trial.fooled
    return Answers(fooled, shown)


def catch_errors(session: Session) -> int:
    """How many pictures in the colors of another photo were taken for real."""
    return sum(trial.fooled for trial in session.trials if trial.kind == "catch")


def pool(files: str | Path | Iterable[str | Path],
         max_catch_errors: int = MAX_CATCH_ERRORS) -> Pooled:
    """One result from the files of a class.

    Parameters
    ----------
    files : a folder, or paths of CSV and JSON files that the page or the widget wrote.
    max_catch_errors : a rater with more is left out. Fix it before you have seen a single answer.

    Returns
    -------
    what counts, and of every file that does not, the name and the reason: truncated, tampered with,
    the same as another, a rater's second sitting (the pictures are known by then), too many
    catch trials failed.
    """
    folder = isinstance(files, str | Path)
    if folder and not Path(files).is_dir():
        raise ValueError(f"{files} is not a folder; give one, or a list of files")
    paths = sorted(p for p in Path(files).iterdir() if p.suffix.lower() in (".csv", ".json")) \
        if folder else [Path(p) for p in files]
    result, readable = Pooled(), []
    for path in paths:
        try:
            readable.append((read(path), path.name))
        except SessionError as error:
            result.left_out.append((path.name, str(error)))
    seen: dict[tuple, str] = {}
    # In the order of time: of two sittings the first one counts.
    for session, name in sorted(readable, key=lambda r: (r[0].started, r[1])):
        same = session.checksum()
        late = sum(not trial.on_time for trial in session.trials)
        if (session.rater, same) in seen:
            reason = f"the same as {seen[session.rater, same]}"
        elif session.rater in seen:
            reason = f"a second sitting of the rater of {seen[session.rater]}"
        elif late > len(session.trials) // 2:
            reason = f"{late} of {len(session.trials)} pairs were not seen for one second"
        elif session.vision == "different":
            result.other_vision.append(session)
            reason = ""
        elif catch_errors(session) > max_catch_errors:
            reason = f"failed {catch_errors(session)} catch trials"
        else:
            result.sessions.append(session)
            reason = ""
        seen.setdefault(session.rater, name)
        seen.setdefault((session.rater, same), name)
        if reason:
            result.left_out.append((name, reason))
    result.left_out.sort()
    return result
