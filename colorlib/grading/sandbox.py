"""Limits for the process that runs a student's code.

It is a process with limits, not a virtual machine. What a system can't do is left out and named:
`enter` returns what holds. Limits of time, memory and file size hold on Linux and, but for the
memory, on macOS. The rest needs Linux: namespaces cut off the network and end whatever the code
started, Landlock keeps it from reading and writing other files than the library's and its own.
"""

import ctypes
import os
import resource
import signal
import site
import struct
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import colorlib

GUARDS = ("time", "memory", "files", "network", "processes")

# Of the kernel's headers: sched.h, landlock.h, prctl.h. The numbers of the three calls are the
# same on every kind of processor.
NEW_USER, NEW_NET, NEW_PID, NEW_IPC = 0x10000000, 0x40000000, 0x20000000, 0x08000000
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
NO_NEW_PRIVILEGES, DIE_WITH_PARENT = 38, 1


@dataclass(frozen=True)
class Limits:
    """Seconds of the processor, and bytes of memory beyond what the library takes."""

    seconds: int = 20
    memory: int = 2 * 2**30

    @property
    def patience(self) -> float:
        """Seconds by the clock: a busy machine must not lower a grade."""
        return 5.0 * self.seconds


def enter(limits: Limits, folder: Path) -> list[str]:
    """Limit this process, which must have one thread; returns the names in `GUARDS` that hold.

    Where the system has namespaces, the code goes on in a child, the first process of its own
    world: when that ends, all that it started ends. `folder` becomes the working directory.
    """
    os.setsid()  # a signal to its group is for itself alone
    os.chdir(folder)
    os.environ.update(HOME=str(folder), TMPDIR=str(folder), MPLCONFIGDIR=str(folder))
    held = []
    if sys.platform == "linux":
        held += _own_world()
    with suppress(OSError, ValueError):
        end = round(time.process_time()) + limits.seconds  # what it took to start is not theirs
        resource.setrlimit(resource.RLIMIT_CPU, (end, end + 1))
        held.append("time")
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 2**20, 64 * 2**20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):
        most = limits.memory + _memory_now()
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        if sys.platform == "linux":  # macOS takes the number and does not keep to it
            held.append("memory")
    with suppress(OSError, ValueError):  # root is not bound by it
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if sys.platform == "linux" and _landlock(folder):
        held.append("files")
    return held


def _memory_now() -> int:
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return pages * resource.getpagesize()
    return 2**32


def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _own_world() -> list[str]:
    """Namespaces for the network and for processes; the caller goes on as their first process."""
    libc, user, group = _libc(), os.getuid(), os.getgid()
    if libc.unshare(NEW_USER | NEW_NET | NEW_PID | NEW_IPC):
        return []
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
    libc.prctl(DIE_WITH_PARENT, signal.SIGKILL)
    os.setsid()
    return ["network", "processes"]


def _landlock(folder: Path) -> bool:
    """Read what Python and the library need, write in `folder` alone; no TCP, no signals out."""
    libc = _libc()
    version = libc.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    handled = (1 << (13 + (version >= 2) + (version >= 3))) - 1  # later kernels know more rights
    network, scope = 3 * (version >= 4), 3 * (version >= 6)
    fields = struct.pack("QQQ", handled, network, scope)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = libc.syscall(CREATE_RULESET, fields[:size], size, 0)
    if rules < 0:
        return False
    for path in {Path(path).resolve() for path in _readable()}:
        rights = EXECUTE | READ_FILE | READ_DIR if path.is_dir() else EXECUTE | READ_FILE
        _allow(libc, rules, path, rights)
    _allow(libc, rules, Path("/dev/null"), READ_FILE | WRITE_FILE)
    _allow(libc, rules, folder, handled)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return libc.syscall(RESTRICT_SELF, rules, 0) == 0


def _readable() -> list[str]:
    system = ["/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev/urandom"]
    python = [sys.prefix, sys.base_prefix, *site.getsitepackages()]
    return [path for path in [*system, *python, str(Path(colorlib.__file__).parent)]
            if Path(path).exists()]


def _allow(libc, rules: int, path: Path, rights: int) -> None:
    with suppress(OSError):
        place = os.open(path, os.O_PATH)
        libc.syscall(ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)
        os.close(place)
