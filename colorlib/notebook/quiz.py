"""The quizzes of the chapters, by jupyterquiz (all chapters)."""

import json
import re

from ..io.assets import asset
from .figures import Picture

# Dark text on white, and answers that are told apart by more than their color (see SCRIPT).
COLORS = {
    "--jq-multiple-choice-bg": "#eef3f8",
    "--jq-text-color": "#222222",
    "--jq-mc-button-bg": "#ffffff",
    "--jq-mc-button-border": "#8a8a8a",
    "--jq-mc-button-inset-shadow": "#555555",
    "--jq-correct-color": "#b7e4c7",
    "--jq-incorrect-color": "#ffd0c2",
}
STYLE = """<style>
.colorlib .Quiz,.colorlib .Feedback{font-size:16px;line-height:1.4;color:#222}
.colorlib .Feedback{text-align:left;padding:0 10px 8px;min-height:1.4em}
.colorlib .Feedback.correct::before{content:"\\2713  Right. ";font-weight:bold;color:#00600f}
.colorlib .Feedback.incorrect::before{content:"\\2717  No. ";font-weight:bold;color:#a00000}
.colorlib .Answer{grid-template-columns:1fr;gap:6px}
.colorlib .MCButton{justify-content:flex-start;text-align:left;line-height:1.4}
.colorlib .MCButton:focus-within{outline:3px solid #0072b2}
.colorlib .MCButton input{position:absolute;opacity:0}
</style>"""


def load(chapter: str) -> list[dict]:
    """The questions of a chapter, from ``colorlib/assets/quizzes``, in jupyterquiz's form."""
    path = asset(f"quizzes/{chapter}.json")
    if not path.is_file():
        raise ValueError(f"there is no quiz for chapter {chapter!r}")
    return json.loads(path.read_text(encoding="utf-8"))


def show(chapter: str) -> Picture:
    """The quiz of a chapter, such as "01"; the last line of a cell shows it.

    jupyterquiz makes it. What it makes is put into one output, and kept from fetching MathJax from
    another host: quizzes are written without LaTeX.
    """
    from IPython.utils.capture import capture_output
    from jupyterquiz import display_quiz

    questions = load(chapter)
    with capture_output() as shown:
        display_quiz(questions, shuffle_answers=False, colors=COLORS, max_width=720)
    body, script = (output.data for output in shown.outputs)
    place, script = body["text/html"], script["application/javascript"]
    script = re.sub(r"https?://[\w./@-]+\.js", "", script)
    name = re.search(r'id="(\w+)"', place)[1]
    live = f"""
new MutationObserver(function () {{
  document.querySelectorAll("#{name} .Feedback:not([aria-live])").forEach(function (f) {{
    f.setAttribute("aria-live", "polite");
  }});
}}).observe(document.getElementById("{name}"), {{childList: true, subtree: true}});
"""
    # A parameter named MathJax hides the page's own from jupyterquiz.
    html = (f"{place}</div>{STYLE}<noscript>The quiz needs JavaScript.</noscript>"
            f"<script>(function (MathJax) {{{live}{script}}})();</script>")
    return Picture(html, f"quiz of chapter {chapter}: {len(questions)} questions")
