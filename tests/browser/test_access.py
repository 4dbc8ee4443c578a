"""The site for everybody: WCAG 2.2 AA as far as axe-core can see, and every control by keyboard."""

import json
import re

import pytest
from conftest import ROOT, SITE, WIDE, Visit, until
from test_pages import PAGES, contrast

AXE = (ROOT / "tests" / "browser" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page, runs=None):
    """What axe-core complains of, each with the elements that it means; noted in `runs` as well."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    told = page.evaluate("""tags => axe.run(document, {runOnly: {type: 'tag', values: tags},
      resultTypes: ['violations'], reporter: 'v1'}).then(r => ({
        violations: r.violations, axe: r.testEngine.version, page: location.pathname.slice(1),
        seen: `${document.documentElement.dataset.theme || 'light'}, ${innerWidth} pixels`,
        rules: Object.fromEntries(['passes', 'incomplete', 'violations'].map(
          kind => [kind, Object.fromEntries(r[kind].map(rule => [rule.id, rule.help]))]))}))""",
                         RULES)
    found = told.pop("violations")
    if runs is not None:
        runs.append(told)
    return [f"{v['id']}: {n['target']} {n['html'][:150]} {n['failureSummary'][-150:]}"
            for v in found for n in v["nodes"][:5]]


@pytest.fixture
def open_in(browser, site):
    """A function that opens a page in the light or dark theme."""
    pages = []

    def start(path, scheme="light"):
        page = browser.new_page(viewport=WIDE, color_scheme=scheme)
        pages.append(page)
        return Visit(page, site).open(path)

    yield start
    for page in pages:
        page.close()


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(at, axe_runs):
    """In the light theme and in the dark one."""
    for scheme in ("light", "dark"):
        in_theme(at.page, scheme)
        assert violations(at.page, axe_runs) == [], scheme


def test_the_report_on_accessibility_is_of_these_pages():
    report = json.loads((ROOT / "results" / "accessibility.json").read_text("utf-8"))
    slides = {path.relative_to(SITE).as_posix() for path in SITE.glob("slides/*.html")}
    wanted = {*PAGES, *slides} - {"index.html"}  # it leads on to another
    assert set(report["pages"]) == wanted, "run `make accessibility`"


def in_theme(page, scheme):
    """The page in a theme, with its colors as they end up."""
    page.emulate_media(color_scheme=scheme)
    until(page, "s => document.documentElement.dataset.theme === s", scheme)
    page.evaluate("document.getAnimations().forEach(a => a.finish())")


def test_axe_sees_what_is_wrong(open_in):
    """The test above can fail."""
    page = open_in("book/cite.html")
    page.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', "
                  "'<img src=x><p style=\"color:#999;background:#fff\">pale</p><input>')")
    found = " ".join(violations(page))
    assert all(rule in found for rule in ("image-alt", "color-contrast", "label"))


WITH_QUIZ = [p for p in PAGES if "The quiz needs JavaScript" in (SITE / p).read_text("utf-8")]


@pytest.mark.parametrize("path", WITH_QUIZ)
def test_quizzes_answer_by_keyboard(at):
    """Every question: Tab reaches an answer, Space or Enter picks it, and words say how it went."""
    page = at.page
    quizzes = page.locator(".Quiz").all()
    assert quizzes
    for quiz in quizzes:
        feedback = quiz.locator(".Feedback")
        assert feedback.inner_text().strip() == ""
        answer = quiz.locator("input, button").first
        answer.focus()
        page.keyboard.press("Space")
        assert len(feedback.inner_text()) > 10
        assert feedback.get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("path", [p for p in PAGES if "<details" in (SITE / p).read_text("utf-8")])
def test_toggles_open_by_keyboard(at):
    page, toggles = at.page, at.page.locator(".bd-article details")
    before = toggles.evaluate_all("all => all.map(toggle => toggle.open)")
    for toggle in toggles.all():
        head = toggle.locator("summary").first
        if not head.is_visible():  # what "Try it" shows when it has a photo has tests of its own
            continue
        was, focused = head.evaluate("""head => {
          head.focus();
          return [head.parentElement.open, document.activeElement === head];
        }""")
        assert focused
        page.keyboard.press("Enter")
        assert toggle.evaluate("toggle => toggle.open") != was
    toggles.evaluate_all("(all, before) => all.forEach((t, i) => { t.open = before[i]; })", before)


def test_photograph_gets_its_colors_by_pointer_and_by_key(open_in):
    page = open_in("book/index.html")
    page.wait_for_selector("#paint canvas")
    share = """() => {
      const c = document.querySelector('#paint canvas');
      const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0;
      for (let i = 3; i < d.length; i += 4) n += d[i] < 128;
      return 4 * n / d.length;
    }"""
    assert page.evaluate(share) == 0, "gray at first"
    box = page.locator("#paint canvas").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 60)
    page.mouse.move(box["x"] + 300, box["y"] + 100, steps=5)
    painted = page.evaluate(share)
    assert 0.02 < painted < 0.9
    page.keyboard.press("Escape")
    again = page.locator("#paint button")
    again.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(share) == 0
    slider = page.locator("#paint input")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(share) == pytest.approx(0.5, abs=0.02)
    assert "50 percent" in slider.get_attribute("aria-valuetext")
    page.keyboard.press("End")
    assert page.evaluate(share) == 1


def test_search_finds_annealed_mean(open_in):
    page = open_in("search.html?q=annealed+mean")
    page.wait_for_selector("#search-results li a")
    titles = page.locator("#search-results li a").all_inner_texts()
    assert any("Annealed mean" in title or "annealed mean" in title for title in titles), titles


def test_search_opens_by_keyboard_from_any_page(open_in):
    page = open_in("book/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("annealed mean")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=annealed*")
    page.wait_for_selector("#search-results li a")


FIGURES = """() => [...document.querySelectorAll('.bd-article .cell_output img')]
  .filter(i => i.offsetParent).map(i => {
    const c = document.createElement('canvas'), [w, h] = [i.naturalWidth, i.naturalHeight];
    c.width = w; c.height = h;
    const pen = c.getContext('2d'); pen.drawImage(i, 0, 0);
    const d = pen.getImageData(0, 0, w, h).data;
    let clear = false;
    for (let k = 3; k < d.length && !clear; k += 4) clear = d[k] < 250;
    let ground = i;
    while (ground && getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)')
      ground = ground.parentElement;
    return {src: i.src.slice(-40), clear, filter: getComputedStyle(i).filter,
            ground: ground ? getComputedStyle(ground).backgroundColor : 'rgb(255, 255, 255)'};
  })"""


@pytest.mark.parametrize("path", [p for p in PAGES if p.startswith("notebooks/0")])
def test_figures_keep_their_contrast_in_the_dark(at):
    """Lines are dark: what shows through a figure has to be light, and nothing dims it."""
    page = at.page
    in_theme(page, "dark")
    page.evaluate("async () => { const all = [...document.images].filter(i => i.offsetParent); "
                  "all.forEach(i => { i.loading = 'eager' }); "
                  "await Promise.all(all.map(i => i.decode())) }")
    figures = page.evaluate(FIGURES)
    assert figures
    for figure in figures:
        assert figure["filter"] == "none", figure
        if figure["clear"]:
            assert contrast("rgb(34, 34, 34)", figure["ground"]) >= 7, figure


def test_frames_wait_until_they_are_wanted(browser, site):
    """A page shows one frame of each figure, and fetches the others when a slider is reached."""
    page = browser.new_page()
    fetched = []
    page.on("request", lambda r: "_images/" in r.url and fetched.append(r.url))
    Visit(page, site).open("notebooks/01_lab_color.html")
    before, frames = len(fetched), page.locator(".colorlib-frame img").count()
    assert before < frames
    slider = page.locator(".colorlib input[type=range]").first
    slider.focus()
    page.wait_for_load_state("networkidle")
    assert len(fetched) > before
    page.close()


def test_every_name_of_the_library_leads_to_its_chapter():
    """Each function and class of the reference that a chapter teaches."""
    pages = sorted((SITE / "book" / "reference").glob("api_*.html"))
    html = "".join(page.read_text("utf-8") for page in pages)
    names = html.count('<dt class="sig sig-object py"')
    linked = html.count("<em>Chapter</em>")
    assert linked >= 60 and names > linked  # methods and attributes belong to their class
    expected = {"rgb_to_lab": "01_lab_color", "AbGamut": "02_gamut", "annealed_mean":
                "06_annealed_mean", "class_weights": "03_rebalancing", "Zhang": "04_cnn"}
    for name, chapter in expected.items():
        at = re.search(rf'id="colorlib\.\w+\.{name}"', html).start()
        assert f"notebooks/{chapter}.html" in html[at:at + 6000].split('<dt class="sig')[0], name


def test_status_tells_versions_and_times():
    html = (SITE / "book" / "status.html").read_text("utf-8")
    assert "torch" in html and "colorlib" in html
    for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb")):
        assert f"notebooks/{path.stem}" in html


def test_pages_say_what_they_are_and_where(open_in):
    for path in ("book/index.html", "notebooks/01_lab_color.html"):
        page = open_in(path)
        said = page.evaluate("[...document.querySelectorAll('meta[name=description]')]"
                             ".map(m => m.content)")
        assert len(said) == 1 and 40 < len(said[0]) < 170, json.dumps(said)


@pytest.mark.parametrize("path", ["book/index.html", *(p for p in PAGES
                                                       if p.startswith("notebooks/0"))])
def test_pages_weigh_little(at):
    """All that a page fetches of a server that compresses nothing."""
    files = {url.removeprefix(at.home).split("?")[0] for url in at.loaded
             if url.startswith(at.home)}
    weight = sum((SITE / name.lstrip("/")).stat().st_size for name in files)
    assert 50_000 < weight < (600_000 if at.path == "book/index.html" else 4_000_000)
