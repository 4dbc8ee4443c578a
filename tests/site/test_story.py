"""The page from the document to the course: what it names exists."""

import re

from conftest import ROOT

PAGE = ROOT / "book" / "story.md"


def missing(text: str) -> list[str]:
    """Links of a page in book/, and files it names in backquotes, that do not exist."""
    links = [(ROOT / "book" / link).resolve() for link in re.findall(r"\]\(([^)#:]+)\)", text)]
    files = [ROOT / name for name in re.findall(r"`((?:tests|results)/[^`]+)`", text)]
    return [str(path) for path in [*links, *files] if not path.is_file()]


def test_each_link_and_each_named_file_exists():
    assert not missing(PAGE.read_text(encoding="utf-8"))
    assert len(missing("[a](../notebooks/99_none.ipynb) `tests/none.py` [7](story.md)")) == 2


def test_a_link_with_a_chapters_number_leads_to_that_chapter():
    links = re.findall(r"\[(\d+b?)\]\(\.\./notebooks/(\d+b?)_", PAGE.read_text(encoding="utf-8"))
    assert len(links) > 20
    assert all(said.zfill(len(to)) == to for said, to in links)


def test_each_row_has_four_cells_and_the_page_is_in_the_contents():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert all(line.count("|") == 5 for line in rows)
    assert "- file: book/story\n" in (ROOT / "_toc.yml").read_text(encoding="utf-8")
