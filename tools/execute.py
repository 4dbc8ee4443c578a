"""Run the notebooks that changed, several side by side, and keep what they gave.

The results go into Jupyter's cache, where Jupyter Book and the tests find them: no notebook runs
twice. Each runs in a process of its own with one thread, as many at a time as there are processors,
the longest first. Exits 1 if one fails.
"""

import os
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import forked
import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from nbclient.exceptions import DeadKernelError

ROOT = Path(__file__).parents[1]
BUILD = Path(os.environ.get("COLORFUL_BUILD", ROOT / "_build"))
LIMIT = 600  # seconds a cell; on a good machine the longest takes less than a tenth of it
# Those that took longest when it was last looked at; the others follow in the order of their size.
LONGEST = ("13", "05b", "07", "03", "05", "06", "08", "04", "10", "09")


def cache(build: Path):
    """Jupyter's cache of a build, as Jupyter Book uses it."""
    return get_cache(str(build / ".jupyter_cache"))


def notebooks() -> list[Path]:
    """Those of the book, and first of all those that take longest."""
    paths = [*(ROOT / "notebooks").glob("[0-9]*.ipynb"),
             *(ROOT / "notebooks" / "solutions").glob("[0-9]*.ipynb")]
    last = len(LONGEST)

    def order(path: Path) -> tuple:
        chapter = path.name.partition("_")[0]
        rank = LONGEST.index(chapter) if chapter in LONGEST else last
        return path.parent.name == "solutions", rank, path.name

    return sorted(paths, key=order)


def run(path: Path):
    """Execute one notebook: the notebook, seconds of the clock and of the processor, the error."""
    forked.use()
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        result = single_nb_execution(notebook, cwd=str(path.parent), timeout=LIMIT,
                                     allow_errors=False, coalesce_streams=True)
        seconds, error = result.time, result.exc_string
    except DeadKernelError as died:
        seconds, error = 0, f"{path.name}: {died}"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime - begun.ru_utime - begun.ru_stime
    return notebook, seconds, processor, error


def main(build: Path = BUILD) -> int:
    """Execute what is not in the cache; returns the exit status."""
    os.environ |= {"OMP_NUM_THREADS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    kept, todo = cache(build), []
    for path in notebooks():
        try:
            kept.match_cache_notebook(nbformat.read(path, nbformat.NO_CONVERT))
        except KeyError:
            todo.append(path)
    failed = 0
    # A process a notebook, so that its kernel's processor time can be told from the others'.
    with ProcessPoolExecutor(os.cpu_count(), forked.context(), max_tasks_per_child=1) as pool:
        waiting = {path: pool.submit(run, path) for path in todo}
        for path, future in waiting.items():
            notebook, seconds, processor, error = future.result()
            print(f"{path.relative_to(ROOT)}: {seconds:.0f} s, {processor:.0f} s of a processor",
                  flush=True)
            if error:
                failed += 1
                print(error, file=sys.stderr)
                continue
            data = {"execution_seconds": seconds, "processor_seconds": round(processor, 1)}
            kept.cache_notebook_bundle(CacheBundleIn(notebook, str(path), data=data),
                                       check_validity=False, overwrite=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
