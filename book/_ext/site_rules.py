"""What a page needs and its source should not have to know."""

import json
import re
import sys
from collections import defaultdict
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

sys.path.append(str(Path(__file__).parents[2] / "tools"))
from execute import cache

COLAB_BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
CHAPTER = re.compile(r"notebooks/\d\d[a-z]?_\w+")  # the page of one


def own_badge(app, docname, source):
    """Colab's badge comes from its server, but the site asks no other host for anything."""
    source[0] = source[0].replace(COLAB_BADGE, "/book/_static/images/colab-badge.svg")


def plain_docstring(app, what, name, obj, options, lines):
    """Docstrings are written to be read in an editor: turn them into what napoleon expects.

    There, ``name : text`` has all of the text as a description, none of it as a type; Returns may
    be a sentence; and the bars of |x| are an absolute value, not a substitution.
    """
    text = re.sub(r"(?<!\\)\|", r"\\|", "\n".join(lines))
    before, *sections = re.split(r"^(\w+\n-{3,}\n)", text, flags=re.M)
    lines[:] = before.split("\n")
    for head, body in zip(sections[::2], sections[1::2], strict=True):
        named = re.sub(r"^(\w[\w*, ]*) : ", r"\1\n    ", body, flags=re.M)
        if head.startswith("Returns") and named == body:
            head, named = "", ":returns: " + body.strip().replace("\n", "\n    ") + "\n"
        elif not head.startswith(("Parameters", "Attributes", "Returns")):
            named = body
        lines += (head + named).split("\n")


def for_students(app, docname, source):
    """The edition for students has no word that is for instructors alone."""
    passage = r"^% begin instructor\n(.*?)^% end instructor\n"
    kept = "" if app.config.edition == "student" else r"\1"
    source[0] = re.sub(passage, kept, source[0], flags=re.M | re.S)


def uses(app) -> dict[str, list[str]]:
    """Each word of the notebooks' code, and the pages of the chapters where it stands, in order."""
    if not hasattr(app, "colorful_uses"):
        app.colorful_uses = defaultdict(list)
        for path in sorted(Path(app.srcdir, "notebooks").glob("[0-9]*.ipynb")):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
            for word in set(re.findall(r"\w+", code)):
                app.colorful_uses[word].append(f"notebooks/{path.stem}")
    return app.colorful_uses


def chapter_of(app, name: str) -> str | None:
    """Page of the chapter that teaches a name of colorlib, such as ``colorlib.color.rgb_to_lab``.

    Of the chapters that the module's first lines name, the one of that name, the first that uses
    it, or the first of all; for a module beside the chapters, the first chapter that uses the name,
    or the module.
    """
    module, _, word = name.rpartition(".")
    head = (import_module(module).__doc__ or "").split("\n\n")[0]
    named = re.search(r"\(chapters? (\d\d[a-z]?(?:(?:, and |, | and )\d\d[a-z]?)*)\)", head)
    numbers = re.findall(r"\d\d[a-z]?", named[1]) if named else []
    pages = sorted({page for found in uses(app).values() for page in found})
    own = [p for p in pages if p.split("/")[1].split("_")[0] in numbers]
    using = uses(app).get(word, [])
    for choice in ([p for p in own if p.endswith(f"_{word}")], [p for p in own if p in using], own,
                   using, uses(app).get(module.rpartition(".")[2], [])):
        if choice:
            return choice[0]
    return None


def link_to_chapter(app, what, name, obj, options, lines):
    """Under the first line of what colorlib has, a link to the chapter that teaches it."""
    if what not in ("function", "class", "exception", "data"):
        return
    if name.rpartition(".")[0] not in sys.modules:  # a class inside a class
        return
    page = chapter_of(app, name)
    if page:
        end = lines.index("") if "" in lines else len(lines)
        lines[end:end] = ["", f"*Chapter* :doc:`/{page}`", ""]


def describe(app, pagename, templatename, context, doctree):
    """What a search engine shows of a page: its first paragraph that is text."""
    if doctree is None or 'name="description"' in context.get("metatags", ""):
        return
    texts = (" ".join(p.astext().split()) for p in doctree.findall(nodes.paragraph)
             if not list(p.findall(nodes.image)))
    text = next((t for t in texts if len(t) > 40), context.get("title", ""))
    short = text if len(text) <= 155 else text[:155].rsplit(" ", 1)[0] + " ..."
    short = short.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    tag = f'\n<meta name="description" content="{short}">'
    context["metatags"] = context.get("metatags", "") + tag


def table_of(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> nodes.table:
    """A table of texts."""
    table, group = nodes.table(classes=["versions"]), nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    parts = nodes.thead(), nodes.tbody()
    for place, cells in [(parts[0], head), *((parts[1], row) for row in rows)]:
        line = nodes.row()
        for cell in cells:
            line += nodes.entry("", nodes.paragraph("", cell))
        place += line
    group += parts
    table += group
    return table


class Versions(Directive):
    """A table of what the pages of this build were made with."""

    packages = ("torch", "numpy", "scikit-image", "matplotlib", "ipywidgets", "jupyter-book",
                "sphinx")

    def run(self):
        import platform

        import colorlib

        rows = [("colorlib", colorlib.__version__), ("Python", platform.python_version()),
                *((name, version(name)) for name in self.packages),
                ("machine", f"{platform.system()} on {platform.machine()}")]
        return [table_of(("what", "version"), rows)]


class Times(Directive):
    """A table of what the notebooks of this build took: by the clock, and of a processor."""

    def run(self):
        env = self.state.document.settings.env
        env.note_reread()  # a notebook may have run since
        rows = []
        for record in cache(Path(env.app.outdir).parent).list_cache_records():
            path, data = Path(record.uri), record.data
            folder = "solutions/" * (path.parent.name == "solutions")
            rows.append((folder + path.stem, f"{data['execution_seconds']:.0f} s",
                         f"{data['processor_seconds']:.0f} s"
                         if "processor_seconds" in data else "not measured"))
        return [table_of(("notebook", "clock", "processor"), sorted(set(rows)))] if rows else []


class Gpu(Directive):
    """A table of what `make gpu` measured; where it measured nothing, a line that says so."""

    def run(self):
        path = Path(self.state.document.settings.env.srcdir, "results", "gpu.json")
        if not path.exists():
            return [nodes.paragraph("", "On a GPU: not measured.")]
        told = json.loads(path.read_text(encoding="utf-8"))
        rows = [("device", told["device"]), ("torch", told["torch"])]
        rows += [(f"{name}: largest difference from the CPU",
                  f"{row['largest difference']:.2g}, {row['tolerance']:g} allowed")
                 for name, row in told["parity"].items()]
        rows += [(f"images a second: width {row['width']:g}, {row['order']}, "
                  f"{'compiled' if row['compiled'] else 'not compiled'}",
                  f"{row.get('images_per_second', row.get('failed'))}") for row in told["speeds"]]
        rows.append(("share of the time spent waiting for the loader",
                     f"{told['loader']['share_of_waiting']:.0%}"))
        return [table_of(("what", "found"), rows)]


class Decks(Directive):
    """A list of the chapters' slides, for instructors with a notebook of each to edit."""

    def run(self):
        env = self.state.document.settings.env
        env.note_reread()  # a chapter may have come, or have another title
        items = nodes.bullet_list()
        for page in sorted(filter(CHAPTER.fullmatch, env.found_docs)):
            title = json.loads(Path(env.srcdir, page + ".ipynb").read_text())["cells"][0]["source"]
            text = "".join(title).splitlines()[0].lstrip("# ")
            name = page.split("/")[1]
            link = nodes.reference("", text, refuri=f"../slides/{name}.html")
            line = nodes.paragraph("", "", link)
            if env.config.edition != "student":
                file = nodes.reference("", f"{name}.ipynb", refuri=f"../slides/{name}.ipynb")
                line += [nodes.Text(" ("), file, nodes.Text(")")]
            items += nodes.list_item("", line)
        return [items]


def slides_button(app, pagename, templatename, context, doctree):
    """Each chapter's page leads to its slides."""
    if CHAPTER.fullmatch(pagename):
        context.setdefault("header_buttons", []).append({
            "type": "link", "url": f"../slides/{pagename.split('/')[1]}.html", "tooltip": "Slides",
            "text": "", "icon": "fas fa-person-chalkboard", "label": "slides-button"})


def trim_scripts(app, pagename, templatename, context, doctree):
    """Only the scripts that a page has a use for.

    Live cells in the page (thebe) are not used, nor is the state of widgets (see still.py).
    MathJax weighs 1 MB: site.js fetches it where a formula is about to be seen.
    """
    unused = ("thebe", "mathjax", "jupyter.widget-state")
    context["script_files"] = [
        script for script in context["script_files"]
        if not any(word in f"{script.filename} {script.attributes}".lower() for word in unused)
    ]


def setup(app):
    app.add_config_value("edition", "all", "env", [str])
    app.add_directive("versions", Versions)
    app.add_directive("times", Times)
    app.add_directive("decks", Decks)
    app.add_directive("gpu", Gpu)
    app.connect("source-read", for_students)
    app.connect("source-read", own_badge)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", slides_button, priority=850)
    app.connect("html-page-context", trim_scripts, priority=900)
    # Before napoleon, which listens at the default priority of 500.
    app.connect("autodoc-process-docstring", plain_docstring, priority=100)
    app.connect("autodoc-process-docstring", link_to_chapter, priority=600)
    return {"parallel_read_safe": True}
