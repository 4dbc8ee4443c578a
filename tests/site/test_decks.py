"""Decks that a teacher can edit: a notebook beside each chapter's slides, and the way back."""

import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from conftest import ROOT

sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

import deck  # noqa: E402
import slides  # noqa: E402

PNG = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/p6K1WQAAAABJRU5E"
       "rkJggg==")
FIGURE = f'<div class="colorlib"><img src="data:image/png;base64,{PNG}" alt="A dot."></div>'


@pytest.fixture
def made():
    """A chapter's deck: two sections, a question, a formula, a picture, a widget's own form."""
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    shown = nbformat.v4.new_output("display_data", {
        "text/html": FIGURE, slides.WIDGET: {"model_id": "x"}, "text/plain": "dot"})
    return slides.deck(nbformat.v4.new_notebook(cells=[
        text("# 1. Title\n\nA promise."), code("install"), code("imports"),
        text("## One\n\nFirst said. And more.\n\n$$x = 1$$\n\n**Predict before you run.** What?"),
        code("show(fig)", outputs=[shown]), text("## Two\n\nLast said.")]))


def kinds(notebook):
    return [cell.metadata["slideshow"]["slide_type"] for cell in notebook.cells]


def test_deck_is_a_notebook_with_its_cuts_and_pictures(made, tmp_path):
    before = json.dumps(made)
    slides.save(made, "1. Title", tmp_path / "slides" / "01_title.ipynb")
    assert json.dumps(made) == before, "the deck itself stays as it is"
    read = nbformat.read(tmp_path / "slides" / "01_title.ipynb", as_version=4)
    nbformat.validate(read)
    assert kinds(read) == kinds(made) and {"slide", "subslide", "notes"} <= set(kinds(read))
    (output,) = [o for cell in read.cells for o in cell.get("outputs", [])]
    assert output.data == {"text/html": FIGURE, "text/plain": "dot"}, "no widget without a kernel"
    again = tmp_path / "again.ipynb"
    slides.save(made, "1. Title", again)
    assert again.read_bytes() == (tmp_path / "slides" / "01_title.ipynb").read_bytes()


def test_plain_nbconvert_cuts_it_too(made, tmp_path):
    slides.save(made, "1. Title", tmp_path / "deck.ipynb")
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "slides", "--no-input",
                    tmp_path / "deck.ipynb"], check=True, capture_output=True,
                   env={**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"})
    html = (tmp_path / "deck.slides.html").read_text()
    wanted = sum(kind in ("slide", "subslide") for kind in kinds(made))
    assert len(re.findall(r"<section[^>]*>(?!\s*<section)", html)) == wanted
    assert "A dot." in html and 'class="notes"' in html


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site" / "_static").mkdir(parents=True)
    (tmp_path / "site" / "_static" / "slides.css").write_text("")
    return tmp_path / "site"


def test_an_edited_deck_becomes_a_page_of_the_site(made, site, tmp_path):
    slides.save(made, "1. Title", tmp_path / "mine.ipynb")
    text = (tmp_path / "mine.ipynb").read_text().replace("First said.", "Said by me.")
    (tmp_path / "mine.ipynb").write_text(text)
    page = deck.main(tmp_path / "mine.ipynb", site)
    html = page.read_text()
    assert page == site / "slides" / "mine.html"
    assert "Said by me." in html and "First said." not in html
    assert 'src="../_images/' in html and 'alt="A dot."' in html and "Content-Security" in html
    (picture,) = (site / "_images").iterdir()
    assert picture.suffix == ".png"


@pytest.mark.parametrize("content, message", [
    ("no JSON", "is no notebook"),
    (nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("x")])),
     "no cell with a slide type")])
def test_what_is_no_deck_is_refused(content, message, site, tmp_path):
    (tmp_path / "x.ipynb").write_text(content)
    with pytest.raises(ValueError, match=message):
        deck.main(tmp_path / "x.ipynb", site)
    with pytest.raises(ValueError, match="is no site of the course"):
        deck.main(tmp_path / "x.ipynb", tmp_path)


@pytest.fixture
def app(tmp_path):
    """A build that has made the page of one chapter, whose notebook did not run."""
    page = "notebooks/01_title"
    for folder, name in (("src/notebooks", "01_title.ipynb"), ("out/notebooks", "01_title.html")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).write_text(nbformat.writes(nbformat.v4.new_notebook()))
    return SimpleNamespace(
        srcdir=tmp_path / "src", outdir=tmp_path / "out", builder=SimpleNamespace(format="html"),
        config=SimpleNamespace(edition="all"), env=SimpleNamespace(
            found_docs={page}, titles={page: SimpleNamespace(astext=lambda: "1. Title")},
            mystnb_config=SimpleNamespace(execution_cache_path=tmp_path / "cache")))


@pytest.mark.parametrize("edition", ["all", "student"])
def test_a_teachers_own_deck_takes_the_place_of_the_made_one(made, app, edition, capsys):
    app.config.edition = edition
    slides.build(app, None)
    assert "its slides are not made" in capsys.readouterr().err
    made.cells[0].source = "# Mine"
    slides.save(made, "1. Title", app.srcdir / "book" / "slides" / "01_title.ipynb")
    slides.build(app, None)
    assert "Mine" in (app.outdir / "slides" / "01_title.html").read_text()
    assert (app.outdir / "slides" / "01_title.ipynb").exists() == (edition == "all")
