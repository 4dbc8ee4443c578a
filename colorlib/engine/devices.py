"""Which device a training runs on (chapter 05b)."""

import torch


def available() -> str:
    """The fastest kind of device here: "cuda", "mps" (a Mac's GPU) or "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose(name: str | torch.device | None = None) -> torch.device:
    """A device by its name, or the fastest.

    Raises
    ------
    ValueError
        If there is none of that name here.
    """
    device = torch.device(name or available())
    if device.type == "cuda" and not torch.cuda.is_available():
        why = "this torch was built without CUDA" if torch.version.cuda is None else (
            "torch finds no NVIDIA GPU")
        raise ValueError(f"no device cuda here: {why}; use cpu, or leave the device out")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError("no device mps here: it needs a Mac with a GPU of Apple's; use cpu, or "
                         "leave the device out")
    return device


def title(device: torch.device) -> str:
    """Its name, for people: "NVIDIA T4", "cpu"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
