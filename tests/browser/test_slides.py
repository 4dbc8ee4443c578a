"""The slides of each chapter, in a real browser."""

import re

import nbformat
import pytest
from conftest import ROOT, SITE, STAGE, Visit
from test_access import violations

DECKS = sorted(p.relative_to(SITE).as_posix() for p in SITE.glob("slides/*.html"))


@pytest.fixture
def deck(browser, site):
    page = browser.new_page(viewport=STAGE)
    visit = Visit(page, site)
    yield visit
    page.close()


def start(visit, path):
    page = visit.open(path)
    page.wait_for_selector("body[data-ready]")
    return page


def test_every_chapter_has_slides():
    chapters = {p.stem for p in ROOT.glob("notebooks/[0-9]*.ipynb")}
    assert {d[len("slides/"):-len(".html")] for d in DECKS} == chapters


@pytest.mark.parametrize("path", DECKS)
def test_each_deck_is_a_notebook_with_as_many_slides(path):
    file = (SITE / path).with_suffix(".ipynb")
    cells = nbformat.read(file, as_version=4).cells
    wanted = sum(cell.metadata["slideshow"]["slide_type"] in ("slide", "subslide")
                 for cell in cells)
    html = (SITE / path).read_text(encoding="utf-8")
    assert len(re.findall(r"<section[^>]*>(?!\s*<section)", html)) == wanted
    assert f'../slides/{file.name}"' in (SITE / "book" / "slides.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DECKS)
def test_slides_fit_and_can_be_read_from_the_back_row(at):
    """No other host, no error; every slide within its frame; text at least 26 of 720 px high."""
    page = at.page
    page.wait_for_selector("body[data-ready]")
    total = page.evaluate("Reveal.getTotalSlides()")
    assert total >= 10
    bad = page.evaluate("""async () => {
      const bad = [], met = new Set(), n = Reveal.getTotalSlides(), scale = Reveal.getScale();
      const wait = ms => new Promise(r => setTimeout(r, ms));
      for (let k = 0; k < n; k++) {
        const slide = Reveal.getCurrentSlide();
        met.add(slide);
        const seen = [...slide.querySelectorAll('img')].filter(i => i.offsetParent);
        seen.forEach(i => { i.loading = 'eager' });
        await Promise.all(seen.map(i => i.decode().catch(() => bad.push([k, 'picture', i.src]))));
        await wait(20);
        const text = slide.textContent.trim().slice(0, 60), box = slide.getBoundingClientRect();
        if (slide.scrollHeight > 725) bad.push([k, 'high', slide.scrollHeight, text]);
        if (slide.scrollWidth > 1285) bad.push([k, 'wide', slide.scrollWidth, text]);
        slide.querySelectorAll('p, li, td, th, h1, h2, h4, pre').forEach(e => {
          if (e.closest('aside, .colorlib, mjx-container')) return;
          const size = parseFloat(getComputedStyle(e).fontSize);
          if (size < 26) bad.push([k, e.tagName, size, e.textContent.slice(0, 30)]);
        });
        Reveal.next();
        while (Reveal.availableFragments().next) Reveal.next();
      }
      return met.size === n ? bad : [...bad, ['met', met.size, n]];
    }""")
    assert bad == []
    assert page.locator("mjx-merror").count() == 0
    assert at.errors == [] and at.outside == []
    assert page.evaluate("Reveal.isLastSlide()")


@pytest.mark.parametrize("path", DECKS)
def test_axe_finds_nothing_on_slides(at, axe_runs):
    page = at.page
    page.wait_for_selector("body[data-ready]")
    page.evaluate("Reveal.slide(0, 0, -1)")
    assert violations(page, axe_runs) == []
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    assert violations(page, axe_runs) == []


@pytest.mark.parametrize("path", DECKS)
def test_slides_show_no_stub_hint_or_answer(path):
    html = (SITE / path).read_text(encoding="utf-8")
    assert "checks." not in re.sub(r"<aside.*?</aside>", "", html, flags=re.S)
    assert "<details" not in html and "jupyterquiz" not in html.lower()
    name = path[len("slides/"):-len(".html")]
    solution = ROOT / "notebooks" / "solutions" / f"{name}.ipynb"
    lesson = ROOT / "notebooks" / f"{name}.ipynb"
    known = {line.strip() for cell in nbformat.read(lesson, 4).cells
             for line in cell.source.splitlines()}
    for cell in nbformat.read(solution, 4).cells:
        for line in map(str.strip, cell.source.splitlines()):
            if cell.cell_type == "code" and len(line) > 25 and line not in known:
                assert line not in html


def test_sliders_of_slides_move_by_keyboard(deck):
    page = start(deck, "slides/01_lab_color.html")
    page.evaluate("""() => { const s = document.querySelector('.colorlib input').closest('section');
      const at = Reveal.getIndices(s); Reveal.slide(at.h, at.v); }""")
    slider = page.locator("section.present section.present .colorlib input, "
                          "section.present:not(.stack) .colorlib input").first
    before, at = slider.input_value(), page.evaluate("Reveal.getIndices()")
    slider.press("ArrowLeft")
    assert slider.input_value() != before and page.evaluate("Reveal.getIndices()") == at
