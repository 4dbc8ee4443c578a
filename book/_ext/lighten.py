"""Pages that load fast: pictures beside the page, not in it; icons in it, not in a script.

The theme draws its few icons with a script of 1.5 MB that knows two thousand of them; each page
gets the drawings that it shows instead. The index of the search is loaded where someone searches,
and code comes without marks that no style colors.
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
# Live cells in the page are not used; and of a cell's code, names and brackets have no own color.
THEBE = re.compile(r'\s*<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName = .*?'
                   r"</script>", re.S)
PLAIN = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>')
# A handler in an attribute would have to be allowed by the policy of policy.py: site.js has it.
CALL = re.compile(r'onclick="(?:window\.)?(print|toggleFullScreen)\(\)"')


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
             if n not in ("lg", "solid", "regular", "brands", "fw", "sm", "xl")]
    found = next(filter(None, map(drawing, known)), None)
    if not found:
        return match[0]
    width, height, path = found
    return (f'<svg class="svg-inline--fa {classes}" {attributes} aria-hidden="true" '
            f'focusable="false" viewBox="0 0 {width} {height}"><path fill="currentColor" '
            f'd="{path}"></path></svg>')


def lighten(html: str) -> str:
    """A finished page: icons drawn, buttons named, code with few marks."""
    html = PLAIN.sub(r"\1", CALL.sub(r'data-call="\1"', THEBE.sub("", html)))
    html = ICON.sub(draw, SCRIPT.sub("", html))
    return TOGGLE.sub('<summary aria-label="Pages below">', SEARCH.sub(r"\1", html))


def finish(app, exception):
    """After the build: the pages that are new, and what no page needs any more."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for page in out.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        lighter = lighten(html)
        if page != out / "search.html":
            lighter = INDEX.sub("", lighter)
        if lighter != html:
            page.write_text(lighter, encoding="utf-8")
    for unused in (*out.glob("_static/scripts/fontawesome.js*"), *out.rglob("_static/**/*.map")):
        unused.unlink(missing_ok=True)


def setup(app):
    app.connect("html-page-context", pictures, priority=900)
    app.connect("build-finished", finish, priority=600)
    return {"parallel_read_safe": True}
