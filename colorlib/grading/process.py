"""The process of one exercise: it runs the student's code, and never sees what is right."""

import linecache
import os
import random
import re
import sys
import traceback
import types
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch

from . import messages
from .sandbox import Limits, enter

CHECKS = "colorlib.notebook.checks"


class NoChecker:
    """In the place of a checker: the cell may call it, and it says nothing."""

    def __call__(self, *_):
        return None

    def __getattr__(self, name):
        raise AttributeError("the checker's own answer is not there when a notebook is graded")


class _NoCheckers(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _no_checkers(name) if re.fullmatch(r"ch\d\d[a-z]?", name) else NoChecker()


def _no_checkers(name: str) -> types.ModuleType:
    module = _NoCheckers(f"{CHECKS}.{name}")
    sys.modules[module.__name__] = module
    return module


def run(connection: Connection, code: list[str], expression: str, limits: Limits,
        folder: str) -> None:
    """Enter the sandbox, run the code, then answer each call that comes in."""
    _keep_only(connection)
    torch.set_num_threads(1)
    held = enter(limits, Path(folder))
    _seed()
    for name in [name for name in sys.modules if name.startswith(CHECKS)]:
        del sys.modules[name]
    package = _NoCheckers(CHECKS)
    package.__path__ = []
    sys.modules[CHECKS] = package
    for number in range(100):
        for half in ("", "b", "c"):
            _no_checkers(f"ch{number:02d}{half}")
    answer = _try(connection, lambda: _define(code, expression))
    _send(connection, ["ready", held, callable(answer)])
    while True:
        arguments = messages.unpack(connection.recv_bytes())
        _seed()
        got = _try(connection, lambda given=arguments: answer(*given) if callable(answer)
                   else answer)
        _try(connection, lambda value=got: connection.send_bytes(messages.encode(
            ["value", value])))


def _define(code: list[str], expression: str):
    space = {"__name__": "__main__"}
    for source in code:
        exec(_compiled(source, "exec"), space)
    return eval(_compiled(expression, "eval"), space)


def _compiled(source: str, mode: str):
    """Code whose lines a traceback can show."""
    name = f"<cell {len(linecache.cache)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    return compile(source, name, mode)


def _try(connection: Connection, action):
    """What the action gives; if it raises, the grader is told, and the process ends."""
    try:
        return action()
    except BaseException as error:  # the student's code may raise anything
        own = [frame for frame in traceback.extract_tb(error.__traceback__)
               if frame.filename.startswith("<cell ")]
        text = ""
        with suppress(Exception):
            text = str(error)[:2000]
        _send(connection, ["stopped", type(error).__name__, text,
                           own[-1].line if own else "", _is_memory(error, text)])
        os._exit(0)


def _is_memory(error: BaseException, text: str) -> bool:
    return isinstance(error, MemoryError) or "can't allocate memory" in text


def _send(connection: Connection, value) -> None:
    try:
        connection.send_bytes(messages.encode(value))
    except (OSError, MemoryError):
        os._exit(1)


def _seed() -> None:
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)


def _keep_only(connection: Connection) -> None:
    """No open file but the connection: the grader's own, on which grades go, were inherited.

    There is nothing to read from the keyboard, and what is printed is not kept.
    """
    number = connection.fileno()
    os.closerange(3, number)
    os.closerange(number + 1, os.sysconf("SC_OPEN_MAX"))
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
