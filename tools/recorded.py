"""A plugin for pytest: nbval compares what the book's run of a notebook gave; nothing runs twice.

``pytest -p recorded --nbval-lax ... notebooks``. A notebook that `tools/execute.py` has run since
it and the library last changed is not run again: nbval gets its messages from that record. One that
is not in the record, because it is new or failed, is run by nbval as always.
"""

from uuid import uuid4

from execute import BUILD, cache
from nbval.plugin import IPyNbFile


class Recorded:
    """What nbval asks of a kernel, answered from an executed notebook's cells."""

    def __init__(self, cells):
        self.cells = iter(cells)
        self.messages = []

    def is_alive(self):
        return True

    def execute_cell_input(self, source, allow_stdin=False):
        """Find the cell, and line up the messages that a kernel would send."""
        cell = next(c for c in self.cells if c.cell_type == "code" and c.source == source)
        parent = {"msg_id": uuid4().hex}
        told = [(output.output_type, output) for output in cell.outputs]
        self.messages = [{"msg_type": kind, "content": content, "parent_header": parent}
                         for kind, content in [*told, ("status", {"execution_state": "idle"})]]
        return parent["msg_id"]

    def get_message(self, stream, timeout=None):
        return self.messages.pop(0)

    def await_reply(self, *args, **kwargs):
        """The messages are there already."""

    await_idle = interrupt = stop = await_reply


def setup(self, start=IPyNbFile.setup):
    """`IPyNbFile.setup`, with the record in place of a kernel where there is one."""
    try:
        _, executed = cache(BUILD).merge_match_into_notebook(self.nb)
    except KeyError:
        return start(self)
    self.kernel = Recorded(executed.cells)
    return self.setup_sanitize_files()


IPyNbFile.setup = setup
