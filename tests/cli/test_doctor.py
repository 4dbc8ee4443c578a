"""`colorlib doctor` tells what the machine has, also where it is none like ours."""

import ctypes
import os
import sys
from types import SimpleNamespace

import pytest
import torch

from colorlib.cli import doctor
from colorlib.cli.parser import main

GB = 10**9


@pytest.fixture(autouse=True)
def no_container(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "LIMITS", tmp_path)
    return tmp_path


def test_five_lines(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "one_photograph", lambda: 0.26)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:11].strip() for line in lines] == ["Python", "torch", "processor", "disk",
                                                     "slow here"]
    assert f"{sys.version_info[0]}.{sys.version_info[1]}." in lines[0]
    assert torch.__version__ in lines[1] and "computes on the" in lines[1]
    assert lines[4].endswith("a photograph took 0.3 s to color")


def test_a_photograph_takes_time():
    assert 0 < doctor.one_photograph() < 600


@pytest.mark.parametrize("machine, said", [
    (("cuda", 8, 16 * GB, 50 * GB, 0.2), ["nothing"]),
    (("mps", 8, 16 * GB, 50 * GB, 0.2), ["nothing"]),
    (("cpu", 8, 16 * GB, 50 * GB, 0.2), ["training"]),
    (("cuda", 1, 16 * GB, 50 * GB, 0.2), ["make book"]),
    (("cuda", 8, 2 * GB, 50 * GB, 0.2), ["little memory"]),
    (("cuda", 8, None, 50 * GB, 0.2), ["nothing"]),
    (("cuda", 8, 16 * GB, GB, 0.2), ["little disk"]),
    (("cpu", 1, 16 * GB, 50 * GB, 9.0), ["training", "make book", "coloring"]),
])
def test_what_will_be_slow(machine, said):
    *found, last = doctor.slow(*machine)
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True))
    assert last == f"a photograph took {machine[-1]:.1f} s to color"


def test_where_torch_computes(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "one_photograph", lambda: 0.1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA T4")
    assert main(["doctor"]) == 0
    assert "computes on the GPU: NVIDIA T4" in capsys.readouterr().out
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "12.6")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert main(["doctor"]) == 0
    assert "computes on the CPU: no GPU found" in capsys.readouterr().out


def test_a_container_has_less_than_its_machine(no_container):
    whole, memory = doctor.cores(), doctor.memory_bytes()
    (no_container / "cpu.max").write_text("max 100000\n")
    (no_container / "memory.max").write_text("max\n")
    assert (doctor.cores(), doctor.memory_bytes()) == (whole, memory)
    (no_container / "cpu.max").write_text("50000 100000\n")
    (no_container / "memory.max").write_text("1000000\n")
    assert (doctor.cores(), doctor.memory_bytes()) == (0.5, 1_000_000)


def test_a_system_that_tells_less(monkeypatch):
    """As on macOS there is no affinity, and as on Windows the memory comes from the kernel."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert doctor.cores() == 6
    monkeypatch.setattr(os, "sysconf_names", {})
    assert doctor.memory_bytes() is None

    def kernel(there):
        def installed(kilobytes):
            kilobytes._obj.value = 16 * 2**20
            return there

        return SimpleNamespace(kernel32=SimpleNamespace(
            GetPhysicallyInstalledSystemMemory=installed))

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", kernel(1), raising=False)
    assert doctor.memory_bytes() == 16 * 2**30
    monkeypatch.setattr(ctypes, "windll", kernel(0), raising=False)
    assert doctor.memory_bytes() is None
