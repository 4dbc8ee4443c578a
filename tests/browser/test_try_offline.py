""" "Try it" without a network: what it keeps, and that nothing of it is old after an update."""

import json
import shutil
import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from conftest import SITE, WIDE, Visit, launch, until
from PIL import Image
from test_try import PAGE, as_file, give, part, same_color, settle, shown
from test_try_hints import hints_on, reopen

from colorlib import Colorizer
from colorlib.images import sample
from colorlib.rivals.interactive import ByHints

PHOTO = (96, 64)
CACHED = """async () => (await Promise.all((await caches.keys()).map(async name =>
    (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat()"""


class Files(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class Host:
    """A server of a site that can be stopped, and started again at the same address."""

    def __init__(self, folder):
        self.folder, self.port = folder, 0
        self.start()

    def start(self):
        handler = partial(Files, directory=self.folder)
        self.server = ThreadingHTTPServer(("localhost", self.port), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def fall_silent(self):
        """From now on it takes every request and answers none."""
        self.stop()
        self.silent = socket.create_server(("localhost", self.port), backlog=100)

    @property
    def address(self):
        return f"http://localhost:{self.port}"


@pytest.fixture
def host(tmp_path):
    """The site, in which the files of "Try it" may be changed."""
    for path in SITE.iterdir():
        if path.name != "_static":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "_static").mkdir()
    for path in (SITE / "_static").iterdir():
        if path.name != "try":
            (tmp_path / "_static" / path.name).symlink_to(path)
    shutil.copytree(SITE / "_static" / "try", tmp_path / "_static" / "try")
    host = Host(tmp_path)
    yield host
    host.stop()


@pytest.fixture
def context(browser):
    """In a browser of its own: what service workers of other tests still do there is not this."""
    own = launch(browser.browser_type)
    yield own.new_context(viewport=WIDE)
    own.close()


def visited(context, host, expected=True):
    """A first visit, on which a photo is colored."""
    visit = Visit(context.new_page(), host.address)
    page = visit.open(PAGE)
    assert page.evaluate(CACHED) == []
    assert give(page, as_file(sample("cat").resize(PHOTO))) == ""
    kept(page, expected)
    assert visit.errors == [] and visit.outside == []
    return page


def kept(page, expected=True):
    until(page, "document.getElementById('try').dataset.kept")
    assert page.evaluate("document.getElementById('try').dataset.kept") == str(expected).lower()


def again(context, host):
    page = context.new_page()
    page.goto(f"{host.address}/{PAGE}", wait_until="load")
    return page


def test_after_the_first_visit_it_works_without_a_network(context, host):
    visited(context, host).close()
    host.stop()
    page = again(context, host)
    photo = sample("china").resize(PHOTO)
    assert give(page, as_file(photo)) == ""
    assert same_color(shown(page), Colorizer.from_pretrained("photo")(photo))
    for name in ("china", "cat", "raccoon"):
        page.evaluate("document.querySelector('[data-part=status]').textContent = ''")
        page.click(f"[data-name='{name}.jpg']")
        assert settle(page) == ""
    reopen(page, "#c03040 20,30\n")  # the network for hints was not fetched before
    until(page, "document.querySelector('[data-part=problem]').textContent")
    assert "could not be fetched" in part(page, "problem").text_content()
    assert page.evaluate("getComputedStyle(document.querySelector('.choose')).fontWeight") == "600"
    page.goto(f"{host.address}/{PAGE}?provider=wasm", wait_until="load")
    assert give(page, as_file(photo)) == ""


def test_a_network_that_gives_no_answer_is_none(context, host):
    visited(context, host).close()
    host.fall_silent()
    page = again(context, host)
    photo = sample("china").resize(PHOTO)
    assert give(page, as_file(photo)) == ""
    assert same_color(shown(page), Colorizer.from_pretrained("photo")(photo))


def test_hints_work_without_a_network_once_they_were_used(context, host):
    page = visited(context, host)
    page.evaluate("delete document.getElementById('try').dataset.kept")
    reopen(page, "#c03040 20,30\n")
    hints_on(page, 1)
    kept(page)
    page.close()
    host.stop()
    page = again(context, host)
    photo = sample("cat").resize(PHOTO)
    assert give(page, as_file(photo)) == ""
    reopen(page, "#c03040 20,30\n")
    hints_on(page, 1)
    wanted = ByHints.from_pretrained(base="photo")(photo, "#c03040 20,30")
    assert same_color(shown(page), wanted)


def update(folder):
    """Another network under the same name: the course's."""
    model = folder / "_static" / "try" / "model"
    about = json.loads((model / "about.json").read_text())
    shutil.copy(model / "course.onnx", model / "photo.onnx")
    about["networks"]["photo"] |= {key: about["networks"]["course"][key]
                                   for key in ("size", "bytes")}
    about["versions"]["photo.onnx"] = "another"
    (model / "about.json").write_text(json.dumps(about))


def weights(page):
    return [url for url in page.evaluate(CACHED) if "photo.onnx" in url]


def test_after_an_update_nothing_is_old(context, host):
    visited(context, host).close()
    update(host.folder)
    page = again(context, host)
    photo = sample("china").resize(PHOTO)
    wanted = Colorizer.from_pretrained("course")(photo)
    assert give(page, as_file(photo)) == ""
    assert same_color(shown(page), wanted)
    kept(page)
    assert [url.split("?")[1] for url in weights(page)] == ["v=another"]
    page.close()
    host.stop()
    page = again(context, host)
    assert give(page, as_file(photo)) == ""
    assert same_color(shown(page), wanted)


def test_an_update_comes_with_a_visit_alone(context, host):
    visited(context, host).close()
    update(host.folder)
    page = again(context, host)
    until(page, f"async () => (await ({CACHED})()).some(url => url.endsWith('?v=another'))")
    until(page, f"async () => (await ({CACHED})()).filter("
                "url => url.includes('photo.onnx')).length === 1")
    page.close()
    host.stop()
    page = again(context, host)
    photo = sample("china").resize(PHOTO)
    assert give(page, as_file(photo)) == ""
    assert same_color(shown(page), Colorizer.from_pretrained("course")(photo))


def test_half_an_update_is_none(context, host):
    """A file of the new version can't be had: what was kept stays, and fits together."""
    page = visited(context, host)
    before = sorted(page.evaluate(CACHED))
    page.close()
    update(host.folder)
    (host.folder / "_static/try/photos/cat.jpg").unlink()
    page = again(context, host)
    photo = sample("china").resize(PHOTO)
    assert give(page, as_file(photo)) == ""
    kept(page, expected=False)
    assert sorted(page.evaluate(CACHED)) == before
    page.close()
    host.stop()
    page = again(context, host)
    assert give(page, as_file(photo)) == ""
    assert same_color(shown(page), Colorizer.from_pretrained("photo")(photo))


def test_only_this_page_is_kept_and_only_once_it_was_used(context, host):
    page = Visit(context.new_page(), host.address).open(PAGE)
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
    visited(context, host)
    page.goto(f"{host.address}/book/index.html", wait_until="load")
    assert page.evaluate("navigator.serviceWorker.controller === null")
    page.goto(f"{host.address}/{PAGE}", wait_until="load")
    assert page.evaluate("navigator.serviceWorker.controller !== null")


def test_a_browser_can_install_it(context, host):
    visited(context, host)
    page = again(context, host)
    devtools = context.new_cdp_session(page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == [] and manifest["url"].endswith("/_static/try/manifest.json")
    said = json.loads(manifest["data"])
    folder = host.folder / "_static" / "try"
    assert (folder / said["start_url"]).resolve() == (SITE / PAGE).resolve()
    for icon in said["icons"]:
        assert (folder / icon["src"]).exists(), icon
    assert Image.open(folder / "icon.png").size == (512, 512)
    found = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [e["errorId"] for e in found if e["errorId"] != "in-incognito"] == []


def test_a_page_that_may_keep_nothing_works(browser, host):
    context = browser.new_context(viewport=WIDE, service_workers="block")
    page = visited(context, host, expected=False)
    assert np.ptp(shown(page), axis=-1).max() > 5
    context.close()
