"""The command for a new machine: what it has, and what will be slow on it."""

import os
import platform
import shutil
import sys
import time
from pathlib import Path

GB = 1e9
LITTLE_MEMORY, LITTLE_DISK = 4 * GB, 2 * GB  # less gets a word of advice
SLOW = 3.0  # seconds for a photograph: more is told as slow
LIMITS = Path("/sys/fs/cgroup")  # what a container may use, on Linux


def doctor(arguments) -> int:
    """Print five lines: Python, torch, processor and memory, disk, and what will be slow."""
    from ..engine.devices import available

    device, memory, disk = available(), memory_bytes(), shutil.disk_usage(".").free
    size = f"{memory / GB:.1f} GB" if memory else "not known"
    print(f"Python     {platform.python_version()}, {platform.system()} on {platform.machine()}")
    print(f"torch      {_torch(device)}")
    print(f"processor  {cores():g} cores; memory {size}")
    print(f"disk       {disk / GB:.1f} GB free here")
    print(f"slow here  {'; '.join(slow(device, cores(), memory, disk, one_photograph()))}")
    return 0


def slow(device: str, cores: float, memory: int | None, disk: int, seconds: float) -> list[str]:
    """What to expect.

    Parameters
    ----------
    device : "cuda", "mps" or "cpu".
    memory, disk : bytes; None where it is not known.
    seconds : for coloring a photograph.
    """
    found = []
    if device == "cpu":
        found.append("training in full (chapter 05b, colorlib train: an hour or more), for want of "
                     "a GPU")
    if cores < 2:
        found.append("make book and make test, which use several cores")
    if memory is not None and memory < LITTLE_MEMORY:
        found.append("little memory, keep one notebook open at a time")
    if disk < LITTLE_DISK:
        found.append("little disk, for downloads and training")
    if seconds > SLOW:
        found.append("coloring, and so the chapters; or the machine is busy with other work")
    return [*(found or ["nothing"]), f"a photograph took {seconds:.1f} s to color"]


def cores() -> float:
    """Cores that this process may use; a container may have a part of one."""
    ours = getattr(os, "sched_getaffinity", None)  # Linux alone
    found = len(ours(0)) if ours else os.cpu_count() or 1
    try:
        quota, period = (LIMITS / "cpu.max").read_text(encoding="ascii").split()
        return min(found, round(int(quota) / int(period), 1))
    except (OSError, ValueError):  # "max" is no limit
        return found


def memory_bytes() -> int | None:
    """Memory of the machine, or what its container may use; None where it can't be known."""
    found = None
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong()
        if ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes)):
            found = kilobytes.value * 1024
    elif "SC_PHYS_PAGES" in os.sysconf_names:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = int((LIMITS / "memory.max").read_text(encoding="ascii"))
        return min(found, limit) if found else limit
    except (OSError, ValueError):
        return found


def one_photograph() -> float:
    """Seconds for coloring one that comes with the course, as the command line does."""
    from ..images import sample
    from ..inference import Colorizer

    colorizer, photo = Colorizer.from_pretrained("photo"), sample("china")
    colorizer(photo)  # the first time is for loading
    start = time.perf_counter()
    colorizer(photo)
    return time.perf_counter() - start


def _torch(device: str) -> str:
    import torch

    from ..engine.devices import title

    if device == "cpu":
        why = "this torch was built without CUDA" if torch.version.cuda is None else "no GPU found"
        return f"{torch.__version__}, computes on the CPU: {why}"
    return f"{torch.__version__}, computes on the GPU: {title(torch.device(device))}"
