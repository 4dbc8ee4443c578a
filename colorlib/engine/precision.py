"""Number formats: which one a device is fastest in (chapter 05)."""

from functools import lru_cache
from pathlib import Path

import torch


def number_format(device: torch.device, name: str = "auto") -> torch.dtype:
    """The number format of a forward pass: by its name, or "auto", the device's fastest."""
    if name != "auto":
        return getattr(torch, name)
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability()[0] >= 8 else torch.float16
    # A CPU without instructions for bfloat16 does it in float32 by detours, several times slower.
    return torch.bfloat16 if "bf16" in cpu_flags() else torch.float32


@lru_cache
def cpu_flags() -> str:
    """What the processor says it can do, as Linux tells it; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line for line in lines if line.startswith("flags"))
    except (OSError, StopIteration):
        return ""
