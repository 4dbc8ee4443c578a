"""A content security policy in the head of every page: what it may load, and which scripts run.

Everything comes from the site itself. Of the scripts that stand in a page, those run that stood
there when it was built: the policy has the hash of each. A script that gets into it later, by a
link, a photograph's name or a fault of another script, does not run.
"""

import base64
import hashlib
import re
from pathlib import Path

META = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n?')
INLINE = re.compile(r"<script(?![^>]*\ssrc=)([^>]*)>(.*?)</script>", re.S)
DATA = re.compile(r'type="(?!module|text/javascript|application/javascript)')
MANIFEST = '<link rel="manifest"'
NOTES = Path(__file__).parents[1] / "_static/vendor/reveal.js/plugin/notes/notes.js"


def digest(script: str) -> str:
    made = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(made).decode()}'"


def scripts_of(html: str) -> list[str]:
    """The hashes of a page's inline scripts, each once; blocks of data are none."""
    found = (script for kind, script in INLINE.findall(html) if not DATA.search(kind))
    return list(dict.fromkeys(map(digest, found)))


def speaker_view() -> str:
    """The hash of the script that reveal.js writes into the speaker's window."""
    written = re.search(r"<script>(.*?)<\\/script>", NOTES.read_text(encoding="utf-8"), re.S)[1]
    plain = {"n": "\n", "t": "\t"}
    return digest(re.sub(r"\\(.)", lambda m: plain.get(m[1], m[1]), written))


def policy(html: str, more: tuple[str, ...] = ()) -> str:
    """The policy of one page."""
    scripts = " ".join(["'self'", *more, *scripts_of(html)])
    return ("default-src 'none'; "
            f"script-src {scripts}; "
            # The theme, figures and MathJax write styles into elements; no style runs anything.
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
            "connect-src 'self'; worker-src 'self'; frame-src 'self'; form-action 'self'; "
            "base-uri 'none'" + ("; manifest-src 'self'" if MANIFEST in html else ""))


def guard(html: str, more: tuple[str, ...] = ()) -> str:
    """The page with its policy, as the first thing after its encoding."""
    html = META.sub("", html)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(html, more)}">\n'
    return re.sub(r"(<head>\s*(?:<meta charset=[^>]*>\n?)?)", lambda m: m[1] + meta, html, count=1)


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    out, speaker = Path(app.outdir), speaker_view()
    for page in out.rglob("*.html"):
        folder = page.relative_to(out).parts[0]
        if folder == "_static":
            continue
        more = {"slides": (speaker,)}.get(folder, ())
        if page == out / "book" / "try.html":
            more = ("'wasm-unsafe-eval'",)
        html = page.read_text(encoding="utf-8")
        guarded = guard(html, more)
        if guarded != html:
            page.write_text(guarded, encoding="utf-8")


def setup(app):
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True}
