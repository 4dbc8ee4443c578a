"""The command for teachers: `grade`."""

import sys


def grade(arguments) -> int:
    """Grade the notebooks of a class; 2 if a file could not be graded."""
    if sys.platform == "win32":
        raise ValueError("grading needs the limits of Linux or macOS; on Windows, run it in WSL")
    from tqdm import tqdm

    from ..grading import submissions
    from ..grading.run import grade_all
    from ..grading.sandbox import Limits
    from ..grading.tables import Book, read_roster
    from ..grading.write import write

    limits = Limits(arguments.seconds, int(arguments.memory * 2**30))
    roster = read_roster(arguments.roster) if arguments.roster else None
    found, earlier = submissions.latest(submissions.find(arguments.submissions))
    with tqdm(total=len(found), unit=" notebooks") as bar:
        results = grade_all(found, arguments.output / "kept", limits, arguments.jobs,
                            lambda _: bar.update())
    book = Book(results, roster)
    write(book, arguments.output)
    for one in book.problems:
        print(f"colorlib: {one.path}: {one.problem}", file=sys.stderr)
    if earlier:
        print(f"{len(earlier)} earlier tries were left out")
    print(f"{len(results)} notebooks of {len(book.students)} students: "
          f"{arguments.output / 'grades.csv'}, {arguments.output / 'class.html'}")
    return 2 if book.problems else 0
