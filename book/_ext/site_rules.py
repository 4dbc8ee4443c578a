"""What a page needs and its source should not have to know."""

import re

COLAB_BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def own_badge(app, docname, source):
    """Colab's badge comes from its server, but the site asks no other host for anything."""
    source[0] = source[0].replace(COLAB_BADGE, "/book/_static/images/colab-badge.svg")


def plain_docstring(app, what, name, obj, options, lines):
    """Docstrings are written to be read in an editor: turn them into what napoleon expects.

    There, ``name : text`` has all of the text as a description, none of it as a type; Returns may
    be a sentence; and the bars of |x| are an absolute value, not a substitution.
    """
    text = re.sub(r"(?<!\\)\|", r"\\|", "\n".join(lines))
    before, *sections = re.split(r"^(\w+\n-{3,}\n)", text, flags=re.M)
    lines[:] = before.split("\n")
    for head, body in zip(sections[::2], sections[1::2], strict=True):
        named = re.sub(r"^(\w[\w*, ]*) : ", r"\1\n    ", body, flags=re.M)
        if head.startswith("Returns") and named == body:
            head, named = "", ":returns: " + body.strip().replace("\n", "\n    ") + "\n"
        elif not head.startswith(("Parameters", "Attributes", "Returns")):
            named = body
        lines += (head + named).split("\n")


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
    app.connect("autodoc-process-docstring", plain_docstring, priority=100)
    return {"parallel_read_safe": True}
