"""Figures with sliders, for a live notebook and for the static book (all chapters)."""

import itertools
import json
import sys
import uuid
from collections.abc import Callable, Sequence
from html import escape

from .figures import CSS, Picture, has_kernel, show, to_image

BUDGET = 1_500_000  # bytes of one figure in the page
QUALITIES = (90, 80, 65, 50)  # of the JPEGs, tried in turn until the figure fits

STYLE = """<style>
.colorlib-controls{display:grid;gap:4px;margin:0 0 8px}
.colorlib-controls div{display:flex;flex-wrap:wrap;align-items:center;gap:4px 12px}
.colorlib-controls label{color:#222;font-size:15px;margin:0}
.colorlib-controls input{flex:1 1 160px;height:32px;min-width:0;accent-color:#0072b2;margin:0}
.colorlib-controls output{color:#222;font-size:15px;min-width:5em;font-variant-numeric:tabular-nums}
.colorlib [hidden]{display:none!important}
</style>"""

# All frames are in the page; the sliders decide which one is not hidden.
SCRIPT = """<script>(function () {
  var root = document.getElementById("ID");
  var sliders = Array.from(root.querySelectorAll("input"));
  var frames = Array.from(root.querySelectorAll(".colorlib-frame"));
  function draw() {
    var k = 0;
    sliders.forEach(function (s) {
      var words = JSON.parse(s.dataset.words), i = Number(s.value);
      k = k * words.length + i;
      s.setAttribute("aria-valuetext", words[i]);
      var out = s.parentNode.querySelector("output");
      if (out.textContent !== words[i]) { out.textContent = words[i]; }
    });
    frames.forEach(function (f, i) { f.hidden = i !== k; });
  }
  sliders.forEach(function (s) { s.addEventListener("input", draw); });
  root.querySelector(".colorlib-controls").hidden = false;
  draw();
})();</script>"""


class Explorer:
    """What `explore` returns: the last line of a cell shows it."""

    def __init__(self, fn, values, start, alt, labels, words):
        self.fn, self.alt, self.values = fn, alt, values
        self.labels = {name: (labels or {}).get(name, name) for name in values}
        self.words = {name: [_words(v, (words or {}).get(name)) for v in options]
                      for name, options in values.items()}
        self.start = {name: _start(name, options, start) for name, options in values.items()}
        self._drawn = {}

    def frame(self, quality: int = QUALITIES[0], **values) -> str:
        """HTML of one frame."""
        drawn = self._draw(**values)
        if isinstance(drawn, str | Picture):
            return getattr(drawn, "body", drawn)
        return show(drawn, self.say(**values), quality).body

    def _draw(self, **values):
        """What `fn` returns, once for each position of the sliders."""
        key = tuple(values.values())
        if key not in self._drawn:
            drawn = self.fn(**values)
            if drawn is None:
                raise TypeError(f"{getattr(self.fn, '__name__', 'fn')} returned None for {values}; "
                                "let it return its figure, image or text")
            kept = isinstance(drawn, str | Picture)
            self._drawn[key] = drawn if kept else to_image(drawn)
        return self._drawn[key]

    def say(self, **values) -> str:
        """The alt text of one frame."""
        return self.alt(**values) if callable(self.alt) else self.alt.format(**values)

    def html(self) -> str:
        """The figure with all its frames: moves without a kernel."""
        grid = [dict(zip(self.values, v, strict=True))
                for v in itertools.product(*self.values.values())]
        for quality in QUALITIES:
            page = self._page(grid, quality)
            if len(page) <= BUDGET:
                return page
        raise ValueError(f"the {len(grid)} frames take {len(page) / 1e6:.1f} MB; at most "
                         f"{BUDGET / 1e6:.1f}: use fewer values or smaller pictures")

    def _page(self, grid, quality):
        name = f"colorlib-{uuid.uuid4().hex[:10]}"
        controls = "".join(self._control(name, slider) for slider in self.values)
        frames = "".join(
            f'<div class="colorlib-frame"{"" if values == self.start else " hidden"}>'
            f"{self.frame(quality, **values)}</div>" for values in grid
        )
        return (f'{CSS}{STYLE}<div class="colorlib" id="{name}">'
                f'<div class="colorlib-controls" hidden>{controls}</div>{frames}'
                f"<noscript>The slider needs JavaScript; this is one of its positions.</noscript>"
                f"</div>{SCRIPT.replace('ID', name)}")

    def _control(self, figure, slider):
        words, at = self.words[slider], self.values[slider].index(self.start[slider])
        id_ = f"{figure}-{slider}"
        return (
            f'<div><label for="{id_}">{escape(self.labels[slider])}</label>'
            f'<input type="range" id="{id_}" min="0" max="{len(words) - 1}" step="1" value="{at}" '
            f'data-words="{escape(json.dumps(words))}" aria-valuetext="{escape(words[at])}">'
            f'<output for="{id_}" aria-live="polite">{escape(words[at])}</output></div>'
        )

    def widget(self):
        """The figure as an ipywidgets box: computes a frame when the slider asks for it."""
        import ipywidgets

        wide = {"description_width": "initial"}
        sliders = {
            name: ipywidgets.SelectionSlider(
                options=list(zip(self.words[name], options, strict=True)), value=self.start[name],
                description=self.labels[name], style=wide, layout={"width": "min(100%, 32em)"})
            for name, options in self.values.items()
        }
        view = ipywidgets.HTML()

        def draw(_=None):
            body = self.frame(**{name: slider.value for name, slider in sliders.items()})
            view.value = f'{CSS}<div class="colorlib">{body}</div>'

        for slider in sliders.values():
            slider.observe(draw, "value")
        draw()
        return ipywidgets.VBox([*sliders.values(), view])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        """Both views in one output: a kernel's front end picks the widget, the book the HTML."""
        bundle = {"text/plain": repr(self)}
        if has_kernel():
            self._live = self.widget()  # the front end holds an id only: keep it alive
            view = {"version_major": 2, "version_minor": 0, "model_id": self._live.model_id}
            bundle["application/vnd.jupyter.widget-view+json"] = view
        if "google.colab" not in sys.modules:  # where nothing but the live view will be shown
            bundle["text/html"] = self.html()
        return bundle

    def __repr__(self) -> str:
        return f"<figure with sliders for {', '.join(self.values)}: {self.say(**self.start)}>"


def explore(
    fn: Callable,
    *,
    alt: str | Callable[..., str],
    start: dict | None = None,
    labels: dict[str, str] | None = None,
    words: dict[str, Callable] | None = None,
    **values: Sequence,
) -> Explorer:
    """A figure that one or two sliders change.

    With a kernel it is live; the same output carries all its frames, so that the slider moves in
    a page that has no kernel, too.

    Parameters
    ----------
    fn : called with one value of each slider by name; returns a matplotlib figure, PIL image,
        array, `figures.Picture`, or a short HTML text.
    alt : what a frame shows; a text in which ``{T}`` stands for a value, or a function of them.
    start : values to begin with; the middle ones if not given.
    labels : what to write beside a slider instead of its name.
    words : for a slider, a function that says its value in words.
    values : for each slider, the list of its values.

    Raises
    ------
    ValueError
        If there are no or more than two sliders, one has fewer than two values, or all frames
        take more than 1.5 MB even at low quality.

    Examples
    --------
    >>> explore(lambda T: f"T is {T}", T=[0, 0.38, 1], alt="The value {T}")
    <figure with sliders for T: The value 0.38>
    """
    if not 1 <= len(values) <= 2:
        raise ValueError(f"explore takes one or two sliders, got {len(values)}")
    values = {name: list(options) for name, options in values.items()}
    for name, options in values.items():
        if len(options) < 2:
            raise ValueError(f"{name} needs at least two values, got {options}")
    return Explorer(fn, values, start, alt, labels, words)


def _words(value, say) -> str:
    if say:
        return str(say(value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _start(name, options, start):
    value = (start or {}).get(name, options[len(options) // 2])
    if value not in options:
        raise ValueError(f"start has {name} = {value}, which is none of {options}")
    return value
