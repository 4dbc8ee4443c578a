"""Several processes that train as one, by torch.distributed (chapter 13)."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

from . import devices

STARTUP = timedelta(minutes=10)  # until all processes are there
PATIENCE = timedelta(seconds=50)  # a process that waits longer for another gives up


class PeerError(RuntimeError):
    """Another process of this run is gone; what was saved is good."""


@contextmanager
def processes(device: str | None = None) -> Iterator[torch.device]:
    """Join the processes that torchrun started; where it started none, work alone.

    Parameters
    ----------
    device : None takes a GPU if there is one; see `engine.devices.choose`. Of several processes
        each takes its own GPU.

    Returns
    -------
    context manager of the device. Inside, `place` says which process this is.

    Raises
    ------
    PeerError
        If another process died or hung: on a CPU at once, else after at most `PATIENCE`.
    SystemExit
        If an error ends this process after another process has reported one already.
    """
    here = devices.choose(device)
    if not dist.is_torchelastic_launched():
        yield here
        return
    if here.type == "cuda":
        here = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(here)
    store, rank, world = next(dist.rendezvous("env://", timeout=STARTUP))
    store.set(f"process {rank} is here", "")  # some may take longer to load
    store.wait([f"process {r} is here" for r in range(world)], STARTUP)
    dist.init_process_group("nccl" if here.type == "cuda" else "gloo", timeout=PATIENCE,
                            store=store, rank=rank, world_size=world)
    # If a process dies, torchrun sends SIGTERM to the others. They ignore it here: waiting for the
    # dead one fails, and that error says why they stop. In a training, checkpoints.interrupts
    # notes the signal.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield here
        dist.destroy_process_group()
    except (Exception, KeyboardInterrupt) as error:
        with suppress(RuntimeError):  # the store may be gone, too
            if store.add("told of its end", 1) > 1:
                raise SystemExit(2) from error
        if _of_the_network(error):
            print(file=sys.stderr)  # a new line: the dead process may have left a progress bar
            raise PeerError("another process of this run is gone; the same command, also with "
                            "another number of processes, goes on from the last checkpoint"
                            ) from error
        raise


def _of_the_network(error: BaseException) -> bool:
    words = ("gloo", "nccl", "connection", "timed out", "timeout")
    return isinstance(error, RuntimeError) and any(w in str(error).lower() for w in words)


def place() -> tuple[int, int]:
    """Number of this process, from 0, and how many there are: (0, 1) for one alone."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def mean(*numbers: float, device: torch.device | str = "cpu") -> list[float]:
    """Each number's mean over all processes."""
    if not dist.is_initialized():
        return list(numbers)
    values = torch.tensor(numbers, dtype=torch.float64, device=device)
    dist.all_reduce(values)
    return (values / dist.get_world_size()).tolist()


class _Outputs(nn.Module):
    """A network whose forward pass is `outputs`: DistributedDataParallel calls `forward` alone."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.network.outputs(*inputs)

    def no_sync(self):
        """As DistributedDataParallel has it: passes whose gradients are not yet averaged."""
        return nullcontext()


def parallel(network: nn.Module, sync_batchnorm: bool = False) -> nn.Module:
    """What to call for a network's outputs, so that backward averages gradients over all processes.

    Parameters
    ----------
    network : a `networks.ColorNet`; it keeps its weights and their names.
    sync_batchnorm : see `synchronized`.

    Returns
    -------
    module: ``DistributedDataParallel``, or for a process alone one that does nothing more.
    """
    if not dist.is_initialized():
        return _Outputs(network)
    network = synchronized(network) if sync_batchnorm else network
    return nn.parallel.DistributedDataParallel(_Outputs(network))


class _Sum(torch.autograd.Function):
    """A tensor's sum over all processes; backward sums the gradients of all of them."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        x = x.clone()
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient)


class SyncBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm whose mean and variance are those of the whole batch, over all processes.

    torch's own, ``nn.SyncBatchNorm``, runs on GPUs only; this one wherever all_reduce does. The
    processes must have equally many pixels.
    """

    @classmethod
    def of(cls, norm: nn.BatchNorm2d) -> "SyncBatchNorm2d":
        """A synchronized layer that shares weights and statistics with a plain one."""
        layer = cls(norm.num_features, norm.eps, norm.momentum)
        layer.weight, layer.bias = norm.weight, norm.bias
        layer.running_mean, layer.running_var = norm.running_mean, norm.running_var
        layer.num_batches_tracked = norm.num_batches_tracked
        return layer.train(norm.training)

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) to the same shape, as BatchNorm2d does."""
        if not (self.training and dist.is_initialized()):
            return super().forward(x)
        rank, world = place()
        rows = [torch.zeros(2, x.shape[1], dtype=x.dtype, device=x.device)] * world
        rows[rank] = torch.stack([x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)])
        # Differentiable: each process's loss depends on the others' pixels, through the mean.
        means, variances = _Sum.apply(torch.stack(rows)).unbind(1)
        mean = means.mean(0)
        variance = variances.mean(0) + means.var(0, correction=0)
        with torch.no_grad():
            count = x.numel() / x.shape[1] * world
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight * (variance + self.eps).rsqrt()
        return x * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]


def synchronized(network: nn.Module) -> nn.Module:
    """The network with BatchNorm over all processes; its weights keep their names."""
    if next((p.device.type for p in network.parameters()), "cpu") == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for name, module in list(network.named_children()):
        replaced = type(module) is nn.BatchNorm2d
        setattr(network, name, SyncBatchNorm2d.of(module) if replaced else synchronized(module))
    return network
