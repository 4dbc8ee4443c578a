"""The editions made from the site: without answers, without a network, on paper."""

import re
import zipfile

import nbformat
import pytest
from conftest import ROOT, WIDE, Visit
from test_pages import PAGES

STUDENT = ROOT / "_build" / "student"
ZIP = ROOT / "_build" / "colorful-offline.zip"
PDF = ROOT / "_build" / "colorful.pdf"
without_student = pytest.mark.skipif(not STUDENT.exists(), reason="run `make student` first")
without_zip = pytest.mark.skipif(not ZIP.exists(), reason="run `make offline` first")
without_pdf = pytest.mark.skipif(not PDF.exists(), reason="run `make pdf` first")


def answers():
    """Lines that only solutions and the instructor's pages have, each with where it stands."""
    lessons = "\n".join(p.read_text("utf-8") for p in ROOT.glob("notebooks/[0-9]*.ipynb"))
    library = "\n".join(p.read_text("utf-8") for p in ROOT.glob("colorlib/*.py"))
    for path in sorted(ROOT.glob("notebooks/solutions/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells[3:]:
            for line in map(str.strip, cell.source.splitlines()):
                plain = line.replace('"', '\\"')
                if len(line) > 30 and plain not in lessons and line not in library:
                    yield path.name, line
    for path in sorted((ROOT / "book" / "instructor").rglob("*.md")):
        for line in map(str.strip, path.read_text("utf-8").splitlines()):
            if len(line) > 50 and re.match(r"[A-Z][\w ,]+$", line[:50]):
                yield path.name, line[:50]


@without_student
def test_students_find_no_answer_anywhere():
    """Not in a notebook, page, page's source, search index or slide."""
    planted = list(answers())
    assert len({name for name, _ in planted}) >= 7 and len(planted) > 60
    texts = {path: path.read_text("utf-8", errors="ignore") for path in STUDENT.rglob("*")
             if path.suffix in (".html", ".txt", ".md", ".ipynb", ".js", ".json", ".inv")
             and "vendor" not in path.parts}
    everything = "\n".join(texts.values())
    escaped = everything.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") \
        .replace("&quot;", '"').replace("&#x27;", "'").replace("&#39;", "'")
    bare = re.sub(r"<[^>\n]*>", "", escaped)  # code in a page is colored word by word
    for name, line in planted:
        assert line not in escaped and line not in bare, (name, line)
    for path, text in texts.items():
        assert "notebooks/solutions" not in path.as_posix(), path
        assert "book/instructor" not in path.as_posix(), path
        if path.name == "searchindex.js":
            assert "notebooks/solutions/" not in text and "book/instructor" not in text


@without_student
def test_the_search_for_answers_finds_them_where_they_are():
    """The test above can fail: in the whole site, they are found."""
    site = ROOT / "_build" / "html"
    page = site / "notebooks" / "solutions" / "01_lab_color.html"
    bare = re.sub(r"<[^>\n]*>", "", page.read_text("utf-8")).replace("&#39;", "'")
    found = [line for name, line in answers() if name.startswith("01") and line in bare]
    assert len(found) >= 3


@without_student
def test_students_have_every_chapter_its_slides_and_its_notebook():
    for path in ROOT.glob("notebooks/[0-9]*.ipynb"):
        assert (STUDENT / "notebooks" / path.name).read_bytes() == path.read_bytes()
        for folder in ("notebooks", "slides"):
            assert (STUDENT / "site" / folder / f"{path.stem}.html").exists()


@without_student
def test_pages_for_students_work(browser, serve):
    page = browser.new_page(viewport=WIDE)
    visit = Visit(page, serve(STUDENT / "site"))
    for path in ("book/index.html", "notebooks/01_lab_color.html", "search.html?q=annealed+mean"):
        visit.open(path)
        assert "solutions" not in page.locator("body").inner_text().lower(), path
    assert visit.errors == [] and visit.outside == []
    page.close()


@without_zip
def test_zip_opens_from_a_disk_without_a_network(browser, tmp_path):
    with zipfile.ZipFile(ZIP) as archive:
        archive.extractall(tmp_path)
    home = tmp_path / "colorful"
    for name in ("colorlib/assets/course.safetensors", "colorlib/assets/photos/cat.jpg",
                 "notebooks/01_lab_color.ipynb", "notebooks/solutions/01_lab_color.ipynb"):
        assert (home / name).stat().st_size > 1000
    context = browser.new_context(viewport=WIDE, offline=True)
    page = context.new_page()
    visit = Visit(page, f"file://{home}/site")
    page.goto(f"file://{home}/START_HERE.html")
    page.wait_for_url("**/site/book/index.html")
    page.wait_for_selector("#paint canvas")
    for path in ("notebooks/06_annealed_mean.html", "slides/01_lab_color.html",
                 "book/reference/api_core.html"):
        visit.open(path)
    visit.open("search.html?q=annealed+mean")
    page.wait_for_selector("#search-results li a")
    outside = [url for url in visit.outside if not url.startswith("file://")]
    assert visit.errors == [] and outside == []
    context.close()


def titles(outline):
    for item in outline:
        yield from titles(item) if isinstance(item, list) else [item.title]


@without_pdf
def test_printed_book_has_every_page_and_a_table_of_contents_that_works():
    from pypdf import PdfReader

    book = PdfReader(PDF)
    assert len(book.pages) > 2 * len(PAGES)
    headings = list(titles(book.outline))
    for wanted in ("1. Lab color", "6. The annealed mean", "Glossary"):
        assert any(wanted in h for h in headings), headings[:20]
    leads = [note.get_object() for page in book.pages[1:3] for note in page.get("/Annots", [])]
    goals = [note["/Dest"][0].get_object() for note in leads if "/Dest" in note]
    numbers = [book.get_page_number(goal) for goal in goals]
    assert len(numbers) >= 20 and numbers == sorted(set(numbers))
    contents = book.pages[1].extract_text() + book.pages[2].extract_text()
    for place in numbers[:5]:
        assert re.search(rf"\b{place + 1}\b", contents), "its number stands in the contents"
    left = [note for page in book.pages for note in page.get("/Annots", [])
            if "localhost:" in str(note.get_object().get("/A", {}).get("/URI", ""))]
    assert [n for n in left if ":8000" not in str(n.get_object()["/A"]["/URI"])] == []
