"""Slides of every chapter, made from its notebook: `slides/NN_name.html` beside the pages.

A cell's `slideshow.slide_type` (in JupyterLab: Property Inspector, Slide Type) decides, where it
is set: slide, subslide, fragment, notes or skip. Where it is not, `slide_type` has a rule. What is
read in a notebook is too long for a slide: of the text, a slide keeps headings, questions,
formulas, lists and the first sentence; all of it stands in the speaker's notes (key S). Exercises
show their prompt, never a stub, a hint or an answer.

nbconvert makes the pages, from the outputs that jupyter-cache kept: no cell runs twice. Beside each
lies the deck as a notebook, to be edited; `book/slides/NN_name.ipynb`, where there is one, takes
the place of what the rules make.
"""

import json
import re
import sys
from pathlib import Path

import nbformat
from lighten import lift_pictures

HERE = Path(__file__).parent
LONGEST = 220  # characters of the text that a slide keeps of a paragraph
FULL = 300  # characters of the text on a slide
LINES, LINE = 10, 64  # lines of a table that a slide has room for, characters of a line
WIDGET = "application/vnd.jupyter.widget-view+json"
ROWS, WIDTH = 16, 78  # lines of code and print that a slide has room for, characters of a line


# --- which cell is on which slide ---


def slide_type(cell, number: int) -> str:
    """What a cell is on the slides, if its metadata doesn't say; `number` counts code cells."""
    text = cell.source
    if cell.cell_type == "markdown":
        if re.search(r"^# |^## (?!Quiz|Sources)|^### Exercise", text, re.M):
            return "slide"
        return "subslide" if re.search(r"^\*\*Predict|\$\$", text, re.M) else "notes"
    if number < 2 or re.search(r"\bchecks\.\w+\(|\bquiz\.show\(", text):
        return "skip"
    shown = re.search(r"\b(show|image_row|explore)\(|^# NBVAL_CHECK_OUTPUT", text, re.M)
    return "subslide" if shown else "skip"


def types(notebook) -> list[str]:
    """The slide type of every cell."""
    found, number = [], 0
    for cell in notebook.cells:
        said = cell.metadata.get("slideshow", {}).get("slide_type")
        found.append(said or slide_type(cell, number))
        number += cell.cell_type == "code"
    return found


# --- what of a text is on the slide ---


def sections(text: str) -> list[str]:
    """A text cut before each of its headings."""
    return [part for part in re.split(r"^(?=#{1,3} )", text, flags=re.M) if part.strip()]


def blocks(text: str) -> list[str]:
    """Paragraphs, lists, formulas; without hints and badges."""
    text = re.sub(r"<details>.*?</details>|^---$|^\[!\[[^\n]*$", "", text, flags=re.S | re.M)
    text = re.sub(r"(\$\$.*?\$\$)", lambda m: re.sub(r"\n\s*\n", "\n", m[0]), text, flags=re.S)
    text = re.sub(r"\n*(\$\$.*?\$\$)\n*", r"\n\n\1\n\n", text, flags=re.S)
    text = re.sub(r"\n*(?=\*\*Predict)", "\n\n", text)
    return [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]


def lead(paragraph: str) -> str:
    """A paragraph's first sentence, or as many as are short."""
    sentences = re.split(r"(?<=[a-z\d)*`$][.?!])\s+(?=[A-Z*`$])", " ".join(paragraph.split()))
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + len(sentence) > LONGEST:
            break
        kept += " " + sentence
    return kept


def packed(items, size, room) -> list[list]:
    """Items in their order, in as few parts as `room` allows; one that is larger stands alone."""
    parts, left = [], 0
    for item in items:
        if not parts or size(item) > left:
            parts.append([])
            left = room
        parts[-1].append(item)
        left -= size(item)
    return parts


def tables(lines: list[str]) -> list[str]:
    """A table cut to what a slide has room for, each part under the same head."""
    parts = packed(lines[2:], lambda line: 1 + len(re.sub(r"\]\([^)]*\)", "", line)) // LINE, LINES)
    return ["\n".join(lines[:2] + part) for part in parts]


def brief(text: str) -> list[str]:
    """The slides of one section: its head with what it states, then each of its questions."""
    head, questions, leads = [], [], 0
    for block in blocks(text):
        if block.startswith("#"):
            head.append(re.sub(r"^#+ ", "# " if block.startswith("# ") else "## ", block))
        elif block.startswith("**Predict"):
            questions.append(" ".join(block.split()))
        elif block.startswith(("**Before you start**", "**Time**", "**Next**")):
            continue
        elif re.match(r"[-*] |\d\. ", block):
            items = re.split(r"\n(?=[-*] |\d\. )", block)
            items = [f"{mark} {lead(text)}"
                     for mark, text in (item.split(" ", 1) for item in items)]
            half = len(items) // 2 if len("".join(items)) > 1.5 * FULL else 0
            head += ["\n".join(part) for part in (items[:half], items[half:]) if part]
        elif block.startswith("|"):
            head += tables(block.splitlines())
        elif block.startswith(("$$", "> ", "```")):
            head.append(block)
        elif leads == 0 and not block.startswith("<"):
            head.append(lead(block))
            leads = 1
    title = [block for block in head if block.startswith("#")]
    if not title:
        head = [block for block in head if block.startswith(("$$", "|", "- "))]
    room = FULL - len("".join(title))
    parts = packed([block for block in head if block not in title], len, room) or [[]]
    return [*("\n\n".join(title + part) for part in parts if title + part), *questions]


def deck(notebook) -> nbformat.NotebookNode:
    """The notebook as slides: the cells that are shown, each marked for nbconvert."""
    cells, notes, heading = [], [], ""

    def add(cell, kind):
        cell.metadata = {"slideshow": {"slide_type": kind}}
        cells.append(cell)

    def speak():
        """What was left out becomes notes of the slide before."""
        if notes and cells:
            add(nbformat.v4.new_markdown_cell("\n\n".join(notes)), "notes")
        notes.clear()

    for cell, kind in zip(notebook.cells, types(notebook), strict=True):
        if kind == "skip":
            continue
        if cell.cell_type == "markdown":
            for part in sections(cell.source):
                full = "\n\n".join(blocks(part))
                if re.match(r"## (Quiz|Sources)", part):
                    continue
                if kind == "notes":
                    notes.append(full)
                    continue
                started = re.match(r"#{1,3} ", part)
                if started:
                    heading = part.splitlines()[0].lstrip("# ")
                for i, text in enumerate(brief(part)):
                    speak()
                    new = kind if kind == "fragment" else "slide" if started and not i \
                        else "subslide"
                    if heading and not text.startswith("#"):
                        text = f"#### {heading}\n\n{text}"
                    add(nbformat.v4.new_markdown_cell(text), new)
                notes.append(full)
        elif cell.outputs:
            speak()
            for part in outputs(cell):
                if heading:
                    add(nbformat.v4.new_markdown_cell(f"#### {heading}"), kind)
                    kind = "-"
                add(part, kind)
                kind = "subslide"
    speak()
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def outputs(cell) -> list:
    """The slides of a code cell: its code where there is room, and all that it shows."""
    cell = joined(cell)
    lines = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n").strip().splitlines()
    room = len(lines) <= 10 and rows(lines) + rows(printed(cell)) <= ROWS
    short = room and not picture(cell) and "checks." not in cell.source
    cell.source = "\n".join(lines) if short else ""
    if picture(cell):
        return pictures(cell)
    if rows(printed(cell)) <= ROWS:
        return [cell]
    return [nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("stream", text=text)])
            for text in pieces(printed(cell))]


def pieces(lines: list[str]) -> list[str]:
    """What was printed, cut to what a slide has room for: where it is blank, or before a line
    that those below are indented under, or, if a slide has neither, where it is full."""
    groups = re.split(r"\n(?=\n|\S[^\n]*\n +\S)", "\n".join(lines))
    groups = [part for group in groups  # the blank line before one takes no room at the top
              for part in packed(group.splitlines(), lambda line: -(-len(line) // WIDTH), ROWS)]
    return ["\n".join(sum(part, [])).strip("\n") + "\n" for part in packed(groups, rows, ROWS)]


def joined(cell):
    """A copy of a code cell without progress bars, what it printed in one piece."""
    cell = nbformat.from_dict(json.loads(json.dumps(cell)))
    kept = []
    for output in cell.outputs:
        data = output.get("data", {})
        if WIDGET in data and data.keys() <= {WIDGET, "text/plain"}:
            continue  # a progress bar: nothing to see when it is full
        if kept and output.output_type == kept[-1].output_type == "stream":
            kept[-1].text += output.text
        else:
            kept.append(output)
    cell.outputs = kept
    return cell


def rows(lines) -> int:
    """Lines that code or print takes on a slide, where long ones are broken."""
    return sum(max(1, -(-len(line) // WIDTH)) for line in lines)


def printed(cell) -> list[str]:
    """Lines of text below a code cell."""
    texts = (o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)
    return "\n".join(texts).splitlines()


def picture(cell) -> bool:
    """Whether a cell shows more than text."""
    return any(map(is_picture, cell.outputs))


def is_picture(output) -> bool:
    return bool(set(output.get("data", {})) - {"text/plain"})


def pictures(cell) -> list:
    """A slide for each picture of a code cell; beside several, what was printed is left out."""
    shown = [output for output in cell.outputs if is_picture(output)]
    if len(shown) == 1:
        return [cell]
    return [nbformat.v4.new_code_cell("" if i else cell.source, outputs=[output])
            for i, output in enumerate(shown)]


# --- the pages ---


def exporter():
    from nbconvert.exporters import SlidesExporter

    return SlidesExporter(template_name="slides_template", extra_template_basedirs=[str(HERE)])


def render(made, title: str, page: str, out: Path, make) -> None:
    """Write one deck, a notebook of marked cells, as a page."""
    made.metadata["title"] = title
    html, _ = make.from_notebook_node(made, {"page": page, "metadata": {"name": out.stem}})
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(lift_pictures(html, out.parents[1], "../"), encoding="utf-8")


def save(made, title: str, out: Path) -> None:
    """Write one deck as a notebook with its outputs, which JupyterLab shows and nbconvert cuts.

    Of a widget only its picture is kept: the notebook has no kernel that could make it move.
    """
    made = nbformat.from_dict(json.loads(json.dumps(made)))
    made.metadata["title"] = title
    for number, cell in enumerate(made.cells):
        cell["id"] = f"slide-{number}"
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(nbformat.writes(made).rstrip("\n") + "\n", encoding="utf-8")


def executed(path: Path, cache_folder: Path):
    """The notebook with the outputs that the build kept; None if it failed to run."""
    from jupyter_cache import get_cache

    notebook = nbformat.read(path, as_version=4)
    try:
        return get_cache(cache_folder).merge_match_into_notebook(notebook, cell_meta=())[1]
    except KeyError:
        return None


def decks(app) -> dict[str, Path]:
    """Page of each chapter to the file of its slides."""
    found = (d for d in app.env.found_docs if re.fullmatch(r"notebooks/\d\d[a-z]?_\w+", d))
    return {d: Path(app.outdir) / "slides" / f"{d.split('/')[1]}.html" for d in sorted(found)}


def build(app, exception):
    """After the pages: the deck of each chapter whose page is newer."""
    if exception or app.builder.format != "html":
        return
    cache = Path(app.env.mystnb_config.execution_cache_path
                 or Path(app.outdir).parent / ".jupyter_cache")
    rules = max(p.stat().st_mtime for p in [*HERE.glob("*.py"), *HERE.glob("slides_template/*")])
    make = None
    for page, out in decks(app).items():
        own = Path(app.srcdir, "book", "slides", out.stem + ".ipynb")
        newest = max(rules, Path(app.outdir, page + ".html").stat().st_mtime,
                     own.stat().st_mtime if own.exists() else 0)
        if out.exists() and out.stat().st_mtime > newest:
            continue
        notebook = executed(Path(app.srcdir, page + ".ipynb"), cache)
        if notebook is None and not own.exists():
            print(f"slides: {page} has no outputs, its slides are not made", file=sys.stderr)
            continue
        made = nbformat.read(own, as_version=4) if own.exists() else deck(notebook)
        title = app.env.titles[page].astext()
        if app.config.edition != "student":
            save(made, title, out.with_suffix(".ipynb"))
        make = make or exporter()
        render(made, title, f"../{page}.html", out, make)


def mark(paths) -> None:
    """Write the rule's choice into cells of text that have none, to be changed by hand from there.

    Code cells stay as they are: jupyter-cache would take one with other metadata for another cell,
    and run the notebook again.
    """
    for path in map(Path, paths):
        text = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)
        for cell, kind in zip(notebook.cells, types(notebook), strict=True):
            if cell.cell_type == "markdown":
                cell.metadata.setdefault("slideshow", {"slide_type": kind})
        path.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", encoding="utf-8")


def setup(app):
    app.connect("build-finished", build, priority=700)
    return {"parallel_read_safe": True}


if __name__ == "__main__":
    mark(sys.argv[1:])
