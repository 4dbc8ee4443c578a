"""The whole book as one PDF, printed from the built site by Chromium: `make pdf`.

Chromium prints each page, in the order of the site's navigation, and marks its headings; pypdf
joins the prints, puts page numbers and a table of contents to them, and makes links between pages
of the site lead to pages of the book.
"""

import io
import sys
from html import escape
from pathlib import Path
from urllib.parse import urldefrag

import yaml
from hosting import find_chromium, serve
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, FloatObject, NameObject, NullObject, TextStringObject

ROOT = Path(__file__).parents[1]
MARGIN = {"top": "18mm", "bottom": "20mm", "left": "18mm", "right": "18mm"}

# What a reader of the site opens or scrolls to is open and loaded on paper.
READY = """async () => {
  document.querySelectorAll("details").forEach(d => { d.open = true; });
  document.querySelectorAll(".toggle-hidden, .toggle-details__container").forEach(e => {
    e.classList.remove("toggle-hidden"); e.open = true; });
  const seen = [...document.images].filter(i => i.offsetParent);
  seen.forEach(i => { i.loading = "eager"; });
  await Promise.all(seen.map(i => i.decode().catch(() => {})));
  if (window.setFormulas) { await setFormulas(); }
}"""
ORDER = """() => [...document.querySelectorAll("nav.bd-links p.caption, nav.bd-links a.internal")]
  .map(e => e.matches("p") ? {part: e.textContent.trim()} : {title: e.textContent.trim(),
       url: e.href.split("#")[0]})"""
LOOK = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Contents</title><style>
body { font: 11pt/1.5 system-ui, sans-serif; color: #111; margin: 0; }
h1 { font-size: 34pt; margin: 60mm 0 4mm; } .under { font-size: 14pt; break-after: page; }
h2 { font-size: 18pt; } h3 { font-size: 11pt; margin: 4mm 0 1mm; }
a { color: inherit; text-decoration: none; display: flex; } a b { font-weight: 400; flex: 1;
  border-bottom: 1px dotted #999; } .no { break-after: page; height: 1px; }
.number { height: 297mm; break-after: page; position: relative; }
.number span { position: absolute; bottom: 9mm; width: 100%; text-align: center; }
</style>"""


def contents(title: str, under: str, entries: list[dict], starts: dict[str, int]) -> str:
    """The title page and the table of contents."""
    rows = [f"<h3>{escape(e['part'])}</h3>" if "part" in e else
            f'<a href="{e["url"]}"><b>{escape(e["title"])}</b>{starts.get(e["url"], "")}</a>'
            for e in entries]
    return (f'{LOOK}<h1>{escape(title)}</h1><p class="under">{escape(under)}</p>'
            f"<h2>Contents</h2>{''.join(rows)}</html>")


def destination(page, left=0, top=None) -> ArrayObject:
    """Where a link leads: a place on a page."""
    high = FloatObject(page.mediabox.top if top is None else top)
    return ArrayObject([page.indirect_reference, NameObject("/XYZ"), FloatObject(left), high,
                        NullObject()])


def links(reader: PdfReader):
    """Each link of a print: page, place on it, and where it leads (address or destination)."""
    names = reader.named_destinations
    for number, page in enumerate(reader.pages):
        for place, reference in enumerate(page.get("/Annots", [])):
            note = reference.get_object()
            if note.get("/Subtype") != "/Link":
                continue
            goal = note.get("/Dest") or note.get("/A", {}).get("/D")
            if isinstance(goal, str) and goal.lstrip("/") in names:
                goal = goal.lstrip("/")
            if isinstance(goal, str) and goal in names:
                there = names[goal]
                yield number, place, (reader.get_destination_page_number(there),
                                      there.left or 0, there.top)
            elif "/URI" in note.get("/A", {}):
                yield number, place, str(note["/A"]["/URI"])


def join(prints: list[tuple[str, bytes]], out: Path, numbers: bytes | None = None,
         home: str = "", published: str = "") -> int:
    """Write the book; the number of its pages.

    A link to another page of the book leads there, one to any other file of the site (at `home`
    while it is printed) to where it is published.
    """
    book, found, starts = PdfWriter(), [], {}
    for url, data in prints:
        reader, offset = PdfReader(io.BytesIO(data)), len(book.pages)
        starts[url] = offset
        found += [(offset, *link) for link in links(reader)]
        book.append(io.BytesIO(data), import_outline=True)
    for offset, number, place, goal in found:
        note = book.pages[offset + number]["/Annots"][place].get_object()
        if isinstance(goal, str):
            if urldefrag(goal)[0] not in starts:
                if home and goal.startswith(home):
                    there = published + goal.removeprefix(home).lstrip("/")
                    note["/A"][NameObject("/URI")] = TextStringObject(there)
                continue
            target = destination(book.pages[starts[urldefrag(goal)[0]]])
        else:
            target = destination(book.pages[offset + goal[0]], goal[1], goal[2])
        note.pop("/A", None)
        note[NameObject("/Dest")] = target
    if numbers:
        for page, number in zip(book.pages, PdfReader(io.BytesIO(numbers)).pages, strict=False):
            page.merge_page(number)
    book.add_metadata({"/Title": "Colorful", "/Author": "The Colorful authors"})
    book.page_mode = "/UseOutlines"
    book.compress_identical_objects(remove_duplicates=True, remove_unreferenced=True)
    book.write(out)
    return len(book.pages)


def main(site: Path, out: Path) -> int:
    chromium = find_chromium()
    if not chromium:
        print("pdf: no Chromium on this machine", file=sys.stderr)
        return 1
    server = serve(site)
    home = f"http://localhost:{server.server_port}"
    options = {"format": "A4", "print_background": True, "outline": True, "tagged": True,
               "margin": MARGIN}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light", viewport={"width": 900, "height": 1200})
        first = f"{home}/book/index.html"
        page.goto(first, wait_until="load")
        name, _, under = page.title().split(" — ")[0].partition(": ")
        entries = page.evaluate(ORDER)  # the first page is one of them
        prints = []
        for entry in (e for e in entries if "url" in e):
            page.goto(entry["url"], wait_until="load")
            page.emulate_media(media="print", color_scheme="light")
            page.evaluate(READY)
            prints.append((entry["url"], page.pdf(**options)))
            print(f"printed {entry['title']}")
        lengths = [len(PdfReader(io.BytesIO(data)).pages) for _, data in prints]
        front = b""
        for _ in range(2):  # once to see how long it is
            ahead = len(PdfReader(io.BytesIO(front)).pages) if front else 0
            starts = {url: ahead + 1 + sum(lengths[:i]) for i, (url, _) in enumerate(prints)}
            page.set_content(contents(name, under, entries, starts))
            front = page.pdf(**options)
        total = ahead + sum(lengths)
        rows = "".join(f'<div class="number"><span>{i or ""}</span></div>'
                       for i in [0, *range(2, total + 1)])
        page.set_content(LOOK + rows)
        numbers = page.pdf(format="A4", margin=dict.fromkeys(MARGIN, "0"))
        browser.close()
    server.shutdown()
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    pages = join([("", front), *prints], out, numbers, home, config["html"]["baseurl"])
    print(f"{out.relative_to(ROOT)}: {pages} pages, {out.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(ROOT / "_build" / "html", ROOT / "_build" / "colorful.pdf"))
