"""A class graded: several notebooks at a time, each once."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import colorlib

from ..io.files import write_text
from .judge import CRASHED, SAYS, Graded, grade
from .sandbox import Limits
from .submissions import Submission

ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
               "PYTHONHASHSEED": "0", "CUDA_VISIBLE_DEVICES": "", "MPLBACKEND": "agg"}


def grade_all(submissions: list[Submission], store: Path, limits: Limits, jobs: int = 2,
              tell: Callable[[Graded], None] = lambda _: None) -> list[Graded]:
    """Grade every submission; what `store` holds of an earlier run is not graded again.

    A grade in the store is of this notebook, these limits, this version of the checkers: when one
    of them changes, the notebook is graded anew.
    """
    checkers = _fingerprint()
    files = {one.path: store / f"{_key(one, limits, checkers)}.json" for one in submissions}
    results = {}
    for one in submissions:
        stored = _stored(files[one.path])
        if stored:
            results[one.path] = stored
            tell(stored)
    waiting = [one for one in submissions if one.path not in results]

    def keep(one: Submission, graded: Graded) -> None:
        write_text(json.dumps(graded.as_dict(), ensure_ascii=False, indent=1), files[one.path])
        results[one.path] = graded
        tell(graded)

    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)  # for the processes that are started now
    try:
        _in_parallel(waiting, limits, jobs, keep)
        for one in [one for one in waiting if one.path not in results]:
            _in_parallel([one], limits, 1, keep)  # one of these ended the graders: each alone
            if one.path not in results:
                graded = Graded(one.student, one.name, one.path, one.chapter)
                graded.problem = f"{CRASHED}: {SAYS[CRASHED]} The grader's process ended with it."
                keep(one, graded)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return [results[one.path] for one in submissions]


def _in_parallel(waiting, limits, jobs, keep) -> None:
    """Grade until all is done, or until a grader's process is ended from within."""
    if not waiting:
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, min(jobs, len(waiting))), mp_context=context) as pool:
        futures = {pool.submit(grade, one, limits): one for one in waiting}
        try:
            for future in as_completed(futures):
                try:
                    keep(futures[future], future.result())
                except BrokenProcessPool:
                    continue
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _stored(path: Path) -> Graded | None:
    try:
        return Graded.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key(one: Submission, limits: Limits, checkers: str) -> str:
    parts = [one.student, one.path, one.problem, str(limits), checkers]
    return hashlib.sha256("\0".join(parts).encode() + one.content).hexdigest()[:24]


def _fingerprint() -> str:
    """Of the library that answers are checked with: its whole code."""
    root = Path(colorlib.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
