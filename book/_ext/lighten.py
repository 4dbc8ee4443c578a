"""Pages that load fast: pictures beside the page, not in it; icons in it, not in a script.

The theme draws its few icons with a script of 1.5 MB that knows two thousand of them; each page
gets the drawings that it shows instead. Of its styles, those for things that are on no page are
left out, and the index of the search is loaded where someone searches.
"""

import base64
import hashlib
import io
import re
from functools import cache
from pathlib import Path

import pydata_sphinx_theme

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
PICTURE = re.compile(r'<img([^>]*?) src="data:image/(jpeg|png|webp);base64,([^"]+)"')
ICON = re.compile(r'<i class="([^"]*\bfa-([a-z][a-z0-9-]*)[^"]*)"([^>]*)>\s*</i>')
GLYPHS = re.compile(r'(?:\.fa-[a-z0-9-]+:before,?)+\{content:"[^"]*"\}')
# Two things that the theme names badly for who can't see them.
SEARCH = re.compile(r'(<button class="btn search-button-field[^>]*?) aria-label="Search"')
TOGGLE = re.compile(r'<summary>(?=<span class="toctree-toggle)')
SCRIPT = re.compile(r'\s*<script[^>]*/fontawesome\.js[^>]*></script>')
INDEX = re.compile(r'\s*<script src="[^"]*\b(?:searchtools|language_data|searchindex)\.js[^>]*>'
                   r'</script>')
RULE = re.compile(r"(?<=[{}])([^{}@\\]+)\{[^{}]*\}")


def lift_pictures(html: str, folder: Path, prefix: str) -> str:
    """Write the pictures of a page into `_images` below `folder`, and load each when it is seen.

    Those of class "inline" stay where they are.
    """
    from PIL import Image

    def lift(match):
        attributes, kind, data = match.groups()
        if "inline" in attributes:
            return match[0]
        picture = base64.b64decode(data)
        name = f"_images/{hashlib.sha256(picture).hexdigest()[:24]}.{kind}"
        path = folder / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(picture)
        size = ""
        if "width=" not in match.string[match.start():match.string.find(">", match.end())]:
            width, height = Image.open(io.BytesIO(picture)).size
            size = f' width="{width}" height="{height}"'
        return f'<img{attributes} src="{prefix}{name}" loading="lazy"{size}'

    return PICTURE.sub(lift, html)


def pictures(app, pagename, templatename, context, doctree):
    if "body" in context:
        prefix = "../" * pagename.count("/")
        context["body"] = lift_pictures(context["body"], Path(app.outdir), prefix)


@cache
def drawing(name: str) -> tuple[str, str, str] | None:
    """Width, height and path of an icon, from the theme's script."""
    script = (THEME / "scripts" / "fontawesome.js").read_text(encoding="utf-8")
    found = re.findall(rf'[{{,]"?{name}"?:\[(\d+),(\d+),\[[^\]]*\],"\w+","([^"]+)"\]', script)
    return found[-1] if found else None  # the solid drawing comes last


def draw(match) -> str:
    classes, name, attributes = match.groups()
    known = [n for n in re.findall(r"\bfa-([a-z][a-z0-9-]*)", classes)
             if n not in ("lg", "solid", "regular", "brands", "fw", "sm", "2x", "1x", "lx")]
    found = next(filter(None, map(drawing, known)), None)
    if not found:
        return match[0]
    width, height, path = found
    return (f'<svg class="svg-inline--fa {classes}" {attributes} aria-hidden="true" '
            f'focusable="false" viewBox="0 0 {width} {height}"><path fill="currentColor" '
            f'd="{path}"></path></svg>')


def lighten(html: str) -> str:
    """A finished page: icons drawn, buttons named."""
    html = ICON.sub(draw, SCRIPT.sub("", html))
    return TOGGLE.sub('<summary aria-label="Pages below">', SEARCH.sub(r"\1", html))


def thin(style: str, words: set[str]) -> str:
    """A stylesheet without the rules of which every selector names a class not among `words`."""
    def idle(selector):
        plain = re.sub(r":not\([^()]*\)|\[[^\]]*\]", "", selector)
        classes = re.findall(r"\.([A-Za-z][\w-]*)", plain)
        return "(" not in plain and not words.issuperset(classes)

    def kept(match):
        rule, selectors = match[0], match[1]
        return "" if "/*" not in rule and all(map(idle, selectors.split(","))) else rule

    return RULE.sub(kept, style)


def finish(app, exception):
    """After the build: the pages that are new, and what no page needs any more."""
    if exception or app.builder.format != "html":
        return
    out, words = Path(app.outdir), set()
    for page in out.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        lighter = lighten(html)
        if page != out / "search.html":
            lighter = INDEX.sub("", lighter)
        if lighter != html:
            page.write_text(lighter, encoding="utf-8")
        words.update(re.findall(r"[\w-]+", lighter))
    for script in out.glob("_static/**/*.js"):
        if "vendor" not in script.parts:
            words.update(re.findall(r"[\w-]+", script.read_text(encoding="utf-8")))
    style = Path("styles", "pydata-sphinx-theme.css")
    whole = (THEME / style).read_text(encoding="utf-8")  # the build before may have thinned its own
    (out / "_static" / style).write_text(thin(GLYPHS.sub("", whole), words), encoding="utf-8")
    for unused in Path(app.outdir, "_static", "scripts").glob("fontawesome.js*"):
        unused.unlink()
    for maps in Path(app.outdir, "_static").rglob("*.map"):
        maps.unlink()


def setup(app):
    app.connect("html-page-context", pictures, priority=900)
    app.connect("build-finished", finish, priority=600)
    return {"parallel_read_safe": True}
