"""A student's code as a function that the grader can call."""

import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from ..notebook.checks import NOT_YET
from . import messages, process
from .sandbox import Limits

# How a process can end before it has answered.
STOPPED, EXITED, CRASHED = "stopped", "exited", "crashed"
TIME, MEMORY = "out of time", "out of memory"
START = "fork" if sys.platform == "linux" else "spawn"  # how its process starts


class Ended(Exception):
    """The student's process can't answer any more: `status` says why."""

    def __init__(self, status: str):
        super().__init__(status)
        self.status = status


class Student:
    """A process with the student's code, to be called like the student's function."""

    def __init__(self, code: list[str], expression: str, limits: Limits):
        self.limits = limits
        self.folder = tempfile.mkdtemp(prefix="colorlib-grade-")
        context = multiprocessing.get_context(START)
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=process.run, daemon=True, args=(
            theirs, code, expression, limits, self.folder))
        self.held: list[str] = []
        self.unknown = ""  # how an answer is shown that could not be told
        self.before = _processor()
        self.process.start()
        theirs.close()

    def __enter__(self) -> "Student":
        try:
            message = self._receive()
            if message[0] != "ready":
                raise self._stopped(message)
            self.held = [str(name) for name in message[1]]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        _end(self.process)
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __call__(self, *arguments):
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send_bytes(messages.pack(arguments))
        message = self._receive()
        if message[0] == "value":
            if isinstance(message[1], messages.Unknown):
                self.unknown = repr(message[1])
            return message[1]
        raise self._stopped(message, called=True)

    def _receive(self) -> list:
        """The next message; Ended where there is none in time, or none that can be read."""
        try:
            with _alarm(self.limits.patience):
                message = messages.decode(self.connection.recv_bytes(messages.LARGEST))
            if isinstance(message, list) and len(message) in (2, 3, 5):
                return message
            raise ValueError("not a message")
        except TimeoutError:
            raise Ended(TIME) from None
        except (EOFError, OSError, ValueError):
            raise Ended(self._why()) from None

    def _why(self) -> str:
        """What ended the process, from its exit status."""
        end = time.monotonic() + 2  # `join` would wait for more: the sentinel is closed early
        while self.process.exitcode is None and time.monotonic() < end:
            time.sleep(0.02)
        code = self.process.exitcode
        number = -code if code is not None and code < 0 else (code or 0) - 128
        if number in (signal.SIGXCPU, signal.SIGKILL):
            used = _processor() - self.before
            return TIME if used > self.limits.seconds - 0.5 else CRASHED
        return CRASHED if number > 0 or code is None else EXITED

    def _stopped(self, message: list, called: bool = False) -> Exception:
        """An error for the checker to show, as if the code had raised it here."""
        if message[0] != "stopped" or len(message) != 5:
            return Ended(CRASHED)
        kind, text, line, memory = (str(message[1]), str(message[2]), str(message[3]), message[4])
        if memory is True:
            return Ended(MEMORY)
        if kind in ("SystemExit", "KeyboardInterrupt"):
            return Ended(EXITED)
        if kind == "NotImplementedError" and not text:  # PyTorch's own say what is missing
            return NotImplementedError() if called else Ended(NOT_YET)
        where = f"\n  in the line: {line}" if line else ""
        kind = kind if kind.isidentifier() else "Error"
        error = type(kind, (Exception,), {})(f"{text}{where}")
        if called:
            return error
        end = Ended(STOPPED)
        end.__cause__ = type(kind, (Exception,), {})(f"{kind}: {text}{where}")
        return end


def _processor() -> float:
    """Seconds of the processor that all ended children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _alarm(seconds: float):
    """TimeoutError in this thread, the main one, after so many seconds."""
    def ring(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _end(student: multiprocessing.Process) -> None:
    """End a process and, first, the world that it may have opened."""
    with suppress(OSError):
        children = Path(f"/proc/{student.pid}/task/{student.pid}/children").read_text()
        for child in children.split():
            os.kill(int(child), signal.SIGKILL)
    student.kill()
    student.join(5)
