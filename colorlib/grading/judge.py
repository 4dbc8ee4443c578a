"""Grade one notebook: the student's code in a process of its own, the verdict here."""

import re
from dataclasses import asdict, dataclass, field

import torch

from ..notebook.checks import NOT_YET, RIGHT, WRONG, Exercise
from .answers import Answer, answers, exercises, read
from .sandbox import Limits
from .student import CRASHED, EXITED, MEMORY, STOPPED, TIME, Ended, Student
from .submissions import Submission

# What can come of an exercise beside right, wrong, not yet and how its process may end.
MISSING, BORROWED, UNREADABLE, BY_HAND = "missing", "borrowed", "unreadable", "by hand"
SAYS = {
    NOT_YET: "○ Not yet: replace the dots by your answer.",
    MISSING: "The notebook does not call the checker of this exercise.",
    STOPPED: "The cell stopped before the checker could ask it anything.",
    BORROWED: "The answer is the checker's own, not the notebook's.",
    BY_HAND: "Its answer is of a kind that the grader can't compare: your teacher looks at it.",
    TIME: "It did not end in time. Is there a loop that never ends?",
    MEMORY: "It asked for more memory than there is.",
    EXITED: "It ended Python itself (sys.exit, os._exit) before the checker had an answer.",
    CRASHED: "Python itself crashed while it ran.",
}


@dataclass
class Grade:
    """What became of one exercise: `says` is for the student, `notes` are for the teacher."""

    chapter: str
    exercise: str
    status: str
    points: int = 0
    says: str = ""
    mistake: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Graded:
    """A notebook, graded: or `problem` says why it could not be."""

    student: str
    name: str
    path: str
    chapter: str | None
    grades: list[Grade] = field(default_factory=list)
    problem: str = ""
    guards: list[str] = field(default_factory=list)

    def as_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict) -> "Graded":
        """What `as_dict` gave. TypeError or KeyError if it is not that."""
        return cls(**{**stored, "grades": [Grade(**grade) for grade in stored["grades"]]})


def grade(submission: Submission, limits: Limits) -> Graded:
    """Grade all exercises of the chapters whose checkers a notebook calls."""
    result = Graded(submission.student, submission.name, submission.path, submission.chapter)
    try:
        if submission.problem:
            raise ValueError(submission.problem)
        found = answers(read(submission.content), submission.chapter)
        chapters = sorted({chapter for chapter, _ in found})
        if not chapters:
            raise ValueError("no checker is called in it")
    except ValueError as error:
        result.problem = str(error)
        return result
    if len(chapters) == 1:
        result.chapter = chapters[0]
    for chapter in chapters:
        for name, exercise in exercises(chapter).items():
            one, held = _grade(exercise, found.get((chapter, name)), limits)
            one.chapter, one.exercise = chapter, name
            result.grades.append(one)
            result.guards = held or result.guards
    return result


def _grade(exercise: Exercise, answer: Answer | None, limits: Limits) -> tuple[Grade, list[str]]:
    if answer is None:
        return Grade("", "", MISSING, says=SAYS[MISSING]), []
    if answer.problem:
        return Grade("", "", STOPPED, says=f"{SAYS[STOPPED]}\n  {answer.problem}",
                     notes=answer.notes), []
    held: list[str] = []
    try:
        with Student(answer.code, answer.expression, limits) as student:
            held = student.held
            status, says = _verdict(exercise, student)
            if status == WRONG and exercise.judge and student.unknown:
                status, says = BY_HAND, f"{SAYS[BY_HAND]}\n  got: {student.unknown}"
    except Ended as end:
        borrowed = end.status == STOPPED and any(".reference" in note for note in answer.notes)
        status = BORROWED if borrowed else end.status
        says = SAYS[status] + (f"\n  {end.__cause__}" if end.__cause__ else "")
    notes = [note for note in answer.notes if not ("saved output" in note and status == RIGHT)]
    named = re.search(r"A usual mistake: (.*)", says)
    return Grade("", "", status, int(status == RIGHT), says, named[1] if named else "", notes), held


def _verdict(exercise: Exercise, student: Student) -> tuple[str, str]:
    """The checker's words. What kind of answer could upset a checker is a wrong answer."""
    torch.manual_seed(0)
    ended: list[Ended] = []

    def answer(*arguments):
        if ended:
            raise ended[0]
        try:
            return student(*arguments)
        except Ended as end:  # Exercise catches what a learner's code raises
            ended.append(end)
            raise

    try:
        verdict = exercise(answer)
    except Exception as error:
        if ended:
            raise ended[0] from error
        return WRONG, f"✗ Not right.\n  it gave what the checker can't read ({error})"
    if ended and "it stopped with Ended" in verdict.text:
        raise ended[0]  # else it was wrong, and ended while the usual mistakes were looked for
    return verdict.status, verdict.text
