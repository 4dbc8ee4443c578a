"""A deck that a teacher has edited, as a page of slides.

    python tools/deck.py my_slides.ipynb [FOLDER]

The deck is a notebook as the site offers it beside each chapter's slides: the metadata
`slideshow.slide_type` of a cell says where a slide begins. The page goes into the site that
`make book` built, _build/html/slides, since it takes its styles and scripts from there.
"""

import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "book" / "_ext"))

import policy  # noqa: E402
from slides import exporter, render  # noqa: E402


def main(path: Path, site: Path) -> Path:
    """Make the page; where it is. ValueError if there is no site, or no deck."""
    if not (site / "_static" / "slides.css").is_file():
        raise ValueError(f"{site} is no site of the course: `make book` builds it")
    try:
        made = nbformat.read(path, as_version=4)
    except Exception as error:  # whatever a file that is no notebook leads to
        raise ValueError(f"{path} is no notebook ({error})") from None
    if not any("slideshow" in cell.metadata for cell in made.cells):
        raise ValueError(f"{path} has no cell with a slide type: begin with a deck from the site")
    chapter = site / "notebooks" / f"{path.stem}.html"
    page = f"../notebooks/{path.stem}.html" if chapter.exists() else "../book/slides.html"
    out = site / "slides" / f"{path.stem}.html"
    render(made, made.metadata.get("title", path.stem), page, out, exporter())
    html = policy.guard(out.read_text(encoding="utf-8"), (policy.speaker_view(),))
    out.write_text(html, encoding="utf-8")
    return out


if __name__ == "__main__":
    try:
        if len(sys.argv) < 2:
            raise ValueError("say: python tools/deck.py my_slides.ipynb")
        print(main(Path(sys.argv[1]), Path([*sys.argv, ROOT / "_build" / "html"][2])))
    except (OSError, ValueError) as problem:
        sys.exit(f"deck: {problem}")
