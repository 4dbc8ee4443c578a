"""A photo to click on, and the colors that each place of it can have (chapter 10b)."""

import math
from collections.abc import Callable
from html import escape

import torch
from PIL import Image, ImageDraw

from ..classic.scribbles import draw, parse
from ..color import into_gamut, lab_to_rgb, lightness_of
from ..images import as_rgb
from .figures import CSS, Picture, data_uri
from .scribble import Scribble, over

HUES = ("pink", "red", "orange", "yellow", "leaf green", "green", "teal", "cyan", "sky blue",
        "blue", "violet", "magenta")  # at 0, 30, ... degrees of the ab plane
BEYOND = 140.0  # ab units: more chroma than sRGB has anywhere
DARK = 49.5  # L below which white letters can be read better than black ones


def choices(lightness: float) -> list[tuple[str, str]]:
    """Colors that sRGB has at one lightness: each in words, and as #rrggbb.

    Twelve hues, each as strong as can be and half as strong, then gray.

    Examples
    --------
    >>> choices(53)[1], choices(53)[-1]
    (('red', '#fc0235'), ('gray', '#7f7f7f'))
    """
    angles = torch.arange(len(HUES)) * 2 * math.pi / len(HUES)
    full = torch.stack([torch.full_like(angles, lightness), BEYOND * angles.cos(),
                        BEYOND * angles.sin()])[:, None]
    strong = into_gamut(full)
    lab = torch.cat([strong, strong * torch.tensor([1, 0.5, 0.5])[:, None, None],
                     torch.tensor([lightness, 0, 0]).view(3, 1, 1)], dim=2)
    words = [*HUES, *(f"pale {hue}" for hue in HUES), "gray"]
    levels = (255 * lab_to_rgb(lab)[:, 0].T).round().int().tolist()
    return [(word, "#{:02x}{:02x}{:02x}".format(*rgb))
            for word, rgb in zip(words, levels, strict=True)]


# What is clicked is written into two text fields, which are widgets like any other, as in
# `scribble`: the place, and the list of hints.
WRITE = """var root = this.closest('.colorlib-palette');
function write(name, value) {
  var field = root.querySelector(name);
  field.value = value;
  ['input', 'change'].forEach(function (kind) {
    field.dispatchEvent(new Event(kind, {bubbles: true}));
  });
}
var hints = root.querySelector('textarea').value.split('\\n').filter(function (line) {
  return line.trim();
});"""
PLACE = WRITE + """
write('.colorlib-place input',
  Math.round(event.offsetX * this.naturalWidth / this.clientWidth) + ',' +
  Math.round(event.offsetY * this.naturalHeight / this.clientHeight));"""
ADD = WRITE + "write('textarea', hints.concat(['{hint}']).join('\\n'));"
UNDO = WRITE + "write('textarea', hints.slice(0, -1).join('\\n'));"
CLEAR = WRITE + "write('textarea', '');"

STYLE = """<style>
.colorlib-colors{display:grid;grid-template-columns:repeat(auto-fill,minmax(96px,1fr));gap:4px}
.colorlib-colors button{min-height:34px;padding:2px 4px;font-size:14px;border:1px solid #777;
 border-radius:4px;cursor:pointer}
.colorlib-colors button:focus-visible{outline:3px solid #0072b2;outline-offset:1px}
.colorlib-palette .colorlib img{cursor:crosshair}
</style>"""


class Palette(Scribble):
    """What `palette` returns: the last line of a cell shows it."""

    def answer(self, strokes: str) -> str:
        """HTML for hints: the picture that `fn` makes of them, or what is wrong with them."""
        try:
            picture = self.fn(draw(strokes, self.photo.size) if parse(strokes) else None)
            return picture._repr_html_()
        except ValueError as error:
            return f'{CSS}<div class="colorlib">That did not work: {escape(str(error))}.</div>'

    def board(self, x: int, y: int, hints: str) -> str:
        """HTML of the gray photo with its hints, and a cross at the place that is chosen."""
        try:
            shown = over(self.photo, draw(hints, self.photo.size))
        except ValueError:  # what is wrong with them stands below
            shown = self.photo.convert("L").convert("RGB")
        _cross(shown, x, y)
        return (f'{CSS}{STYLE}<div class="colorlib"><img src="{data_uri(shown)}" '
                f'alt="The photo in gray, to click on; chosen is {x} across, {y} down" '
                f'width="{shown.width}" height="{shown.height}" onclick="{escape(PLACE)}"></div>')

    def colors(self, x: int, y: int) -> str:
        """HTML of the colors that the place can have, each a button."""
        lightness = self._lightness[0, y, x].item()
        letters = "#fff" if lightness < DARK else "#000"
        buttons = "".join(
            f'<button type="button" style="background:{color};color:{letters}" '
            f'onclick="{escape(ADD.replace("{hint}", f"{color} {x},{y}"))}">{word}</button>'
            for word, color in choices(lightness))
        last = "".join(f'<button type="button" onclick="{escape(script)}">{word}</button>'
                       for word, script in (("Undo", UNDO), ("Clear", CLEAR)))
        return (f'{CSS}<div class="colorlib"><div class="colorlib-colors">{buttons}{last}</div>'
                "</div>")

    def widget(self):
        """The photo, sliders for the place, its colors, the hints as text, and the result."""
        import ipywidgets

        self._lightness = lightness_of(as_rgb(self.photo))
        sides = dict(zip(("across", "down"), self.photo.size, strict=True))
        across, down = (
            ipywidgets.IntSlider(value=side // 2, max=side - 1, description=name,
                                 layout={"width": "min(100%, 32em)"})
            for name, side in sides.items())
        place = ipywidgets.Text(continuous_update=False, layout={"display": "none"})
        place.add_class("colorlib-place")
        self.text = ipywidgets.Textarea(
            value=self.strokes, description="hints", continuous_update=False, rows=3,
            placeholder="#3060c0 10,20", layout={"width": "min(100%, 40em)"})
        board, colors, view = (ipywidgets.HTML() for _ in range(3))

        def show(_=None):
            board.value = self.board(across.value, down.value, self.text.value)
            colors.value = self.colors(across.value, down.value)

        def move(change):
            across.value, down.value = map(int, change["new"].split(","))

        def color(change):
            show()
            view.value = self.answer(change["new"])

        for slider in (across, down):
            slider.observe(show, "value")
        place.observe(move, "value")
        self.text.observe(color, "value")
        color({"new": self.strokes})
        box = ipywidgets.VBox([board, place, across, down, colors, self.text, view])
        box.add_class("colorlib-palette")
        return box

    def __repr__(self) -> str:
        return "<a photo to click colors into>"


def _cross(picture: Image.Image, x: int, y: int) -> None:
    """Draw a cross that is seen on black and on white."""
    pen, arm = ImageDraw.Draw(picture), max(picture.size) // 40
    for color, width in (("white", 5), ("black", 1)):
        pen.line([x - arm, y, x + arm, y], color, width)
        pen.line([x, y - arm, x, y + arm], color, width)


def palette(fn: Callable[[Image.Image | None], Picture], photo, hints: str = "") -> Palette:
    """A photo to click colors into, and what `fn` makes of them.

    Parameters
    ----------
    fn : from the hints as a picture (see `scribbles.draw`), or None if there are none, to a
        `figures.Picture`; called after each change.
    photo : what to click on, as for `figures.show`; its color is not shown.
    hints : to begin with, as text for `scribbles.parse`.

    Notes
    -----
    With a kernel, one clicks on the photo, or moves the two sliders by arrow keys, and then presses
    one of the colors that the place can have. In a page without a kernel, what `fn` makes of
    `hints`.
    """
    return Palette(fn, photo, hints)
