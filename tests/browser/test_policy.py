"""The content security policy of every page: the site passes it, what comes into it does not."""

import re

import pytest
from conftest import SITE, WIDE, until
from test_pages import PAGES

DECKS = sorted(p.relative_to(SITE).as_posix() for p in SITE.glob("slides/*.html"))
WATCH = """window.refused = [];
document.addEventListener("securitypolicyviolation", e => refused.push(
  [e.effectiveDirective, e.blockedURI, e.sourceFile, e.lineNumber, e.sample].join(" ")));"""
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


@pytest.fixture(scope="module")
def watched(browser):
    """One page for all: what a site needs on each of its pages is fetched once."""
    page = browser.new_page(viewport=WIDE)
    page.add_init_script(WATCH)
    yield page
    page.close()


@pytest.mark.parametrize("path", [*PAGES, *DECKS])
def test_every_page_has_a_strict_policy_above_all_that_it_loads(path):
    html = (SITE / path).read_text("utf-8")
    assert len(POLICY.findall(html)) == 1
    before = html[:POLICY.search(html).start()]
    assert "<script" not in before and "<link" not in before, "what stands above it is not held"
    rules = dict(rule.split(" ", 1) for rule in POLICY.search(html)[1].split("; "))
    assert rules["default-src"] == "'none'"
    assert "unsafe-inline" not in rules["script-src"] and "unsafe-eval'" not in \
        rules["script-src"].replace("'wasm-unsafe-eval'", "")


def test_a_visit_has_what_the_policy_refuses_among_its_errors(visit, site):
    """So a page or slide that wants what its own policy forbids fails its test."""
    path = f"{site}/book/cite.html"
    html = (SITE / "book/cite.html").read_text("utf-8")
    open_as(visit.page, path, html.replace("</head>", f"</head>{ATTACKS['a script in the page']}"))
    visit.page.wait_for_timeout(200)
    assert any("Content Security Policy" in error for error in visit.errors)


ATTACKS = {
    "a script in the page": "<script>window.broken = 1</script>",
    "a handler": "<img src='no.png' onerror='window.broken = 1'>",
    "a script of another host": "<script src='http://127.0.0.1:9/a.js'></script>",
    "a script from data": "<script src='data:text/javascript,window.broken=1'></script>",
    "another base": "<base href='http://127.0.0.1:9/'>",
    "a frame of another host": "<iframe src='http://127.0.0.1:9/'></iframe>",
    "a picture of another host": "<img src='http://127.0.0.1:9/a.png'>",
}


def open_as(page, address, html):
    """Another page than the server has there."""
    def answer(route):
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route(address, answer)
    page.goto(address, wait_until="load")
    page.unroute(address)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("path", ["book/index.html", "notebooks/01_lab_color.html",
                                  "slides/01_lab_color.html", "book/try.html"])
def test_what_gets_into_a_page_does_not_run(watched, site, path, attack):
    """Put into the page on its way, as by a fault of whatever wrote it."""
    html = (SITE / path).read_text("utf-8").replace("</head>", f"</head>{ATTACKS[attack]}", 1)
    open_as(watched, f"{site}/{path}", html)
    until(watched, "refused.length >= 1")
    assert watched.evaluate("window.broken === undefined")


def test_the_attacks_work_where_there_is_no_policy(watched, site):
    """The tests above can fail."""
    path = "book/cite.html"
    for attack in ("a script in the page", "a handler", "a script from data"):
        html = POLICY.sub("", (SITE / path).read_text("utf-8"))
        html = html.replace("</head>", f"</head>{ATTACKS[attack]}", 1)
        open_as(watched, f"{site}/{path}", html)
        assert watched.evaluate("window.broken") == 1, attack


def test_text_and_link_that_a_script_writes_do_not_run(watched, site):
    """Also what comes later: by innerHTML, as code from a string, by the address of a link."""
    watched.goto(f"{site}/book/index.html", wait_until="load")
    watched.evaluate("""() => {
      document.body.insertAdjacentHTML('beforeend',
        '<img src=x onerror="window.broken = 1">' +
        '<a id=lure href="javascript:window.broken = 1">x</a>');
      const s = document.createElement('script');
      s.textContent = 'window.broken = 1';
      document.body.append(s);
      document.getElementById('lure').click();
    }""")
    until(watched, "refused.length >= 3")
    assert watched.evaluate("window.broken === undefined")


def test_notes_open_in_a_window_of_the_speaker(watched, site):
    """reveal.js writes a script into that window, which has the policy of the slides."""
    watched.goto(f"{site}/slides/01_lab_color.html", wait_until="load")
    watched.wait_for_selector("body[data-ready]")
    with watched.expect_popup() as opened:
        watched.keyboard.press("s")
    opened.value.wait_for_selector(".speaker-controls-notes .value", state="attached")
    until(opened.value, "document.querySelector('#current-slide iframe') !== null")
    assert watched.evaluate("refused") == []
    opened.value.close()
