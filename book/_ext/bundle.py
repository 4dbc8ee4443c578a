"""One stylesheet and one script for all pages, of the twenty that theme and extensions bring.

So a page waits for two files, not for twenty, and for the script not even that: it runs when the
page is there. From the styles goes what is for things that are on no page. What a page loads for
itself (the pages "Try it" and "The Turing test", the search) stays as it is.
"""

import hashlib
import os.path
import re
from pathlib import Path

from lighten import GLYPHS, THEME

ALL = Path("_static", "all")
STYLE = re.compile(r'[ \t]*<link [^>]*href="(?:\.\./)*(_static/[^"?]+\.css)[^"]*"[^>]*>\n?')
SCRIPT = re.compile(r'[ \t]*<script[^>]* src="(?:\.\./)*(_static/[^"?]+\.js)[^"]*"[^>]*>'
                    r"</script>\n?")
PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
SEARCH = re.compile(r'<script(?= src="[^"]*\b(?:searchtools|language_data|searchindex)\.js)')
BUNDLED = re.compile(r'(_static/all\.(?:css|js))\?v=\w*')
OPTIONS = "_static/documentation_options.js"
# Of no use here: live cells, and tabs, which no page has.
UNUSED = ("sphinx-thebe.css", "design-tabs.js")
OWN = ("/vendor/", "/try/", "/turing/", "searchtools.js", "language_data.js")
IMPORT = re.compile(r'@import "([^"]+)";')
URL = re.compile(r'url\(["\']?(?!data:|["\']data:)([^)"\']+)["\']?\)')
RULE = re.compile(r"(?<=[{}])([^{}@\\]+)\{[^{}]*\}")


def thin(style: str, words: set[str]) -> str:
    """A stylesheet without the rules of which every selector names a class not among `words`."""
    def idle(selector):
        plain = re.sub(r":not\([^()]*\)|\[[^\]]*\]", "", selector)
        classes = re.findall(r"\.([A-Za-z][\w-]*)", plain)
        return "(" not in plain and not words.issuperset(classes)

    def kept(match):
        rule, selectors = match[0], match[1]
        return "" if all(map(idle, selectors.split(","))) else rule

    return RULE.sub(kept, re.sub(r"/\*.*?\*/", "", style, flags=re.S))


def style_of(path: Path, home: Path) -> str:
    """A stylesheet with those that it imports; what it names lies where `home` can find it."""
    text = (THEME / "styles" / path.name if path.name == "pydata-sphinx-theme.css" else path
            ).read_text(encoding="utf-8")
    text = IMPORT.sub(lambda m: style_of((path.parent / m[1]).resolve(), home), text)

    def moved(match):
        inside = os.path.relpath(path.parent / match[1], home).replace(os.sep, "/")
        return f'url("{inside}")'

    return URL.sub(moved, GLYPHS.sub("", text))


def gather(pattern, html: str) -> list[str]:
    """The files of a kind that a page shares with the others, in order."""
    return [name for name in pattern.findall(html) if not any(own in name for own in OWN)]


def bind(html: str, options: str) -> str:
    """A page that loads the two files instead of its twenty."""
    prefix = re.search(r'data-content_root="([^"]*)"', html)[1]
    links = (f'    <link rel="stylesheet" href="{prefix}_static/all.css?v=">\n'
             f'    <script>{options}</script>\n'
             f'    <script defer src="{prefix}_static/all.js?v="></script>\n')

    def drop(match):
        return match[0] if any(own in match[1] for own in OWN) else ""

    html = SCRIPT.sub(drop, STYLE.sub(drop, PRELOAD.sub("", html)))
    html = SEARCH.sub("<script defer", html)
    at = html.index("</head>") if "<script>let " not in html else html.index("    <script>let ")
    return html[:at] + links + html[at:]


def finish(app, exception):
    """After the build: the two files, from the list of the first page that names them."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = [p for p in out.rglob("*.html") if p.relative_to(out).parts[0] not in
             ("_static", "slides", "reports") and p != out / "index.html"]
    texts = {page: page.read_text(encoding="utf-8") for page in pages}
    new = [page for page, html in texts.items() if OPTIONS in html]
    if not new:
        return
    styles = gather(STYLE, texts[new[0]])
    scripts = [s for s in gather(SCRIPT, texts[new[0]]) if s != OPTIONS and not s.endswith(UNUSED)]
    script = ";" + "\n;".join((out / s).read_text(encoding="utf-8") for s in scripts)
    options = (out / OPTIONS).read_text(encoding="utf-8")
    for page in new:
        texts[page] = bind(texts[page], options)
    code = [path.read_text(encoding="utf-8") for path in out.glob("_static/**/*.js")
            if "vendor" not in path.parts]
    words = set(re.findall(r"[\w-]+", "\n".join([*texts.values(), *code])))
    style = "".join(style_of(out / s, out / "_static") for s in styles if not s.endswith(UNUSED))
    made = {"css": thin(style, words), "js": re.sub(r"//# sourceMappingURL=.*", "", script)}
    for kind, text in made.items():
        (out / "_static" / f"all.{kind}").write_text(text, encoding="utf-8")
    marks = {f"_static/all.{k}": hashlib.sha256(t.encode()).hexdigest()[:8]
             for k, t in made.items()}
    for page, html in texts.items():
        html = BUNDLED.sub(lambda m: f"{m[1]}?v={marks[m[1]]}", html)
        if html != page.read_text(encoding="utf-8"):
            page.write_text(html, encoding="utf-8")


def setup(app):
    app.connect("build-finished", finish, priority=610)
    return {"parallel_read_safe": True}
