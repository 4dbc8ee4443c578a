"""The course as one zip that needs no network: `make offline`.

It holds the site, the notebooks, the library with its weights and sample photographs. A page opened
from a disk may not fetch another file: search shows its finds without their first lines there.
"""

import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
START = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Colorful</title>
<meta http-equiv="refresh" content="0; url=site/book/index.html">
<p><a href="site/book/index.html">Colorful: teach a machine to color</a></p></html>
"""
README = """Colorful, to go
===============

START_HERE.html   the site: open it in a browser
notebooks/        the chapters, and their solutions
colorlib/         the library, with its weights (assets/course.safetensors)
                  and sample photographs (assets/photos)

To run the notebooks, install the library once, where there is a network or a
mirror of pip's packages, then start Jupyter:

    python -m pip install . jupyterquiz jupyterlab
    jupyter lab notebooks
"""
KEPT = ["colorlib", "notebooks", "pyproject.toml", "README.md", "LICENSE", "LICENSE-PROSE",
        "CITATION.cff"]


def files(site: Path):
    """What goes in: each file, and its name in the zip."""
    for path in sorted(site.rglob("*")):
        if path.is_file():
            yield path, f"site/{path.relative_to(site).as_posix()}"
    for name in KEPT:
        for path in [ROOT / name, *sorted((ROOT / name).rglob("*"))]:
            inside = path.relative_to(ROOT)
            hidden = any(p.startswith(".") or p == "__pycache__" for p in inside.parts)
            if path.is_file() and not hidden:
                yield path, inside.as_posix()


def main(site: Path, out: Path) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("colorful/START_HERE.html", START)
        archive.writestr("colorful/OFFLINE.txt", README)
        for path, name in files(site):
            archive.write(path, f"colorful/{name}")
    print(f"{out.relative_to(ROOT)}: {out.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main(ROOT / "_build" / "html", ROOT / "_build" / "colorful-offline.zip")
