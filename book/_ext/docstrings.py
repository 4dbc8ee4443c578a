"""Docstrings are written to be read in an editor; this makes them safe as reStructuredText."""

import re


def escape(app, what, name, obj, options, lines):
    """The bars of |x|, an absolute value, would be taken for a substitution."""
    lines[:] = [re.sub(r"(?<!\\)\|", r"\\|", line) for line in lines]


def setup(app):
    # Before napoleon, which listens at the default priority of 500.
    app.connect("autodoc-process-docstring", escape, priority=100)
    return {"parallel_read_safe": True}
