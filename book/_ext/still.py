"""Widgets that stand still: a page has no kernel, so a bare widget is shown as it was left.

A slider of `colorlib.notebook.explore` has pictures of its own and moves; what is left are
progress bars. Without them no page needs the widget manager, which weighs 4 MB and compiles code
from strings.
"""

import json
import re
from html import unescape

from sphinx.util import logging

logger = logging.getLogger(__name__)
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>',
                  re.S)


def still(name: str, models: dict) -> str:
    """A widget, and those in it, as HTML: texts as they are, a progress bar as one."""
    model = models.get(name, {})
    kind, state = model.get("model_name"), model.get("state", {})
    if "children" in state:
        return "".join(still(child.removeprefix("IPY_MODEL_"), models)
                       for child in state["children"])
    if kind in ("HTMLModel", "LabelModel"):
        return f"<span>{state['value']}</span> ".replace("\u2007", " ")  # no-break there
    if kind in ("FloatProgressModel", "IntProgressModel"):
        low = state.get("min", 0)
        return (f'<progress aria-label="progress" value="{state["value"] - low:g}" '
                f'max="{state["max"] - low:g}"></progress> ')
    raise ValueError(f"a bare {kind or 'widget'} needs a kernel: give it text/html, too")


def replace_widgets(app, pagename, templatename, context, doctree):
    """In the page that is about to be written."""
    if "jupyter.widget-view" not in context.get("body", ""):
        return
    kept = [s for s in context["script_files"] if s.attributes.get("type") == STATE]
    models = json.loads(kept[0].attributes["body"])["state"] if kept else {}

    def replace(match):
        try:
            shown = still(json.loads(unescape(match[1]))["model_id"], models)
        except ValueError as error:
            logger.warning("%s: %s", pagename, error)
            return ""
        return f'<p class="still">{shown}</p>'

    context["body"] = VIEW.sub(replace, context["body"])


def setup(app):
    app.connect("html-page-context", replace_widgets, priority=850)
    return {"parallel_read_safe": True}
