"""Which device is chosen, and what is said where there is none."""

import pytest
import torch

from colorlib.engine import devices


def test_the_fastest_that_is_there(monkeypatch):
    for cuda, mps, name in ((True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=cuda: found)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda found=mps: found)
        assert devices.available() == name
        assert devices.choose() == torch.device(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps"])
def test_a_device_that_is_not_there_is_one_clear_line(name, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match=f"no device {name.partition(':')[0]} here"):
        devices.choose(name)


def test_a_device_has_a_name_for_people():
    assert devices.title(torch.device("cpu")) == "cpu"
