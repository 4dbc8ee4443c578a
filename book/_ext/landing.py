"""The landing page: the door to it, and its photograph.

The photograph is gray until a pointer or a key gives it the network's colors.
"""

import base64
import io
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive, directives

HTML = """
<div class="paint" id="paint">
<div class="paint-stage">
<img class="inline" src="{color}" alt="{alt}" width="{width}" height="{height}">
<img class="inline paint-gray" src="{gray}" alt="" width="{width}" height="{height}">
</div>
<div class="paint-controls" hidden>
<label for="paint-share">Color</label>
<input type="range" id="paint-share" min="0" max="100" step="5" value="0" aria-valuetext="all gray">
<button type="button" id="paint-again">Gray again</button>
</div>
</div>
<script>{script}</script>
"""

# The gray copy lies over the color one; painting takes it away, where the pointer has been.
SCRIPT = """(function () {
  var root = document.getElementById("paint"), gray = root.querySelector(".paint-gray");
  var stage = root.querySelector(".paint-stage"), slider = root.querySelector("input");
  var canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), last = null;
  function cover() {
    pen.globalCompositeOperation = "source-over";
    pen.drawImage(gray, 0, 0, canvas.width, canvas.height);
    pen.globalCompositeOperation = "destination-out";
  }
  function say(words) { slider.setAttribute("aria-valuetext", words); }
  function share() {
    cover();
    pen.fillRect(0, 0, canvas.width * slider.value / 100, canvas.height);
    say(slider.value === "0" ? "all gray" : slider.value === "100" ? "all in color" :
        slider.value + " percent in color, from the left");
  }
  function brush(event) {
    var box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
    var at = {x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale};
    pen.lineWidth = canvas.width / 5;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo((last || at).x, (last || at).y);
    pen.lineTo(at.x + 0.01, at.y);
    pen.stroke();
    last = at;
  }
  function start() {
    canvas.width = gray.naturalWidth;
    canvas.height = gray.naturalHeight;
    canvas.setAttribute("aria-hidden", "true");
    cover();
    gray.replaceWith(canvas);
    root.querySelector(".paint-controls").hidden = false;
    stage.addEventListener("pointermove", brush);
    stage.addEventListener("pointerdown", brush);
    stage.addEventListener("pointerleave", function () { last = null; });
    slider.addEventListener("input", share);
    document.getElementById("paint-again").addEventListener("click", function () {
      slider.value = 0;
      share();
    });
  }
  gray.decode().then(start);
})();"""


# Jupyter Book leads from the site's own address to the first page by a line without a head, and
# browsers then ask for an icon that is not there.
DOOR = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="canonical" href="{home}{first}">
<link rel="icon" href="_static/logo.svg">
<meta http-equiv="refresh" content="0; url={first}">
</head>
<body><p><a href="{first}">{title}</a></p></body>
</html>
"""


def uri(picture) -> str:
    """A picture as an address that holds it."""
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=75, method=6)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


class GrayToColor(Directive):
    """A photo of the course in gray, over what the network that ships makes of it."""

    required_arguments = 1
    option_spec = {"alt": directives.unchanged_required}

    def run(self):
        import torch

        from colorlib import Colorizer
        from colorlib.color import lab_to_rgb, rgb_to_lab
        from colorlib.images import as_rgb, like, sample

        photo = sample(self.arguments[0])
        lab = rgb_to_lab(as_rgb(photo))
        lab[1:] = torch.zeros_like(lab[1:])
        gray = like(lab_to_rgb(lab), None, photo)
        color = Colorizer.from_pretrained("photo")(gray)
        html = HTML.format(color=uri(color), gray=uri(gray.convert("L")), alt=self.options["alt"],
                           width=photo.width, height=photo.height, script=SCRIPT)
        return [nodes.raw("", html, format="html")]


def door(app, exception):
    """Write the page at the site's own address; Jupyter Book leaves alone what is there."""
    if exception or app.builder.format != "html":
        return
    first = app.config.root_doc
    html = DOOR.format(title=app.env.titles[first].astext(), first=f"{first}.html",
                       home=app.config.html_baseurl)
    Path(app.outdir, "index.html").write_text(html, encoding="utf-8")


def setup(app):
    app.connect("build-finished", door)
    app.add_directive("gray-to-color", GrayToColor)
    return {"parallel_read_safe": True}
