"""What is said of other courses has its source."""

import re

from conftest import ROOT

TABLES = re.findall(r"(?:^\|.*\n)+", (ROOT / "book" / "comparison.md").read_text("utf-8"), re.M)


def test_every_cell_of_the_tables_has_its_source():
    *courses, authors = TABLES
    assert len(courses) == 3
    for table in courses:
        head, _, *rows = [[cell.strip() for cell in line.strip("|\n").split("|")]
                          for line in table.splitlines()]
        assert len(rows) == 5 and rows[0][0] == "Colorful"
        for course, *cells in rows:
            assert len(cells) == len(head) - 1, course
            for cell in cells:
                assert not cell or re.search(r"\]\(\S+\)\)", cell), f"{course}: {cell}"
    assert "https://github.com/richzhang/colorization" in authors.splitlines()[0]
    for line in authors.splitlines()[2:]:
        assert re.search(r"\]\(\S+\)\)", line.split("|")[2]), line
