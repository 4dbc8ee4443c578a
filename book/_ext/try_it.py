"""The files that the page "Try it" needs: two networks as ONNX, what to know of them, examples.

The course's network goes out with the keys by which hints spread, see `rivals.hints`, and with what
each of its blocks gives, for a look inside.
"""

import hashlib
import json
import shutil
from pathlib import Path

from torch import nn

from colorlib import Colorizer
from colorlib.engine.counting import CONVOLUTIONS
from colorlib.images import samples
from colorlib.inference import SHIPPED
from colorlib.io.assets import asset
from colorlib.representation.features import BLOCKS
from colorlib.rivals import hints
from colorlib.rivals.interactive import ByHints
from colorlib.scale import export

RESULTS = Path(__file__).parents[2] / "results" / "photo.json"
OFFLINE = "try_offline.js"  # the service worker
TITLES = {"course": "The course's network", "photo": "The photo network"}
EXAMPLES = ("china", "cat", "raccoon")


def write_files(app, exception):
    """Next to the page's scripts; the export takes seconds, so it is made anew only if it must."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    runtimes = sorted((static / "vendor" / "onnxruntime-web").glob("*.wasm.gz"))
    folder = static / "try" / "model"
    folder.mkdir(parents=True, exist_ok=True)
    made_from = hashlib.sha256()
    weights = [asset(f"{name}.safetensors") for name in (*SHIPPED, "hints")]
    sources = [Path(module.__file__) for module in (export, hints)]
    for path in (*weights, *sources, Path(__file__), RESULTS, *runtimes):
        made_from.update(path.read_bytes())
    files = sorted(path for path in (static / "try").iterdir() if path.suffix in (".js", ".css")
                   and path.name != OFFLINE)
    for path in files:
        made_from.update(path.name.encode())
    shutil.copy(static / "try" / OFFLINE, app.outdir)
    (static / "try" / "photos").mkdir(exist_ok=True)
    for name in EXAMPLES:
        shutil.copy(samples()[name], static / "try" / "photos")
    about = folder / "about.json"
    if about.exists() and json.loads(about.read_text())["made_from"] == made_from.hexdigest():
        return
    networks, by_hints = {}, ByHints.from_pretrained()
    for name in SHIPPED:
        model, colorizer = folder / f"{name}.onnx", Colorizer.from_pretrained(name)
        if name == "course":
            export.export_onnx(by_hints, model, ("keys", "alone", *parts_of(by_hints.network)),
                               look_inside)
        else:
            export.export_onnx(colorizer, model)
        networks[name] = {"file": model.name, "size": colorizer.size, "bytes": model.stat().st_size,
                          "title": TITLES[name],
                          "parameters": sum(p.numel() for p in colorizer.network.parameters())}
    about.write_text(json.dumps({
        "made_from": made_from.hexdigest(),
        "networks": networks,
        "bins": colorizer.bins.tolist(),
        "quality": quality(),
        "near": by_hints.network.near.exp().item(),
        "blocks": {name: convolutions(part) for name, part in parts_of(by_hints.network).items()},
        "bytes": {path.name: path.stat().st_size for path in runtimes},
        "versions": {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
                     for path in (*runtimes, *folder.glob("*.onnx"))},
        # Small files that a page which works without a network needs, from the scripts' folder.
        "files": [*(path.name for path in files), "manifest.json", "icon.png", "../logo.svg",
                  "model/about.json", *(f"photos/{name}.jpg" for name in EXAMPLES),
                  *(f"../vendor/onnxruntime-web/{path.name}"
                    for path in runtimes[0].parent.glob("*.mjs"))],
    }))


def quality():
    """Points of rebalanced AuC above gray that each network has on held-out photographs."""
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))["collections"]["all of photos"]
    return {name: {"gain": measured[name]["auc_rebalanced"],
                   **dict(zip(("low", "high"), measured[name]["auc_rebalanced_interval"],
                              strict=True))} for name in SHIPPED}


def parts_of(network):
    """The blocks that the page shows, by name; the last one without the layer of the bins."""
    return {name: getattr(network, name) for name in BLOCKS} | {"model8": network.model8[:-1]}


def convolutions(part):
    """What it takes to find the pixels behind a place: see `engine.counting.receptive_field`."""
    return [{"kernel": layer.kernel_size[0], "stride": layer.stride[0],
             "padding": layer.padding[0], "dilation": layer.dilation[0],
             "transposed": isinstance(layer, nn.ConvTranspose2d)}
            for layer in part if isinstance(layer, CONVOLUTIONS)]


def look_inside(network, lightness):
    """The logits, the key of each place, its score of taking no hint, and what each block gives."""
    seen = []
    hooks = [part[-1].register_forward_hook(lambda module, given, output: seen.append(output))
             for part in parts_of(network).values()]
    own, keys = network.look(lightness)
    for hook in hooks:
        hook.remove()
    return own, keys, network.alone(keys), *seen


def add_manifest(app, pagename, templatename, context, doctree):
    """By it a browser offers to install the page."""
    if pagename == "book/try":
        context["metatags"] += '\n<link rel="manifest" href="../_static/try/manifest.json">\n'


def setup(app):
    app.connect("html-page-context", add_manifest, priority=900)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True}
