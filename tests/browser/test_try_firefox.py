""" "Try it" in Firefox: it colors a photo as Python does, hints and the zip among it.

Playwright drives no Firefox of a Linux distribution; WebDriver BiDi, which Firefox speaks, does.
"""

import asyncio
import base64
import io
import json
import re
import shutil
import subprocess
import threading
import time
import zipfile

import numpy as np
import pytest
from conftest import SITE
from PIL import Image
from test_try import PAGE, as_file, same_color

from colorlib import Colorizer
from colorlib.images import sample
from colorlib.rivals.interactive import ByHints

PATIENCE = 120  # seconds
FIREFOX = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
websocket = pytest.importorskip("tornado.websocket")
if not FIREFOX:
    pytest.skip("no Firefox on this machine", allow_module_level=True)
if not (SITE / PAGE).exists():
    pytest.skip("there is no site: run `make book` first", allow_module_level=True)
# It asks no other host for anything of its own.
PREFERENCES = {"app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
               "browser.shell.checkDefaultBrowser": False, "network.captive-portal-service.enabled":
               False, "network.connectivity-service.enabled": False,
               "toolkit.telemetry.enabled": False, "extensions.update.enabled": False}


class Firefox:
    """A headless Firefox with one tab, by WebDriver BiDi."""

    def __init__(self, profile):
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines))
        # In a thread of its own: Playwright's loop runs in this one.
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        log = profile / "log.txt"  # a pipe would fill up
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [FIREFOX, "--headless", "--no-remote", "--profile", profile,
                 "--remote-debugging-port", "0", "about:blank"],
                stderr=file, stdout=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while not (found := re.search(r"BiDi listening on (ws://\S+)", log.read_text())):
            assert self.process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        self.last = 0
        self.wait(self._connect(f"{found[1]}/session"))
        self.ask("session.new", capabilities={})
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    async def _connect(self, address):
        self.socket = await websocket.websocket_connect(address, max_message_size=2**28)

    def wait(self, task):
        """What a coroutine gives, when it is done."""
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(PATIENCE)

    def ask(self, method, **parameters):
        return self.wait(self._ask(method, parameters))

    async def _ask(self, method, parameters):
        self.last += 1
        await self.socket.write_message(json.dumps(
            {"id": self.last, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await self.socket.read_message())
            if answer.get("id") == self.last:
                assert answer["type"] == "success", answer
                return answer["result"]

    def open(self, address):
        self.ask("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def run(self, code, *arguments):
        """Run the body of an async function with arguments as `x`; its result goes by JSON."""
        declared = (f"async () => {{ const x = {json.dumps(arguments)}; "
                    f"return JSON.stringify(await (async () => {{ {code} }})() ?? null); }}")
        found = self.ask("script.callFunction", functionDeclaration=declared, awaitPromise=True,
                         target={"context": self.tab})
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return json.loads(found["result"]["value"])

    def close(self):
        self.loop.call_soon_threadsafe(self.socket.close)
        self.process.terminate()
        self.process.wait(30)
        self.loop.call_soon_threadsafe(self.loop.stop)


HELPERS = """
    const part = (name) => document.querySelector(`[data-part=${name}]`);
    const until = async (condition) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const fileOf = ([name, type, data]) => new File(
      [Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type });
    const hand = (input, files) => {
      const list = new DataTransfer();
      files.map(fileOf).forEach((file) => list.items.add(file));
      input.files = list.files;
      input.dispatchEvent(new Event("change"));
    };
    const ended = (start) => until(() =>
      part("status").textContent.startsWith(start) || part("problem").textContent);
    const picture = () => document.querySelector("[data-part=stage] canvas").toDataURL();
"""


@pytest.fixture(scope="module")
def firefox(tmp_path_factory, site):
    firefox = Firefox(tmp_path_factory.mktemp("firefox"))
    try:
        firefox.open(f"{site}/{PAGE}")
        firefox.run(HELPERS + "await until(() => !part('controls').hidden);")  # the script is there
        firefox.run("""window.errors = [];
            addEventListener('error', e => errors.push(e.message));
            addEventListener('securitypolicyviolation', e => errors.push(e.blockedURI));""")
        yield firefox
        assert firefox.run("return errors;") == []
    finally:
        firefox.close()


def sent(image, name="my photo.png"):
    return [name, "image/png", base64.b64encode(as_file(image)["buffer"]).decode()]


def decoded(url):
    return Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB")


def test_firefox_colors_a_photo_and_takes_hints(firefox):
    photo = sample("raccoon").resize((160, 112))
    plain, hinted, said, problem = firefox.run(HELPERS + """
        hand(part("file"), [x[0]]);
        await ended("Colored");
        const plain = picture();
        hand(part("reopen"), [["hints.txt", "text/plain", btoa("#c03040 40,30\\n")]]);
        await until(() => document.getElementById("try").dataset.hints === "1"
          || part("problem").textContent);
        return [plain, picture(), part("status").textContent, part("problem").textContent];""",
        sent(photo))
    assert problem == "" and said.startswith("Colored: my photo.png, 160 × 112 pixels")
    assert same_color(decoded(plain), Colorizer.from_pretrained("photo")(photo))
    wanted = ByHints.from_pretrained(base="photo")(photo, "#c03040 40,30")
    assert same_color(decoded(hinted), wanted)
    assert np.abs(np.asarray(wanted).astype(int) - decoded(plain)).max() > 20


def test_firefox_keeps_the_page(firefox):
    assert firefox.run(HELPERS + """
        await until(() => document.getElementById("try").dataset.kept);
        const names = (await (await caches.open("colorful-try")).keys()).map(({ url }) => url);
        return [document.getElementById("try").dataset.kept,
                names.filter((url) => url.includes("photo.onnx?v=")).length];""") == ["true", 1]


def test_firefox_makes_a_zip(firefox):
    photos = [sample(name).resize((64, 48)) for name in ("cat", "china")]
    data = firefox.run(HELPERS + """
        const saved = new Promise((resolve) => {
          HTMLAnchorElement.prototype.click = function () {
            resolve(fetchless(this.href, this.download));
          };
        });
        const blobs = new Map(), make = URL.createObjectURL;
        URL.createObjectURL = (blob) => { const url = make.call(URL, blob); blobs.set(url, blob);
          return url; };
        const fetchless = async (url, name) => [name, Array.from(new Uint8Array(
          await blobs.get(url).arrayBuffer()))];
        hand(part("file"), x);
        return await saved;""", *(sent(photo, f"{i}.png") for i, photo in enumerate(photos)))
    assert data[0] == "photos_color.zip"
    with zipfile.ZipFile(io.BytesIO(bytes(data[1]))) as made:
        assert made.testzip() is None and made.namelist() == ["0_color.png", "1_color.png"]
        colorizer = Colorizer.from_pretrained("photo")
        for name, photo in zip(made.namelist(), photos, strict=True):
            picture = Image.open(io.BytesIO(made.read(name))).convert("RGB")
            assert same_color(picture, colorizer(photo))
