"""A photo of the learner's own, in a notebook (all chapters)."""

import io
from collections.abc import Callable

from ..images import PhotoError, open_photo
from .figures import CSS, has_kernel


class Upload:
    """What `upload` returns: the last line of a cell shows it."""

    def __init__(self, fn: Callable):
        self.fn = fn

    def widget(self):
        """The button, and below it what `fn` made of the last file; ipywidgets 7 and 8."""
        import ipywidgets

        button = ipywidgets.FileUpload(accept="image/*", multiple=False,
                                       description="Choose a photo")
        view = ipywidgets.HTML()

        def receive(_):
            if button.value:
                view.value = self.answer(_content(button.value))

        button.observe(receive, "value")
        return ipywidgets.VBox([button, view])

    def answer(self, content: bytes) -> str:
        """HTML for the bytes of a file: the picture that `fn` returns, or what is wrong with it."""
        try:
            picture = self.fn(open_photo(io.BytesIO(content)))
        except PhotoError as error:
            reason = str(error).partition(": ")[2]  # the file's name is not known here
            return f'{CSS}<div class="colorlib">That did not work: {reason}.</div>'
        return picture._repr_html_()

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        if not has_kernel():
            return {"text/plain": repr(self)}
        self._live = self.widget()
        view = {"version_major": 2, "version_minor": 0, "model_id": self._live.model_id}
        note = "In a live notebook a button stands here that takes a photo of yours."
        return {"text/plain": repr(self), "application/vnd.jupyter.widget-view+json": view,
                "text/html": f'{CSS}<div class="colorlib">{note}</div>'}

    def __repr__(self) -> str:
        return "<a button that takes a photo of yours>"


def upload(fn: Callable) -> Upload:
    """A button to choose a photo with, and what `fn` makes of it.

    Parameters
    ----------
    fn : from a Pillow picture to a `figures.Picture`; called whenever a photo was chosen. The photo
        goes to the kernel's machine and nowhere else.

    Notes
    -----
    Colab's widgets lose files of more than about 1 MB: there, put the file into the folder at the
    left and give its path to the colorizer.
    """
    return Upload(fn)


def _content(value) -> bytes:
    """The chosen file: ipywidgets 7 gives a dict by name, 8 a tuple of dicts."""
    chosen = next(iter(value.values())) if isinstance(value, dict) else value[0]
    return bytes(chosen["content"])
