"""The pictures of the page "The Turing test": cut and colorized when the book is built."""

import hashlib
import json
import secrets
import shutil
from pathlib import Path

from colorlib import inference
from colorlib.images import samples
from colorlib.io.assets import asset
from colorlib.turing import pairs
from colorlib.turing.pairs import METHODS, make_pairs, picture
from colorlib.turing.sessions import fnv1a

MADE_FROM = [asset("course.safetensors"), *samples().values(),
             *(Path(module.__file__) for module in (pairs, inference)), Path(__file__)]


def write_files(app, exception):
    """Beside the page's scripts; made anew when the weights, photographs or code have changed."""
    if exception or app.builder.format != "html":
        return
    made_from = hashlib.sha256(b"".join(path.read_bytes() for path in MADE_FROM)).hexdigest()
    folder = Path(app.outdir) / "_static" / "turing"
    script = folder / "pictures.js"
    if script.exists() and made_from[:12] in script.read_text(encoding="utf-8"):
        return
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    (folder / "pictures").mkdir(parents=True)
    content = {"id": made_from[:12], **write_pictures(folder / "pictures")}
    script.write_text(f"window.TURING_PICTURES = {json.dumps(content)};\n", encoding="utf-8")


def write_pictures(folder):
    """The pairs as files whose names say nothing; the key of a pair is a hash of one name.

    That keeps the answers out of the text of the page and its scripts. It keeps nobody out who
    runs the hash: a page without a server can't.
    """
    salt, found = secrets.token_hex(8), {"colorized": [], "catch": []}

    def write(rgb):
        name = f"{secrets.token_hex(6)}.jpg"
        picture(rgb).save(folder / name, quality=86, subsampling=0)
        return name

    for pair in make_pairs():
        real = write(pair.real)
        fakes = {method: write(rgb) for method, rgb in pair.fakes.items()}
        names = {method: sorted([real, fake]) for method, fake in fakes.items()}
        found[pair.kind].append({"scene": pair.scene, "key": fnv1a(salt + real), "files": names})
    return {"salt": salt, "methods": list(METHODS), **found}


def setup(app):
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True}
