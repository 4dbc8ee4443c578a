"""What several tests need: real photographs, a browser. Where one is missing, they say so, skip."""

import json
import os
import re
import shutil
import threading
import time
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
STAGE = {"width": 1280, "height": 720}  # of slides
# An edition for a term (tools/term.py) says so on its first page, and installs from its own tag.
EDITION = re.search(r"^\*Edition (\S+), frozen on", (ROOT / "book" / "index.md").read_text("utf-8"),
                    re.M)
CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


LONG = os.environ.get("FAULTS") == "long"  # as `make faults` sets it
# What passed once passes again, everywhere; `make faults` looks for examples that nobody has tried.
settings.register_profile("same", derandomize=not LONG, deadline=None)
settings.load_profile("same")


@pytest.fixture(scope="session")
def counts(request):
    """How often each fault was tried: a Counter, which `make faults` keeps."""
    found = Counter()
    yield found
    if LONG:
        content = {"command": "make faults", **found, "failed tests": request.session.testsfailed}
        (ROOT / "results" / "faults.json").write_text(json.dumps(content, indent=1) + "\n")


@pytest.fixture(autouse=True)
def networks_stay():
    """A network that a test adds by name is gone after it."""
    from colorlib.networks import NETWORKS

    before = dict(NETWORKS)
    yield
    for name in NETWORKS.keys() - before:
        del NETWORKS[name]


@pytest.fixture(scope="session")
def imagenette():
    """Folder of the validation photographs, where COLORLIB_DATA has them; never a download."""
    folder = Path(os.environ.get("COLORLIB_DATA", "")) / "imagenette2-160" / "val"
    if not os.environ.get("COLORLIB_DATA") or not folder.is_dir():
        pytest.skip("no photographs: COLORLIB_DATA names no folder with imagenette2-160")
    return folder


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, driven by playwright."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = launch(playwright.chromium)
        yield chromium
        chromium.close()


def launch(chromium):
    """A browser of its own for a test; `chromium` is playwright's type of browser."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not path:
        pytest.skip("no Chromium on this machine")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-sync", "--disable-component-update",
             "--disable-background-networking"]
    return chromium.launch(executable_path=path, args=quiet)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def serve():
    """A function: folder to the address of a local server of its files."""
    servers = []

    def start(folder):
        server = ThreadingHTTPServer(("localhost", 0), partial(_Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://localhost:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def until(page, condition, arg=None, seconds=120):
    """Wait for a condition by asking again and again.

    Playwright's own wait evaluates a string in the page, which the site's policy forbids.
    """
    end = time.monotonic() + seconds  # a busy machine takes its time
    while not page.evaluate(condition, arg):
        assert time.monotonic() < end, f"waited in vain for {condition}\n{state(page)}"
        page.wait_for_timeout(30)


def state(page):
    """What the page says, and which of its workers run: for who looks for the cause."""
    said = page.evaluate("""["status", "problem"].map(
        name => document.querySelector(`[data-part=${name}]`)?.textContent)""")
    kept = page.evaluate("""() => navigator.serviceWorker?.getRegistrations().then(all => all.map(
        ({ scope, active }) => `${scope} ${active?.state}`))""")
    return f"it says {said}; workers: {[worker.url for worker in page.workers]}, {kept}"


FORMULAS = ("window.setFormulas ? setFormulas() : window.MathJax && "
            "MathJax.startup && MathJax.startup.promise")
# Fonts are asked for when a frame is drawn that needs them.
DRAWN = """async () => {
  const frame = () => new Promise(drawn => requestAnimationFrame(drawn));
  await frame();
  await frame();
  await document.fonts.ready;
}"""


class Visit:
    """A page opened in the browser, and all that went wrong on the way."""

    def __init__(self, page, address):
        self.page, self.home, self.path = page, address, None
        self.outside, self.errors = [], []
        self.asked, self.coming, self.loaded = [], set(), set()
        page.set_default_timeout(120_000)  # a busy machine takes its time
        page.on("request", self.on_request)
        page.on("requestfinished", lambda request: self.coming.discard(request))
        page.on("requestfailed", lambda request: self.coming.discard(request))
        page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("response", lambda r: r.status >= 400 and self.errors.append(f"{r.status} {r.url}"))

    def on_request(self, request):
        self.asked.append(request.url)
        self.coming.add(request)
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.outside.append(request.url)

    def open(self, path):
        self.page.goto(f"{self.home}/{path}", wait_until="load")
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate(FORMULAS)
        return self.page

    def turn_to(self, path):
        """Open a page as the next of many. It is ready when all that was asked for has come.

        `open` waits for half a second of silence more. Here the tests take longer than that, and
        look at the end for what was asked for in the meantime.
        """
        self.path = None  # unless it opens
        for kept in (self.outside, self.errors, self.asked, self.coming):
            kept.clear()
        self.page.goto(f"{self.home}/{path}", wait_until="load")
        if path == "index.html":  # it leads on by itself
            self.page.wait_for_url("**/book/index.html")
        self.page.evaluate(FORMULAS)
        self.page.evaluate(DRAWN)
        quiet, end = 0, time.monotonic() + 120
        while quiet < 3:
            assert time.monotonic() < end, f"{path} waits for {self.coming}"
            self.page.wait_for_timeout(20)
            quiet = 0 if self.coming else quiet + 1
        self.path, self.loaded = path, set(self.asked)


@pytest.fixture(scope="session")
def site(serve):
    return serve(SITE)


@pytest.fixture
def visit(browser, site):
    # What a service worker fetches is not seen by who watches the page.
    page = browser.new_page(viewport=WIDE, service_workers="block")
    yield Visit(page, site)
    page.close()


@pytest.fixture(scope="session")
def shared(browser, site):
    page = browser.new_page(viewport=WIDE, service_workers="block")
    yield Visit(page, site)
    page.close()


@pytest.fixture
def at(shared, path):
    """A visit of the page that a test's `path` names, wide and light.

    The tests of one page come one after the other and share it: it is loaded once, and each test
    leaves it as it found it.
    """
    size = STAGE if path.startswith("slides/") else WIDE
    if shared.path != path:
        shared.page.set_viewport_size(size)
        shared.turn_to(path)
    yield shared
    shared.page.set_viewport_size(size)
    shared.page.emulate_media(color_scheme="light")


@pytest.fixture(scope="session")
def axe_runs():
    """What axe-core found, run by run: tools/accessibility.py makes the report from it."""
    runs = []
    yield runs
    folder = ROOT / "_build" / "axe"
    folder.mkdir(exist_ok=True)
    name = os.environ.get("PYTEST_XDIST_WORKER", "all")
    (folder / f"{name}.json").write_text(json.dumps(runs), encoding="utf-8")


def pytest_collection_modifyitems(items):
    """What shares a page in the browser comes one after the other, behind all else."""
    items.sort(key=lambda item: item.callspec.params["path"]
               if "shared" in getattr(item, "fixturenames", ()) else "")
