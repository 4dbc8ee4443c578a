"""Several processes that train as one, by torch.distributed (chapter 13)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce

PATIENCE = timedelta(seconds=50)  # a process that waits longer for another gives up


class PeerError(RuntimeError):
    """Another process of this run is gone; what was saved is good."""


@contextmanager
def processes(device: str | None = None) -> Iterator[torch.device]:
    """Join the processes that torchrun started; where it started none, work alone.

    Parameters
    ----------
    device : "cpu" or "cuda"; None takes a GPU if there is one, of several the one that is this
        process's.

    Returns
    -------
    context manager of the device. Inside, `place` says which process this is.

    Raises
    ------
    PeerError
        If another process died or hung: on a CPU at once, else after at most `PATIENCE`.
    """
    kind = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if not (launched := dist.is_torchelastic_launched()):
        yield torch.device(kind)
        return
    here = torch.device(kind)
    if kind == "cuda":
        here = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(here)
    dist.init_process_group("nccl" if here.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield here
    except RuntimeError as error:
        if not _of_the_network(error):
            raise
        raise PeerError("another process of this run is gone; the same command, also with another "
                        "number of processes, goes on from the last checkpoint") from error
    finally:
        if launched and sys.exc_info()[0] is None:  # else the others may wait for ever
            dist.destroy_process_group()


def _of_the_network(error: RuntimeError) -> bool:
    words = ("gloo", "nccl", "connection", "timed out", "timeout", "peer")
    return isinstance(error, dist.DistError) or any(w in str(error).lower() for w in words)


def place() -> tuple[int, int]:
    """Number of this process, from 0, and how many there are: (0, 1) for one alone."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


class SyncBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm whose mean and variance are those of the whole batch, over all processes.

    torch's own, ``nn.SyncBatchNorm``, knows GPUs only; this one works wherever all_reduce does. The
    processes must have equally many pixels.
    """

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) to the same shape, as BatchNorm2d does."""
        if not (self.training and dist.is_initialized()):
            return super().forward(x)
        world = dist.get_world_size()
        here = torch.stack([x.mean((0, 2, 3)), x.square().mean((0, 2, 3))])
        # Differentiable: each process's loss depends on the others' pixels, through the mean.
        mean, square = all_reduce(here) / world
        variance = square - mean.square()
        with torch.no_grad():
            count = x.numel() / x.shape[1] * world
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight * (variance + self.eps).rsqrt()
        return x * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]


def synchronized(network: nn.Module) -> nn.Module:
    """The network with BatchNorm over all processes; its weights keep their names."""
    if next(network.parameters()).device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SyncBatchNorm2d  # same state, another forward
    return network
