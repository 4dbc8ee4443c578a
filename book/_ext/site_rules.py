"""What a page needs and its source should not have to know."""

import re

COLAB_BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def own_badge(app, docname, source):
    """Colab's badge comes from its server, but the site asks no other host for anything."""
    source[0] = source[0].replace(COLAB_BADGE, "/book/_static/images/colab-badge.svg")


def escape_bars(app, what, name, obj, options, lines):
    """In a docstring, |x| is an absolute value, and not a substitution of reStructuredText."""
    lines[:] = [re.sub(r"(?<!\\)\|", r"\\|", line) for line in lines]


def trim_scripts(app, pagename, templatename, context, doctree):
    """Only the scripts that a page has a use for.

    Live cells in the page (thebe) are not used; their scripts complain, and know another host.
    The widget manager weighs 4 MB, and a slider of `colorlib.explore` moves without it: it stays,
    with the widgets' state, where a bare widget is shown.
    """
    unused = ["thebe"]
    if "jupyter.widget-view" not in context.get("body", ""):
        unused += ["jupyter.widget-state", "requirejs", "widgets.js", "html-manager"]
    context["script_files"] = [
        script for script in context["script_files"]
        if not any(word in f"{script.filename} {script.attributes}".lower() for word in unused)
    ]


def setup(app):
    app.connect("source-read", own_badge)
    app.connect("html-page-context", trim_scripts, priority=900)
    # Before napoleon, which listens at the default priority of 500.
    app.connect("autodoc-process-docstring", escape_bars, priority=100)
    return {"parallel_read_safe": True}
