"""The built site, page by page, in a real browser. Run by `make test`, after `make book`."""

import re

import pytest
from conftest import PHONE, ROOT, SITE, WIDE, Visit


def find_pages():
    """Every page of the book; slides have tests of their own."""
    pages = (path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    others = ("_static/", "_sphinx", "reports/", "slides/")
    return sorted(p for p in pages if not p.startswith(others))


PAGES = find_pages()
if not PAGES:
    pytest.skip("there is no site: run `make book` first", allow_module_level=True)


def test_front_page_leads_to_the_course(visit):
    page = visit.open("index.html")
    page.wait_for_url("**/book/index.html")
    assert "Colorful" in page.title()


def test_every_notebook_has_a_page():
    notebooks = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("notebooks/solutions/*.ipynb")]
    assert {p.relative_to(ROOT).with_suffix(".html").as_posix() for p in notebooks} <= set(PAGES)


@pytest.mark.parametrize("path", PAGES)
def test_page(at):
    """Nothing from another host, no error, every picture there, nothing wider than a phone."""
    page = at.page
    assert at.outside == []
    assert at.errors == []
    assert page.locator(".bd-article h1, .bd-search-container h1").count() == 1
    broken = page.eval_on_selector_all(
        "img", "all => all.filter(i => i.complete && !i.naturalWidth).map(i => i.src.slice(0, 99))"
    )
    assert broken == []
    nameless = page.eval_on_selector_all(
        ".bd-article img", "all => all.filter(i => !i.alt.trim()).map(i => i.src.slice(0, 99))"
    )
    assert nameless == [], "pictures without alt text"
    assert page.locator("mjx-merror").count() == 0, "a formula that MathJax can't set"
    page.set_viewport_size(PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{widest(page)} make the page {wide} px wide"


def widest(page):
    """The elements that stick out of the window, for the message."""
    return page.evaluate(
        """[...document.querySelectorAll('body *')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 8).map(e => e.tagName + '.' + e.className)"""
    )


WITH_SLIDERS = [p for p in PAGES if 'class="colorlib-frame"' in (SITE / p).read_text("utf-8")]


# A figure's frames that can be seen, its slider's text and whether it is at its end.
SHOWN = """slider => {
  const frames = [...slider.closest('.colorlib').querySelectorAll('.colorlib-frame')];
  return [frames.flatMap((f, i) => f.offsetParent ? [i] : []),
          slider.getAttribute('aria-valuetext'), slider.value === slider.max];
}"""


@pytest.mark.parametrize("path", WITH_SLIDERS)
def test_sliders_move_by_keyboard_without_a_kernel(at):
    """And back."""
    sliders = at.page.locator(".colorlib:has(.colorlib-frame) input[type=range]").all()
    assert sliders
    for slider in sliders:
        before, words, at_end = slider.evaluate(SHOWN)
        slider.press("ArrowLeft" if at_end else "ArrowRight")
        after, other_words, _ = slider.evaluate(SHOWN)
        assert len(before) == len(after) == 1 and before != after
        assert other_words != words
        slider.press("ArrowRight" if at_end else "ArrowLeft")
        assert slider.evaluate(SHOWN) == [before, words, at_end]
    assert at.errors == [] and at.outside == []


@pytest.mark.parametrize("path", PAGES)
def test_local_links_lead_somewhere(path):
    html = (SITE / path).read_text(encoding="utf-8")
    html = re.sub(r"(<script\b[^>]*>).*?</script>", r"\1", html, flags=re.S)  # quizzes hold HTML
    base = (SITE / path).parent
    links = {re.split("[?#]", link)[0] for link in re.findall(r'(?:href|src)="([^"]+)"', html)}
    local = {link for link in links if link and not re.match(r"[a-z]+:|//", link)}
    assert [link for link in sorted(local) if not (base / link).exists()] == []


def test_search_finds_a_page(visit):
    page = visit.open("search.html?q=gamut")
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li a").count() >= 2
    assert visit.errors == [] and visit.outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_page(browser, site, scheme):
    page = browser.new_page(viewport=WIDE, color_scheme=scheme)
    Visit(page, site).open("book/index.html")
    text, ground = page.evaluate(
        """['color', 'background-color'].map((property, i) => {
          const node = document.querySelector(i ? 'body' : '.bd-article p')
          return getComputedStyle(node).getPropertyValue(property)
        })"""
    )
    page.close()
    assert contrast(text, ground) >= 4.5, (text, ground)


def contrast(one, two):
    """Ratio of two css colors' luminances, as WCAG 2 has it."""
    def luminance(css):
        rgb = [int(x) / 255 for x in re.findall(r"\d+", css)[:3]]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in rgb]
        return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted([luminance(one), luminance(two)])
    return (light + 0.05) / (dark + 0.05)
