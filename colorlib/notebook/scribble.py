"""Colored strokes on a photo: written, drawn by hand, and as a picture (chapter 09)."""

from collections.abc import Callable
from html import escape

from PIL import Image

from ..classic.scribbles import draw, parse
from .figures import CSS, Picture, data_uri, has_kernel, to_image


def over(photo, scribbles: Image.Image) -> Image.Image:
    """The photo in gray, with the strokes on it."""
    gray = to_image(photo).convert("L").convert("RGB")
    gray.paste(scribbles, mask=scribbles)
    return gray


# The strokes live in the text field, which is a widget like any other: what is drawn is written
# there, as if it were typed. So no front end needs a widget that it doesn't have. The script is an
# image's onload, since a widget's HTML runs no <script>.
SCRIPT = """(function (image) {
  var root = image.closest(".colorlib-scribble"), canvas = image.nextElementSibling;
  var pen = canvas.getContext("2d"), now = null;
  function field() { return root.querySelector("textarea"); }
  function lines() { return field().value.split("\\n").filter(function (l) { return l.trim(); }); }
  function write(all) {
    field().value = all.join("\\n");
    ["input", "change"].forEach(function (kind) {
      field().dispatchEvent(new Event(kind, {bubbles: true}));
    });
    show();
  }
  function show() {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = Number(canvas.dataset.width); pen.lineCap = pen.lineJoin = "round";
    lines().concat(now ? [now] : []).forEach(function (line) {
      var parts = line.trim().split(/\\s+/);
      pen.strokeStyle = parts[0]; pen.beginPath();
      parts.slice(1).concat(parts[parts.length - 1]).forEach(function (p) {
        pen.lineTo.apply(pen, p.split(",").map(Number));
      });
      pen.stroke();
    });
  }
  function at(e) {
    return Math.round(e.offsetX * canvas.width / canvas.clientWidth) + "," +
      Math.round(e.offsetY * canvas.height / canvas.clientHeight);
  }
  canvas.onpointerdown = function (e) {
    canvas.setPointerCapture(e.pointerId);
    now = root.querySelector("input[type=color]").value + " " + at(e); show();
  };
  canvas.onpointermove = function (e) {
    if (now && now.split(" ").pop() !== at(e)) { now += " " + at(e); show(); }
  };
  canvas.onpointerup = function () {
    if (now) { var all = lines().concat([now]); now = null; write(all); }
  };
  canvas.onpointercancel = function () { now = null; show(); };
  root.querySelector(".colorlib-undo").onclick = function () { write(lines().slice(0, -1)); };
  root.querySelector(".colorlib-clear").onclick = function () { write([]); };
  (function begin(tries) {
    if (field()) { field().addEventListener("input", show); show(); }
    else if (tries) { setTimeout(begin, 50, tries - 1); }
  })(200);
})(this)"""

STYLE = """<style>
.colorlib-board{position:relative;width:fit-content;max-width:100%;margin:0 auto}
.colorlib-board canvas{position:absolute;inset:0;width:100%;height:100%;touch-action:none;
 cursor:crosshair}
.colorlib-tools{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;margin:0 0 8px}
.colorlib-tools label{color:#222;font-size:15px}
.colorlib-tools input,.colorlib-tools button{height:34px;min-width:44px;padding:2px 8px;
 font-size:15px;color:#222;background:#eee;border:1px solid #777;border-radius:4px;
 vertical-align:middle}
</style>"""


class Scribble:
    """What `scribble` returns: the last line of a cell shows it."""

    def __init__(self, fn: Callable, photo, strokes: str):
        self.fn, self.photo, self.strokes = fn, to_image(photo), strokes.strip()
        parse(strokes)  # a mistake in them is said now

    def answer(self, strokes: str) -> str:
        """HTML for strokes: the picture that `fn` makes of them, or what is wrong with them."""
        try:
            if not parse(strokes):
                return f'{CSS}<div class="colorlib">No strokes yet.</div>'
            return self.fn(draw(strokes, self.photo.size))._repr_html_()
        except ValueError as error:
            return f'{CSS}<div class="colorlib">That did not work: {escape(str(error))}.</div>'

    def board(self) -> str:
        """HTML of the photo to draw on; it looks for the text field beside it."""
        width, height = self.photo.size
        pen = max(2, round(max(self.photo.size) / 80))
        return (
            f'{CSS}{STYLE}<div class="colorlib"><div class="colorlib-tools">'
            '<label>color <input type="color" value="#3f7f3f"></label>'
            '<button type="button" class="colorlib-undo">Undo</button>'
            '<button type="button" class="colorlib-clear">Clear</button></div>'
            f'<div class="colorlib-board"><img src="{data_uri(self.photo.convert("L"))}" '
            f'alt="The photo in gray, to draw on" width="{width}" height="{height}" '
            f'onload="{escape(SCRIPT)}"><canvas width="{width}" height="{height}" '
            f'data-width="{pen}"></canvas></div></div>'
        )

    def widget(self):
        """The photo to draw on, its strokes as text, and what `fn` makes of them."""
        import ipywidgets

        self.text = ipywidgets.Textarea(
            value=self.strokes, description="strokes", continuous_update=False, rows=5,
            placeholder="#3060c0 10,20 60,25", layout={"width": "min(100%, 40em)"})
        view = ipywidgets.HTML(self.answer(self.strokes))
        self.text.observe(lambda change: setattr(view, "value", self.answer(change["new"])),
                          "value")
        box = ipywidgets.VBox([ipywidgets.HTML(self.board()), self.text, view])
        box.add_class("colorlib-scribble")
        return box

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        bundle = {"text/plain": repr(self), "text/html": self.answer(self.strokes)}
        if has_kernel():
            self._live = self.widget()
            view = {"version_major": 2, "version_minor": 0, "model_id": self._live.model_id}
            bundle["application/vnd.jupyter.widget-view+json"] = view
        return bundle

    def __repr__(self) -> str:
        return "<a photo to draw strokes on>"


def scribble(fn: Callable[[Image.Image], Picture], photo, strokes: str = "") -> Scribble:
    """A photo to draw colored strokes on, and what `fn` makes of them.

    Parameters
    ----------
    fn : from the strokes' picture (see `draw`) to a `figures.Picture`; called after every stroke.
    photo : what to draw on, as for `figures.show`.
    strokes : to begin with, as text.

    Notes
    -----
    With a kernel, one draws with mouse, pen or finger, or types strokes into the field, where those
    that were drawn can be copied from. In a page without a kernel, what `fn` makes of `strokes`.
    """
    return Scribble(fn, photo, strokes)
