"""The page "Try it": a photo of the reader's own, colored in the browser as colorlib does it."""

import base64
import gzip
import io
import json
import shutil
import time
from xml.etree import ElementTree as XML

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import CHROMIUM, PHONE, SITE, WIDE, Visit, until
from PIL import Image

from colorlib import AbGamut, Colorizer, annealed_mean
from colorlib.color import into_gamut, lab_to_rgb, rgb_to_lab
from colorlib.images import sample
from colorlib.io.metadata import SOURCE

PAGE = "book/try.html"
PATIENCE = 120_000  # milliseconds, for machines that are busy with other things
AXE = next((SITE.parent.parent / "tests").rglob("axe.min.js"), None)
if not (SITE / PAGE).exists():
    pytest.skip("there is no site: run `make book` first", allow_module_level=True)


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer.from_pretrained("photo")


@pytest.fixture(scope="module")
def loaded(browser, site):
    """The page with its network fetched and an example colored; tests share it."""
    visit = Visit(browser.new_page(viewport=WIDE, service_workers="block"), site)
    visit.page.set_default_timeout(PATIENCE)
    page = visit.open(PAGE)
    page.click("[data-name='china.jpg']")
    settle(page)
    yield page
    assert visit.outside == [] and visit.errors == []
    page.close()


@pytest.fixture
def page(visit):
    visit.page.set_default_timeout(PATIENCE)
    yield visit.open(PAGE)
    assert visit.outside == []


def part(page, name):
    return page.locator(f"[data-part={name}]")


def settle(page):
    """Wait until the photo is in color, or the page says why it is not; returns what it says."""
    until(page, """/^Colored/.test(document.querySelector('[data-part=status]').textContent)
                   || document.querySelector('[data-part=problem]').textContent""")
    return part(page, "problem").text_content()


def give(page, file):
    part(page, "status").evaluate("status => { status.textContent = ''; }")
    part(page, "problem").evaluate("problem => { problem.textContent = ''; }")
    part(page, "file").set_input_files(file)
    return settle(page)


def as_file(image, kind="PNG", **options):
    """A picture as the file that a reader would choose."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return {"name": f"my photo.{kind.lower()}", "mimeType": f"image/{kind.lower()}",
            "buffer": buffer.getvalue()}


def shown(page, canvas=0):
    """What a canvas shows, (H, W, 3): 0 the colored picture, 1 the gray one."""
    url = page.locator("[data-part=stage] canvas").nth(canvas).evaluate("c => c.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def set_temperature(page, value):
    part(page, "slider").evaluate(
        "(slider, T) => { slider.value = T; slider.dispatchEvent(new Event('input')); }", value)
    until(page, "T => Number(document.getElementById('try').dataset.drawn) === T", value)


def same_color(one, other):
    """To one 8-bit step; where a pixel's color just fits its L or just does not, to two."""
    steps = np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int))
    assert steps.shape[-1] == 3
    return steps.max() <= 2 and (steps <= 1).mean() > 0.9999


def call(page, module, code, *arguments):
    """Run code with the exports of one of the page's modules, as `m`, and arguments, as `x`."""
    load = f"const m = await import('/_static/try/{module}');"
    return page.evaluate(f"async x => {{ {load} {code} }}", list(arguments))


def patience():
    """How many seconds pass now while a program gets one second of a core: 1 on an idle machine."""
    wall, cpu = time.perf_counter(), time.process_time()
    while time.process_time() - cpu < 0.2:
        pass
    return (time.perf_counter() - wall) / (time.process_time() - cpu)


def test_nothing_is_fetched_before_a_photo_is_chosen_and_then_little(visit):
    asked = []
    visit.page.on("request", lambda request: asked.append(request.url))
    page = visit.open(PAGE)
    assert not [url for url in asked if "onnx" in url or "worker" in url]
    page.click("[data-name='cat.jpg']")
    assert settle(page) == ""
    paths = {url.removeprefix(visit.home + "/").split("?")[0] for url in asked}
    paths = [path for path in paths if "/try/" in path or "onnx" in path]
    assert {"photo.onnx", "ort-wasm-simd-threaded.wasm.gz"} <= {p.split("/")[-1] for p in paths}
    wire = sum(len(gzip.compress((SITE / path).read_bytes())) for path in paths)
    assert wire <= 14e6
    assert visit.outside == [] and visit.errors == []


def test_lab_is_that_of_colorlib(loaded):
    rng = np.random.default_rng(0)
    corners = [[r, g, b] for r in (0, 1, 255) for g in (0, 1, 255) for b in (0, 1, 255)]
    rgb = np.concatenate([corners, rng.integers(0, 256, (4000, 3))])
    lab = rgb_to_lab(torch.tensor(rgb.T[..., None] / 255))[..., 0].T
    found = call(loaded, "color.js", "return x[0].map(p => m.rgbToLab(...p));", rgb.tolist())
    np.testing.assert_allclose(found, lab, atol=1e-3)
    flat = np.concatenate([rgb, np.full((len(rgb), 1), 255)], axis=1).ravel().tolist()
    found = call(loaded, "color.js", "return [...m.lightnessOf(new Uint8ClampedArray(x[0]))];",
                 flat)
    np.testing.assert_allclose(found, lab[:, 0], atol=0.01)
    # Any L with any ab, most of them colors that no screen can show at that L.
    asked = rng.uniform([0, -110, -110], [100, 110, 110], (4000, 3))
    found = call(loaded, "color.js", """
        const rgba = new Uint8ClampedArray(4 * x[0].length);
        x[0].forEach((lab, i) => m.writeLab(...lab, rgba, 4 * i));
        return [...rgba];""", asked.tolist())
    wanted = lab_to_rgb(into_gamut(torch.tensor(asked.T[..., None])))[..., 0].T * 255
    assert same_color(np.reshape(found, (-1, 4))[:, :3], wanted.round())


def test_bins_and_annealed_mean_are_those_of_colorlib(loaded, site):
    about = json.loads((SITE / "_static/try/model/about.json").read_text())
    assert about["bins"] == AbGamut().bins.tolist()
    logits = 3 * torch.randn(313, 3, 5, generator=torch.Generator().manual_seed(0))
    for T in (0, 0.05, 0.38, 1):
        wanted = annealed_mean(logits, AbGamut().bins, T).flatten(1)
        ab, shares, mean = call(loaded, "distribution.js", """
            const [logits, bins, T] = x;
            const shares = m.probabilities(logits, 15, 7, T);
            return [m.annealedMean(Float32Array.from(logits), 15, bins, T).map(a => [...a]),
                    [...shares], m.meanOf(shares, bins)];""",
            logits.flatten().tolist(), about["bins"], T)
        np.testing.assert_allclose(ab, wanted, atol=1e-3)
        np.testing.assert_allclose(mean, wanted[:, 7], atol=1e-3)
        assert sum(shares) == pytest.approx(1) and len(shares) == 313


@pytest.mark.parametrize("source, target", [((37, 53), (16, 24)), ((10, 300), (16, 8))])
def test_resizing_is_that_of_torch(loaded, source, target):
    image = torch.rand(source, generator=torch.Generator().manual_seed(0))
    reduced = call(loaded, "resize.js", """
        const [rows, [height, width]] = x;
        const reducer = new m.Reducer(rows[0].length, rows.length, width, height);
        rows.forEach(row => reducer.add(row));
        return [...reducer.result];""", image.tolist(), target)
    wanted = F.interpolate(image[None, None], target, mode="bilinear", antialias=True)
    np.testing.assert_allclose(reduced, wanted.flatten(), atol=1e-5)
    enlarged = call(loaded, "resize.js", """
        const [map, [h, w], [height, width]] = x;
        const enlarger = new m.Enlarger(map, w, h, width, height);
        return Array.from({length: height}, (_, y) => [...enlarger.row(y)]);""",
        image.flatten().tolist(), source, [5 * target[0], 7 * target[1]])
    sides = [5 * target[0], 7 * target[1]]
    wanted = F.interpolate(image[None, None], sides, mode="bilinear", align_corners=False)[0, 0]
    np.testing.assert_allclose(enlarged, wanted, atol=1e-4)


def test_a_photo_gets_the_colors_that_python_gives_it(loaded, colorizer):
    photo = sample("raccoon").resize((301, 203))
    assert give(loaded, as_file(photo)) == ""
    assert np.ptp(shown(loaded, 1), axis=-1).max() <= 1
    for T in (1, 0.5, 0.38):
        set_temperature(loaded, T)
        assert same_color(shown(loaded), colorizer(photo, T=T))
    # At T = 0 a tie between two bins may go either way.
    set_temperature(loaded, 0)
    steps = np.abs(shown(loaded).astype(int) - np.asarray(colorizer(photo, T=0)))
    assert (steps <= 1).mean() > 0.99
    set_temperature(loaded, 0.38)


def test_the_download_has_the_size_of_the_photo_and_pythons_colors(loaded, colorizer):
    photo = sample("china").resize((1400, 935))
    assert give(loaded, as_file(photo)) == ""
    assert max(shown(loaded).shape) < 1400
    with loaded.expect_download() as download:
        part(loaded, "download").click()
    assert download.value.suggested_filename == "my photo_color.png"
    saved = Image.open(download.value.path())
    assert saved.size == photo.size and said_by(saved)
    assert same_color(saved.convert("RGB"), colorizer(photo))


def said_by(saved):
    """Caption and source that a file has in its XMP, as `io.metadata` writes them."""
    packet = XML.fromstring(saved.info["xmp"] if "xmp" in saved.info
                            else saved.text["XML:com.adobe.xmp"])
    texts = [element.text for element in packet.iter() if (element.text or "").strip()]
    return any("colors are guesses" in text for text in texts) and SOURCE in texts


def test_a_jpeg_is_saved_with_its_caption(loaded):
    assert give(loaded, as_file(sample("cat"), "JPEG", quality=95)) == ""
    with loaded.expect_download() as download:
        part(loaded, "download").click()
    with Image.open(download.value.path()) as saved:
        saved.load()
        assert saved.format == "JPEG" and said_by(saved)


def test_a_jpeg_is_turned_upright_by_its_exif(loaded, colorizer):
    exif = Image.Exif()
    exif[0x0112] = 6  # a camera held upright
    turned = sample("cat").transpose(Image.Transpose.ROTATE_90)
    assert give(loaded, as_file(turned, "JPEG", quality=95, exif=exif)) == ""
    wanted = np.asarray(colorizer(sample("cat"))).astype(int)
    assert shown(loaded).shape == wanted.shape
    assert np.abs(shown(loaded) - wanted).mean() < 4  # it went through a JPEG, and its decoder


def test_transparency_stays(loaded):
    photo = sample("cat").resize((80, 60)).convert("RGBA")
    photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    assert give(loaded, as_file(photo)) == ""
    with loaded.expect_download() as download:
        part(loaded, "download").click()
    saved = Image.open(download.value.path())
    np.testing.assert_array_equal(saved.getchannel("A"), photo.getchannel("A"))


def put_twelve_megapixels(page):
    large = as_file(sample("china").resize((4000, 3000)), "JPEG", quality=90)
    page.evaluate(
        """async data => {
          const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
          window.large = new File([bytes], 'large.jpg', { type: 'image/jpeg' });
        }""", base64.b64encode(large["buffer"]).decode())


# A fixed piece of work, in the page: how fast this machine is, as busy as it is.
KERNEL = """() => {
    const [a, b] = [1, 2].map(value => new Float32Array(1 << 16).fill(value));
    const start = performance.now();
    for (let pass = 0; pass < 1000; pass++)
      for (let i = 0; i < a.length; i++) a[i] = 0.999 * a[i] + 0.001 * b[i];
    return (performance.now() - start) / 1000;
}"""
USUAL = 10  # times as long: 9.4 to 10.5 in four runs on two cores that others used, too


def test_twelve_megapixels_are_colored_in_proportion_to_a_fixed_piece_of_work(loaded):
    """In a tenfold of the usual proportion at most: no seconds, for machines differ."""
    put_twelve_megapixels(loaded)
    kernels = [loaded.evaluate(KERNEL)]
    seconds = [loaded.evaluate("""async () => {
        const status = document.querySelector('[data-part=status]');
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(window.large);
        const start = performance.now();
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
        while (!/^Colored: large/.test(status.textContent) || performance.now() - start < 50)
          await new Promise(requestAnimationFrame);
        return (performance.now() - start) / 1000;
    }""") for _ in range(3)]
    assert "4000 × 3000" in part(loaded, "status").text_content()
    kernels += [loaded.evaluate(KERNEL) for _ in range(3)]
    assert min(seconds) < 10 * USUAL * min(kernels), (seconds, kernels)


def test_the_slider_redraws_within_a_tenth_of_a_second(loaded):
    put_twelve_megapixels(loaded)
    loaded.evaluate("""() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(window.large);
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
    }""")
    until(loaded, "/^Colored: large/.test("
                  "document.querySelector('[data-part=status]').textContent)")
    busy = patience()
    times = part(loaded, "slider").evaluate("""async slider => {
        const times = [];
        for (const T of [0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.45, 0.38]) {
          const start = performance.now();
          slider.value = T;
          slider.dispatchEvent(new Event('input'));
          while (Number(document.getElementById('try').dataset.drawn) !== T)
            await new Promise(resolve => setTimeout(resolve, 1));
          times.push(performance.now() - start);
        }
        return times;
    }""")
    assert min(times) < 100 * max(busy, patience()), times


def test_a_touched_pixel_shows_its_distribution(loaded, colorizer):
    photo = sample("china").resize((480, 320))
    assert give(loaded, as_file(photo)) == ""
    set_temperature(loaded, 0.38)
    part(loaded, "stage").scroll_into_view_if_needed()
    box = part(loaded, "stage").bounding_box()
    before = part(loaded, "summary").text_content()
    loaded.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.9 * box["height"])
    until(loaded, "before => document.querySelector('[data-part=summary]').textContent !== before",
          before)
    x, y = map(int, part(loaded, "summary").text_content()[6:].split(", L")[0].split(", "))
    assert abs(x - 384) <= 2 and abs(y - 288) <= 2
    logits = colorizer.logits(photo)
    rows, columns = logits.shape[-2:]
    cell = logits[:, y * rows // 320, x * columns // 480, None, None]
    for name, T in (("annealed", 0.38), ("mean", 1), ("mode", 0)):
        row = loaded.locator(f"[data-mark={name}]")
        said = [int(row.locator(f".{axis}").text_content().replace("−", "-")) for axis in "ab"]
        wanted = annealed_mean(cell, colorizer.bins, T).flatten()
        assert np.abs(np.array(said) - wanted.numpy()).max() <= 0.51
    squares = part(loaded, "plane").locator("rect[fill]").evaluate_all(
        "all => all.map(r => Number(r.getAttribute('width')) ** 2)")
    shares = cell.softmax(0).flatten().numpy()
    np.testing.assert_allclose(np.array(squares) / 100, shares / shares.max(), atol=1e-3)


def test_everything_by_keyboard(loaded):
    loaded.locator("[data-name='cat.jpg']").press("Enter")
    until(loaded, "/^Colored: cat/.test("
                  "document.querySelector('[data-part=status]').textContent)")
    said = part(loaded, "summary").text_content()
    probe = loaded.get_by_role("application")
    probe.press("Shift+ArrowLeft")
    until(loaded, "before => document.querySelector('[data-part=summary]').textContent !== before",
          said)
    handle = loaded.get_by_role("slider", name="Before and after")
    handle.press("End")
    assert handle.get_attribute("aria-valuenow") == "100"
    handle.press("ArrowLeft")
    assert handle.get_attribute("aria-valuenow") == "98"
    slider = loaded.get_by_role("slider", name="Temperature")
    slider.press("ArrowRight")
    assert part(loaded, "temperature").text_content() == "0.39"
    slider.press("ArrowLeft")


def test_the_left_side_can_show_the_photo_as_it_came(loaded):
    photo = sample("china").resize((120, 80))
    assert give(loaded, as_file(photo)) == ""
    loaded.get_by_role("checkbox").check()
    np.testing.assert_array_equal(shown(loaded, 1), photo)
    loaded.get_by_role("checkbox").uncheck()
    assert np.ptp(shown(loaded, 1), axis=-1).max() <= 1


def test_a_pasted_picture_is_taken(loaded):
    part(loaded, "status").evaluate("s => { s.textContent = ''; }")
    data = base64.b64encode(as_file(sample("cat").resize((64, 48)))["buffer"]).decode()
    loaded.evaluate("""async data => {
        const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }));
        document.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    }""", data)
    assert settle(loaded) == ""
    assert "pasted.png, 64 × 48" in part(loaded, "status").text_content()


def test_bad_files_get_a_sentence_and_the_next_good_one_works(page):
    text = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"Dear reader"}
    whole = as_file(sample("cat").resize((200, 150)), "JPEG")
    torn = {**whole, "buffer": whole["buffer"][:300]}
    huge = as_file(Image.new("1", (10_000, 10_000)))
    for file, words in ((text, "JPEG, PNG or WebP"), (torn, "JPEG, PNG or WebP"),
                        (huge, "megapixels")):
        assert words in give(page, file)
        assert not part(page, "result").is_visible()
    assert give(page, as_file(sample("cat"))) == ""
    colored = shown(page)
    assert "JPEG, PNG or WebP" in give(page, text)
    set_temperature(page, 0.5)  # the photo before is still there, and moves
    set_temperature(page, 0.38)
    np.testing.assert_array_equal(shown(page), colored)


def test_offline_before_and_after_the_network_came(page):
    page.route("**/photo.onnx*", lambda route: route.abort())
    assert "connected" in give(page, as_file(sample("cat")))
    page.unroute("**/photo.onnx*")
    assert give(page, as_file(sample("cat"))) == ""
    page.route("**", lambda route: route.abort())
    page.context.set_offline(True)
    page.click("[data-name='china.jpg']")
    until(page, "/^Colored: china/.test("
                "document.querySelector('[data-part=status]').textContent)")
    assert give(page, as_file(sample("coffee"))) == ""
    page.context.set_offline(False)
    page.unroute("**")


def test_out_of_memory_is_said(page):
    """Simulated: the photo's code is replaced by code that asks for too much."""
    script = (SITE / "_static/try/photo.js").read_text()
    script = script.replace("forNetwork(size) {", "forNetwork(size) { new Float64Array(2 ** 52);")
    page.context.route("**/try/photo.js", lambda route: route.fulfill(
        body=script, content_type="text/javascript"))
    assert "out of memory" in give(page, as_file(sample("cat")))


def test_without_webassembly_the_page_says_so(page):
    """Simulated: it is taken away from the worker."""
    script = "delete self.WebAssembly;" + (SITE / "_static/try/worker.js").read_text()
    page.context.route("**/try/worker.js", lambda route: route.fulfill(
        body=script, content_type="text/javascript"))
    assert "WebAssembly" in give(page, as_file(sample("cat")))


# A GPU as the page sees it before it chooses; a runtime that takes it, and in what way it fails.
GPU = "Object.defineProperty(navigator, 'gpu', { value: %s, configurable: true });"
REAL = "{ requestAdapter: async () => ({ info: { isFallbackAdapter: false } }) }"
NO_GPU = {
    "no WebGPU": "undefined",
    "no adapter": "{ requestAdapter: async () => null }",
    "a refusal": "{ requestAdapter: async () => { throw new Error('no'); } }",
    "a simulated GPU": "{ requestAdapter: async () => ({ info: { isFallbackAdapter: true } }) }",
}
NO_SESSION = """
    export const env = { wasm: {} };
    export class Tensor {}
    const fail = () => { throw new Error('device lost'); };
    const never = () => new Promise(() => {});
    export const InferenceSession = { create: %s };"""
FAILURES = {
    "the session": "async () => fail()",
    "the first run": "async () => ({ run: async () => fail() })",
    "the first run's time": "async () => ({ run: never })",
    "the second run": "async () => ({ run: (i => async () => i++ ? fail() : { logits: "
                      "{ data: new Float32Array(313 * 8 * 12), dims: [1, 313, 8, 12] } })(0) })",
}
SMALL = (48, 32)  # a simulated GPU is slow


def with_gpu(page, gpu):
    """Replace what the worker knows of a GPU; gives the list of what is asked for from then on."""
    script = GPU % gpu + (SITE / "_static/try/worker.js").read_text()
    page.context.route("**/try/worker.js", lambda route: route.fulfill(
        body=script, content_type="text/javascript"))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def for_webgpu(asked):
    return [url for url in asked if ".jspi." in url]


@pytest.mark.parametrize("reason", NO_GPU)
def test_without_a_gpu_the_cpu_does_it_and_nothing_more_is_fetched(page, colorizer, reason):
    asked = with_gpu(page, NO_GPU[reason])
    photo = sample("raccoon").resize(SMALL)
    assert give(page, as_file(photo)) == ""
    assert "on the CPU (WebAssembly)" in part(page, "status").text_content()
    assert same_color(shown(page), colorizer(photo))
    assert any("onnx" in url for url in asked) and not for_webgpu(asked)


@pytest.mark.parametrize("failing", FAILURES)
def test_if_the_gpu_fails_the_cpu_takes_over(page, colorizer, failing):
    """Simulated: a GPU that says it is real, and a runtime for it that fails."""
    asked = with_gpu(page, REAL)
    page.context.route("**/ort.jspi.bundle.min.mjs", lambda route: route.fulfill(
        body=NO_SESSION % FAILURES[failing], content_type="text/javascript"))
    script = (SITE / "_static/try/network.js").read_text()
    assert "LIMIT = 10_000;" in script
    page.context.route("**/try/network.js", lambda route: route.fulfill(
        body=script.replace("LIMIT = 10_000;", "LIMIT = 1000;"), content_type="text/javascript"))
    photo = sample("raccoon").resize(SMALL)
    if failing == "the second run":
        assert give(page, as_file(photo)) == ""
        assert "on the GPU (WebGPU)" in part(page, "status").text_content()
        assert not same_color(shown(page), colorizer(photo))  # all logits are 0
    assert give(page, as_file(photo)) == ""
    assert "on the CPU (WebAssembly)" in part(page, "status").text_content()
    assert same_color(shown(page), colorizer(photo))
    assert for_webgpu(asked)


@pytest.fixture
def simulated_gpu(browser, site):
    """The page in a Chromium that simulates a GPU, if there is one that does within a minute."""
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    chromium = browser.browser_type.launch(executable_path=path, args=[
        "--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"])
    visit = Visit(chromium.new_page(viewport=WIDE), site)
    page = visit.open(PAGE + "?provider=webgpu")
    found = page.evaluate("""async () => {
        const late = new Promise(resolve => setTimeout(resolve, 60_000));
        const adapter = await Promise.race([navigator.gpu?.requestAdapter(), late]);
        return Boolean(adapter) && "Suspending" in WebAssembly;
    }""")
    if not found:
        chromium.close()
        pytest.skip("this Chromium simulates no GPU")
    yield visit
    chromium.close()


def test_webgpu_gives_the_colors_that_python_gives(simulated_gpu, colorizer):
    """On a GPU in software: that the results agree, and nothing about speed."""
    visit, asked = simulated_gpu, []
    visit.page.on("request", lambda request: asked.append(request.url))
    photo = sample("raccoon").resize(SMALL)
    assert give(visit.page, as_file(photo)) == ""
    assert "on the GPU (WebGPU)" in part(visit.page, "status").text_content()
    assert same_color(shown(visit.page), colorizer(photo))
    paths = {url.removeprefix(visit.home + "/").split("?")[0] for url in asked
             if "/try/" in url or "onnx" in url}
    assert "ort-wasm-simd-threaded.jspi.wasm.gz" in {path.split("/")[-1] for path in paths}
    assert not [path for path in paths if path.endswith("threaded.wasm.gz")]
    assert sum(len(gzip.compress((SITE / path).read_bytes())) for path in paths) <= 14e6
    assert visit.outside == [] and visit.errors == []


@pytest.mark.skipif(not AXE, reason="no axe-core in tests/")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_mend(loaded, scheme):
    loaded.emulate_media(color_scheme=scheme)
    assert give(loaded, as_file(sample("cat"))) == ""
    loaded.evaluate(AXE.read_text(encoding="utf-8"))  # a script tag is against the policy
    found = loaded.evaluate("axe.run('#try').then(result => result.violations)")
    loaded.emulate_media(color_scheme="light")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_a_colored_photo_fits_a_phone(loaded):
    assert give(loaded, as_file(sample("cat"))) == ""
    loaded.set_viewport_size(PHONE)
    assert loaded.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    loaded.set_viewport_size(WIDE)
