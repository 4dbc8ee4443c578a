"""The Turing test in a notebook (chapter 08); the site has a page with the same test."""

import secrets
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ..turing import plan, sessions
from ..turing.pairs import Pair, picture
from ..turing.plan import FIRST, SECOND
from ..turing.sessions import VISION, Session
from .figures import CSS, data_uri, has_kernel

WAIT = 0.4  # seconds before the first picture: time to decode it
# The browser times the pictures, by an animation: a message from the kernel may come late.
FLASH = f"""<style>
@keyframes colorlib-seen {{from, to {{visibility: visible}}}}
.colorlib-flash {{display: flex; flex-wrap: wrap; gap: 16px; justify-content: center}}
.colorlib-flash div {{width: 256px; height: 256px; background: #ddd}}
.colorlib .colorlib-flash img {{visibility: hidden; border-radius: 0 !important;
 animation: colorlib-seen {plan.EXPOSURE:.0f}ms linear {1000 * WAIT:.0f}ms}}
.colorlib .colorlib-flash div + div img {{
 animation-delay: {1000 * WAIT + plan.EXPOSURE:.0f}ms}}
</style>"""


class ForcedChoice:
    """What `forced_choice` returns: the last line of a cell shows it.

    Attributes
    ----------
    session : the `Session`, as far as it has come.
    path : its file, once the last pair is answered.
    """

    def __init__(self, pairs: Sequence[Pair], session: Session, folder: Path,
                 practice: int = plan.PRACTICE, test: int = plan.TEST,
                 catch: int = plan.CATCH):
        self.pairs = {kind: [p for p in pairs if p.kind == kind] for kind in ("colorized", "catch")}
        self.session, self.folder, self.path = session, folder, None
        self.due = plan.plan(session.seed, practice, test, catch)
        for trial in self.due:
            if trial.pair >= len(self.pairs[trial.kind]):
                raise ValueError(f"{len(pairs)} pairs are too few for the test: it wants "
                                 f"{plan.PAIRS} and {plan.CATCH_PAIRS} that catch")

    def widget(self):
        """Buttons and a place for the pictures; ipywidgets 7 and 8."""
        import ipywidgets

        wide = {"width": "min(100%, 30em)"}
        self.view = ipywidgets.HTML()
        self.vision = ipywidgets.Dropdown(
            options=[("Choose: do you see colors as most people do?", ""),
                     *((words, name) for name, words in VISION.items())],
            layout=wide)
        self.start = ipywidgets.Button(description="Start", disabled=True)
        self.buttons = {
            side: ipywidgets.Button(description=f"The {side} has made colors", layout=wide)
            for side in (FIRST, SECOND)}
        self.next = ipywidgets.Button(description="Next pair")
        self.vision.observe(lambda _: setattr(self.start, "disabled", not self.vision.value),
                            "value")
        self.start.on_click(lambda _: self._begin())
        self.next.on_click(lambda _: self._show())
        for side, button in self.buttons.items():
            button.on_click(lambda _, side=side: self.answer(side))
        self.box = ipywidgets.VBox([self.view, self.vision, self.start])
        self._say(f"Of each pair, one picture had its colors made by a computer: which? "
                  f"You see each for one second. {len(self.due)} pairs, the first "
                  f"{sum(t.phase == 'practice' for t in self.due)} are practice.")
        return self.box

    def _begin(self) -> None:
        self.session.vision = self.vision.value
        self.session.started = date.today().isoformat()
        self._show()

    def _show(self) -> None:
        """Flash the next pair; the answer may be given at once."""
        trial = self.due[len(self.session.trials)]
        pair = self.pairs[trial.kind][trial.pair]
        trial.scene = pair.scene
        both = [pair.real, pair.fakes[self.session.method]]
        both = both if trial.real == FIRST else both[::-1]
        images = "".join(f'<div><img src="{data_uri(picture(rgb), 92)}" alt="{side} picture" '
                         'width="256" height="256"></div>'
                         for rgb, side in zip(both, (FIRST, SECOND), strict=True))
        self._say(f"Pair {trial.trial} of {len(self.due)} ({trial.phase})",
                  f'{FLASH}<div class="colorlib-flash">{images}</div>')
        self._shown = time.monotonic()
        self.box.children = [self.view, *self.buttons.values()]

    def answer(self, side: str) -> None:
        """Take the answer to the pair on show; tell whether it was right, if it was practice."""
        trial = self.due[len(self.session.trials)]
        seen = WAIT + 2 * plan.EXPOSURE / 1000
        trial.fake_is = side
        trial.response_ms = round(1000 * (time.monotonic() - self._shown - seen), 1)
        self.session.trials.append(trial)
        if len(self.session.trials) == len(self.due):
            self._finish()
        elif trial.phase == "practice":
            other = SECOND if trial.real == FIRST else FIRST
            self._say(f"{'No' if trial.fooled else 'Right'}: the {other} had made colors, "
                      f"the {trial.real} was the photograph.")
            self.box.children = [self.view, self.next]
        else:
            self._show()

    def _finish(self) -> None:
        self.path = sessions.write(self.session, self.folder)
        tested = [t for t in self.session.trials if t.phase == "test"]
        judged = [t for t in tested if t.kind == "colorized"]
        caught = [t for t in tested if t.kind == "catch"]
        self._say(f"Done. You labeled {sum(t.fooled for t in judged)} of {len(judged)} colorized "
                  f"pictures real, and found {sum(not t.fooled for t in caught)} of {len(caught)} "
                  f"catch pictures. Your answers are in {self.path}.")
        self.box.children = [self.view]

    def _say(self, text: str, more: str = "") -> None:
        self.view.value = f'{CSS}<div class="colorlib"><p role="status">{text}</p>{more}</div>'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        if not has_kernel():
            return {"text/plain": repr(self)}
        self._live = self.widget()
        view = {"version_major": 2, "version_minor": 0, "model_id": self._live.model_id}
        note = ("In a live notebook the test stands here. On this site, "
                "<a href='../book/turing.html'>a page of its own</a> has it.")
        return {"text/plain": repr(self), "application/vnd.jupyter.widget-view+json": view,
                "text/html": f'{CSS}<div class="colorlib">{note}</div>'}

    def __repr__(self) -> str:
        return f"<Turing test: {len(self.session.trials)} of {len(self.due)} pairs answered>"


def forced_choice(pairs: Sequence[Pair], method: str = "course", group: str = "",
                  pictures: str = "bundled", folder: str | Path = ".", seed: int | None = None,
                  **counts: int) -> ForcedChoice:
    """The test of the paper as a widget: two pictures, one second each, which has made colors?

    Parameters
    ----------
    pairs : of `pairs.make_pairs`. method : which of their colorized versions to judge.
    group, pictures : what to note in the file: such as the class, and what the pictures are of.
    folder : where the file goes when the last pair is answered.
    seed : of order and sides; random if not given.
    counts : practice, test and catch, to try it out: a shorter sitting is not pooled.

    Notes
    -----
    The browser shows each picture for one second, but a notebook can't tell whether it did: the
    file has no measured times. The page of the site measures them.
    """
    seed = secrets.randbits(32) if seed is None else seed
    session = Session(secrets.token_hex(8), seed, method, pictures, group)
    return ForcedChoice(pairs, session, Path(folder), **counts)
