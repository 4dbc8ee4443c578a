"""The files that the page "Try it" needs: the network as ONNX, what to know about it, examples."""

import hashlib
import json
import shutil
from pathlib import Path

from colorlib import Colorizer
from colorlib.images import samples
from colorlib.scale import export

EXAMPLES = ("china", "cat", "raccoon")
LIBRARY = Path(export.__file__).parent


def write_files(app, exception):
    """Next to the page's scripts; the export takes seconds, so it is made anew only if it must."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    runtimes = sorted((static / "vendor" / "onnxruntime-web").glob("*.wasm.gz"))
    folder = static / "try" / "model"
    folder.mkdir(parents=True, exist_ok=True)
    made_from = hashlib.sha256()
    weights = LIBRARY / "assets" / "course.safetensors"
    for path in (weights, LIBRARY / "export.py", Path(__file__), *runtimes):
        made_from.update(path.read_bytes())
    about = folder / "about.json"
    if about.exists() and json.loads(about.read_text())["made_from"] == made_from.hexdigest():
        return
    model = folder / "course.onnx"
    colorizer = Colorizer.from_pretrained("course")
    export.export_onnx(colorizer, model)
    about.write_text(json.dumps({
        "made_from": made_from.hexdigest(),
        "size": colorizer.size,
        "bins": colorizer.bins.tolist(),
        "bytes": {path.name: path.stat().st_size for path in (model, *runtimes)},
    }))
    (static / "try" / "photos").mkdir(exist_ok=True)
    for name in EXAMPLES:
        shutil.copy(samples()[name], static / "try" / "photos")


def setup(app):
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True}
