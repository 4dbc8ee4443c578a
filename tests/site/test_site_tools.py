"""What makes slides and editions of the site: rules that need no built page."""

import gzip
import io
import re
import sys
import zipfile
from urllib.request import Request, urlopen

import nbformat
import pytest
import yaml
from conftest import ROOT

sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

import bundle  # noqa: E402
import lighten  # noqa: E402
import lighthouse  # noqa: E402
import lowest  # noqa: E402
import offline  # noqa: E402
import policy  # noqa: E402
import printed  # noqa: E402
import slides  # noqa: E402
import still  # noqa: E402
import student  # noqa: E402

code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
printing = [nbformat.v4.new_output("stream", text="1\n"),
            nbformat.v4.new_output("stream", text="2\n")]


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=[
        text("# 1. Title\n\n[![Open](https://a.b/c.svg)](https://a.b)\n\nA promise.\n\n"
             "**You will be able to**\n\n- see;\n- say."),
        code("install"), code("imports"), *cells])


def shown(*cells):
    return [(c.metadata["slideshow"]["slide_type"], c.source)
            for c in slides.deck(notebook(*cells)).cells]


def test_slides_follow_the_rule_where_a_notebook_says_nothing():
    deck = shown(
        text("## A section\n\nFirst. Second. " + "Long. " * 99 + "\n\n$$x = 1$$\n\n"
             "**Predict before you run.** Which?"),
        code("# NBVAL_CHECK_OUTPUT\nprint(1)\nprint(2)", outputs=printing),
        text("### Exercise 1: do it\n\nWrite it."), code("checks.it(it)", outputs=printing),
        text("<details><summary>Hint 1</summary>\n\nSecret.\n\n</details>\n\n## Quiz"),
        code('quiz.show("01")', outputs=printing), text("## Sources\n\n- [one](https://a.b)"))
    on_slides = [(kind, source) for kind, source in deck if kind != "notes"]
    assert on_slides[0] == ("slide", "# 1. Title\n\nA promise.\n\n- see;\n- say.")
    assert on_slides[1][0] == "slide"
    assert on_slides[1][1].startswith("## A section\n\nFirst. Second")
    assert "$$x = 1$$" in on_slides[1][1] and len(on_slides[1][1]) < 300
    assert on_slides[2] == (
        "subslide", "#### A section\n\n**Predict before you run.** Which?")
    assert on_slides[3] == ("subslide", "#### A section")
    assert on_slides[4] == ("-", "print(1)\nprint(2)")
    assert on_slides[5] == ("slide", "## Exercise 1: do it\n\nWrite it.")
    assert len(on_slides) == 6, "no stub, hint, quiz or source"
    assert "Secret" not in str(deck) and "badge" not in str(deck)
    assert any(kind == "notes" and "Long. Long." in source for kind, source in deck)


def test_slides_do_what_the_metadata_of_a_cell_says():
    def said(cell, kind):
        cell.metadata["slideshow"] = {"slide_type": kind}
        return cell

    deck = shown(said(text("## Left out"), "skip"), said(text("## Only said"), "notes"),
                 said(code("x = 1\nprint(x)", outputs=printing), "fragment"))
    assert "Left out" not in str(deck)
    assert ("notes", "## Only said") in deck or any("Only said" in s for k, s in deck
                                                   if k == "notes")
    assert ("-", "x = 1\nprint(x)") in deck or ("fragment", "x = 1\nprint(x)") in deck


def test_a_long_table_goes_on_under_its_head():
    entries = [f"| [{k}](a_page_with_a_long_name.ipynb) | {'words ' * 9} |" for k in range(13)]
    top = ["## Map", "", "| a | b |", "|---|---|"]

    def made(entries):
        cells = shown(text("\n".join(top + entries)))
        return [source.splitlines() for kind, source in cells if kind != "notes"][1:]

    assert made(entries) == [top + entries[:10], top + entries[10:]]
    wide = [f"| {k} | {'words ' * 18} |" for k in range(7)]
    assert made(wide) == [top + wide[:5], top + wide[5:]]


def printing_lines(*lines):
    out = nbformat.v4.new_output("stream", text="\n".join(lines) + "\n")
    cells = slides.deck(notebook(text("## The table"), code(
        "# NBVAL_CHECK_OUTPUT\nprint(x)", outputs=[out]))).cells
    parts = [c.outputs[0].text.splitlines() for c in cells if c.cell_type == "code"]
    headings = [c for c in cells if c.source == "#### The table"]
    assert len(headings) == len(parts), "each slide says what it is a part of"
    return parts


def test_what_is_printed_long_is_cut_where_it_has_parts():
    table, claims = ["  a b"] + ["x 1 2"] * 13, [f"holds {k}: " + "y" * 70 for k in range(8)]
    assert printing_lines(*table, "", *claims) == [table, claims]
    groups = [[f"group {k}"] + [f"  row {j}" for j in range(6)] for k in range(3)]
    assert printing_lines(*sum(groups, [])) == [groups[0] + groups[1], groups[2]]
    plain = [str(k) for k in range(40)]
    assert printing_lines(*plain) == [plain[:16], plain[16:32], plain[32:]]
    assert printing_lines(*plain[:16]) == [plain[:16]]
    long = ["z" * 3000, "end"]
    assert printing_lines(*long) == [long[:1], long[1:]], "one line alone is never cut"


def test_marking_a_notebook_changes_no_slide_and_no_cell(tmp_path):
    source = sorted(ROOT.glob("notebooks/0[1-3]*.ipynb"))[0]
    before = nbformat.read(source, as_version=4)
    for cell in before.cells:
        cell.metadata.pop("slideshow", None)
    path = tmp_path / source.name
    nbformat.write(before, path)
    slides.mark([path])
    after = nbformat.read(path, as_version=4)
    assert slides.types(after) == slides.types(before)
    assert all(("slideshow" in cell.metadata) == (cell.cell_type == "markdown")
               for cell in after.cells)
    assert [c.source for c in after.cells] == [c.source for c in before.cells]
    written = path.read_bytes()
    slides.mark([path])
    assert path.read_bytes() == written


def test_pictures_leave_the_page_but_for_those_that_belong_in_it(tmp_path):
    from PIL import Image

    from colorlib.notebook.figures import data_uri

    uri = data_uri(Image.new("RGB", (40, 20), "red"))
    page = f'<p><img class="inline" src="{uri}" alt="in"><img class="x" src="{uri}" alt="out"></p>'
    lighter = lighten.lift_pictures(page, tmp_path, "../")
    (file,) = tmp_path.glob("_images/*")
    assert Image.open(file).size == (40, 20)
    assert lighter.count("data:") == 1 and f'src="../_images/{file.name}" loading="lazy"' in lighter
    assert 'width="40" height="20"' in lighter
    assert lighten.lift_pictures(lighter, tmp_path, "../") == lighter


def test_icons_are_drawn_in_the_page():
    drawn = lighten.ICON.sub(lighten.draw, '<i class="fa-solid fa-bars fa-lg" title="x"></i>')
    assert drawn.startswith("<svg") and "<path" in drawn and 'title="x"' in drawn
    unknown = '<i class="fa-solid fa-no-such-icon"></i>'
    assert lighten.ICON.sub(lighten.draw, unknown) == unknown


def test_buttons_without_a_name_get_one():
    page = ('<button class="btn search-button-field x" title="Search" aria-label="Search" y>Search '
            'Ctrl+K</button><summary><span class="toctree-toggle"></span></summary>')
    named = lighten.lighten(page)
    assert 'aria-label="Search"' not in named and '<summary aria-label="Pages below">' in named
    assert lighten.lighten(named) == named


def test_styles_for_what_is_on_no_page_are_left_out():
    kept = (':root{--a:1}.seen{b:1}.seen>.here,.gone{b:1}p{b:1}.seen:not(.gone){b:1}'
            '[class*=".gone"]{b:1}:is(.gone,.seen){b:1}@media print{.here{b:1}}')
    style = kept.replace("p{", ".gone{b:1}p{").replace("@media print{", "@media print{.gone p{b:1}")
    assert style != kept == bundle.thin(style, {"seen", "here"})


def test_progress_bars_stand_still():
    models = {
        "box": {"model_name": "HBoxModel", "state": {"children": ["IPY_MODEL_a", "IPY_MODEL_b"]}},
        "a": {"model_name": "HTMLModel", "state": {"value": "3\u2007of 4 &lt;"}},
        "b": {"model_name": "FloatProgressModel", "state": {"value": 3.0, "max": 4.0}},
        "c": {"model_name": "ButtonModel", "state": {}}}
    assert still.still("box", models) == (
        '<span>3 of 4 &lt;</span> <progress aria-label="progress" value="3" max="4"></progress> ')
    for name, word in (("c", "ButtonModel"), ("not there", "widget")):
        with pytest.raises(ValueError, match=word):
            still.still(name, models)


def test_policy_lets_in_the_scripts_that_a_page_has():
    page = ('<html><head><meta charset="utf-8">\n<script>a()</script></head><body>'
            '<script type="application/json">{}</script><script src="x.js"></script>'
            "<script>\n b < c </script><script>a()</script></body></html>")
    guarded = policy.guard(page)
    assert guarded.count("'sha256-") == 2 and policy.digest("\n b < c ") in guarded
    assert guarded.index("Content-Security-Policy") < guarded.index("<script>")
    assert policy.guard(guarded) == guarded, "twice is once"
    assert policy.policy(page.replace("a()", "evil()")) not in guarded


def test_students_see_no_answers_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    toc["parts"].append({"caption": "Planted", "chapters": [
        {"file": "book/instructor/exam"},
        {"file": "book/cite", "sections": [{"file": "book/instructor/answers"}]}]})
    kept = yaml.safe_dump(student.without_answers(toc))
    assert "solutions" not in kept and "instructor" not in kept
    assert "Solutions" not in kept, "a part without chapters"
    assert "book/cite" in kept and "notebooks/0[0-6]*" in kept


def test_no_page_of_the_students_leads_to_one_that_they_do_not_get():
    """The students' edition would stop at such a link; this finds it in a second."""
    for page in (ROOT / "book").rglob("*.md"):
        if "instructor" not in page.parts:
            text = re.sub(r"^% begin instructor.*?^% end instructor", "",
                          page.read_text(encoding="utf-8"), flags=re.S | re.M)
            assert not re.findall(r"\]\([./]*(?:instructor|notebooks/solutions)/", text), page


def test_students_see_no_passage_for_instructors():
    from types import SimpleNamespace

    import site_rules

    page = "Open.\n\n% begin instructor\nPLANTED\n% end instructor\n\nTo all.\n"
    for edition, seen in [("student", False), ("all", True)]:
        source, app = [page], SimpleNamespace(config=SimpleNamespace(edition=edition))
        site_rules.for_students(app, "", source)
        assert ("PLANTED" in source[0]) == seen and "To all." in source[0]


def test_zip_has_all_that_a_course_without_a_network_needs(tmp_path):
    site = tmp_path / "html"
    (site / "book").mkdir(parents=True)
    (site / "book" / "index.html").write_text("hello")
    names = {name for _, name in offline.files(site)}
    assert {"site/book/index.html", "colorlib/assets/course.safetensors", "pyproject.toml",
            "colorlib/assets/photos/china.jpg", "notebooks/00_start_here.ipynb"} <= names
    assert not any("__pycache__" in name or ".ipynb_checkpoints" in name for name in names)


def pdf(width):
    from pypdf import PdfWriter

    file, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(width, 300)
    writer.add_outline_item(title=f"page {width}", page_number=0)
    writer.write(file)
    return file.getvalue()


def test_printed_book_joins_pages_and_outlines_and_turns_addresses_into_pages(tmp_path):
    from pypdf import PdfReader, PdfWriter
    from pypdf.annotations import Link
    from pypdf.generic import Fit

    first = PdfWriter(clone_from=io.BytesIO(pdf(200)))
    for url in ("http://here/b.html#part", "https://elsewhere.org/", "http://here/slides/b.html"):
        first.add_annotation(0, Link(rect=(0, 0, 9, 9), url=url, fit=Fit.fit()))
    file = io.BytesIO()
    first.write(file)
    out = tmp_path / "book.pdf"
    assert printed.join([("http://here/a.html", file.getvalue()), ("http://here/b.html", pdf(300))],
                        out, None, "http://here", "https://ada.github.io/course/") == 2
    book = PdfReader(out)
    assert [item.title for item in book.outline] == ["page 200", "page 300"]
    inside, outside, beside = (note.get_object() for note in book.pages[0]["/Annots"])
    assert inside["/Dest"][0].get_object() == book.pages[1] and "/A" not in inside
    assert outside["/A"]["/URI"] == "https://elsewhere.org/"
    assert beside["/A"]["/URI"] == "https://ada.github.io/course/slides/b.html"


def test_contents_name_part_page_and_number():
    html = printed.contents("A", "B", [{"part": "Learn"}, {"title": "1 & 2", "url": "u"}], {"u": 7})
    assert "<h3>Learn</h3>" in html and "1 &amp; 2</b>7</a>" in html


@pytest.mark.parametrize("name", ["conf.json", "index.html.j2"])
def test_slides_template_asks_no_other_host(name):
    assert "http" not in (ROOT / "book" / "_ext" / "slides_template" / name).read_text()


def test_zip_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(offline, "ROOT", tmp_path)
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("x")
    (tmp_path / "README.md").write_text("y")
    offline.main(tmp_path / "html", tmp_path / "out.zip")
    names = set(zipfile.ZipFile(tmp_path / "out.zip").namelist())
    assert names == {"colorful/START_HERE.html", "colorful/OFFLINE.txt", "colorful/README.md",
                     "colorful/site/index.html"}


def test_lowest_versions_are_those_of_pyproject():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pins = lowest.bounds(text, ["torch==2.13.0"])
    assert "torch==2.13.0" in pins and len(pins) == 11
    assert all(f'"{pin.replace("==", ">=")}"' in text for pin in pins if "torch" not in pin)
    with pytest.raises(ValueError, match="not a dependency: jax"):
        lowest.bounds(text, ["jax==1"])


def report(performance=1.0, seo=1.0):
    """A report of Lighthouse with the parts of it that are read."""
    audits = {"label": (seo, "binary"), "lcp": (performance, "numeric"),
              "video": (None, "notApplicable")}
    refs = [{"id": name, "weight": 1} for name in audits] + [{"id": "advice", "weight": 0}]
    parts = {"performance": performance, "accessibility": 1, "best-practices": 1, "seo": seo}
    return {"categories": {k: {"score": v, "auditRefs": refs} for k, v in parts.items()},
            "audits": {k: {"score": v, "scoreDisplayMode": mode}
                       for k, (v, mode) in audits.items()}}


def test_lighthouse_names_each_score_below_its_limit_and_what_it_is_for():
    landing, chapter = list(lighthouse.PAGES)[:2]
    assert lighthouse.misses(landing, report(0.95)) == []
    assert lighthouse.misses(chapter, report(0.85)) == []
    assert lighthouse.misses(landing, report(0.94)) == [
        f"{landing}: performance is 94, must be 95: see its report"]
    assert lighthouse.misses(chapter, report(0.84, 0.5)) == [
        f"{chapter}: performance is 84, must be 85: label, lcp",
        f"{chapter}: seo is 50, must be 100: label, lcp"]
    assert lighthouse.scores(report(None))["performance"] == 0


@pytest.fixture
def host(tmp_path):
    for name in ("page.html", "look.css", "run.mjs", "data.json", "drawing.svg", "photo.png"):
        (tmp_path / name).write_bytes(b"color, " * 999)
    server = lighthouse.serve(tmp_path)
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name, smaller", [
    ("page.html", True), ("look.css", True), ("run.mjs", True), ("data.json", True),
    ("drawing.svg", True), ("photo.png", False)])
def test_lighthouse_gets_text_compressed_and_pictures_as_they_are(host, name, smaller):
    with urlopen(Request(host + name + "?v=1", headers={"Accept-Encoding": "gzip, br"})) as answer:
        body = answer.read()
    assert answer.headers["Content-Encoding"] == ("gzip" if smaller else None)
    assert int(answer.headers["Content-Length"]) == len(body) and (len(body) < 999) == smaller
    assert (gzip.decompress(body) if smaller else body) == b"color, " * 999
    with urlopen(host + name) as plain:  # who does not ask for it gets none
        assert plain.headers["Content-Encoding"] is None and plain.read() == b"color, " * 999


def test_lighthouse_says_in_one_line_what_is_lacking(tmp_path, monkeypatch, capsys):
    def said(*programs):
        monkeypatch.setattr(lighthouse.shutil, "which", {p: p for p in programs}.get)
        assert lighthouse.main(tmp_path, tmp_path / "out") == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    assert "no npx" in said("chromium")
    assert "no Chromium" in said("npx")
    assert "book/index.html is not there" in said("npx", "google-chrome")
    for page in lighthouse.PAGES:
        (tmp_path / page).parent.mkdir(exist_ok=True)
        (tmp_path / page).touch()
    failed = lighthouse.subprocess.CompletedProcess([], 1, "", "npm warn x\nnpm error code E\ny\n")
    monkeypatch.setattr(lighthouse.subprocess, "run", lambda *_, **__: failed)
    assert said("npx", "chromium") == "lighthouse: npm error code E"


def test_lighthouse_measures_a_slow_page_again_and_takes_the_best(tmp_path, monkeypatch):
    page = next(iter(lighthouse.PAGES))
    for given, best, left in (([0.96, 0.99], 96, 1), ([0.7, 0.8, 0.75, 1.0], 80, 1),
                              ([0.7, 0.97, 1.0], 97, 1)):
        rest = iter(given)
        monkeypatch.setattr(lighthouse, "look", lambda *_, rest=rest: report(next(rest)))
        found = lighthouse.measure(page, "http://localhost:1", tmp_path, "chromium")
        assert lighthouse.scores(found)["performance"] == best and len(list(rest)) == left


def test_lighthouse_ends_by_what_it_found(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lighthouse, "lacking", lambda *_: None)
    for seo, code in ((1.0, 0), (0.9, 1)):
        monkeypatch.setattr(lighthouse, "look", lambda *_, seo=seo: report(0.97, seo))
        assert lighthouse.main(tmp_path, tmp_path / "out") == code
        shown = capsys.readouterr()
        assert shown.out.splitlines() == [
            f"{page}: performance 97, accessibility 100, best-practices 100, seo {round(100 * seo)}"
            for page in lighthouse.PAGES]
        assert len(shown.err.splitlines()) == code * len(lighthouse.PAGES)


@pytest.mark.parametrize("assistant", [True, False])
def test_students_notebooks_carry_the_switch_only_when_asked(tmp_path, assistant):
    lessons = sorted((ROOT / "notebooks").glob("0[01]_*.ipynb"))
    student.hand_out(lessons, tmp_path / "out", assistant)
    assert "hints" in (tmp_path / "out" / "AGENTS.md").read_text()
    for path in lessons:
        made, original = (nbformat.read(where, as_version=4) for where in (
            tmp_path / "out" / path.name, path))
        off = made.metadata.pop("colab", {}).get("generative_ai_disabled", False)
        assert off is not assistant and made == original
