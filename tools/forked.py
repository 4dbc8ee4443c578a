"""Kernels that start at once: each is a fork of a process that has the notebooks' libraries loaded.

Loading torch, matplotlib and IPython takes seconds of a processor, once a notebook. Where the
system can fork (Linux), it is done once for all of them, by multiprocessing's fork server. A kernel
shares nothing else with the one before: it begins with the modules loaded, and none of their work.
"""

import asyncio
import importlib.metadata
import multiprocessing
import os
import signal
import sys

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

FORKS = sys.platform == "linux"
# What notebooks import, and what a kernel does.
LOADED = ["__main__", "matplotlib.pyplot", "matplotlib_inline.backend_inline", "torch",
          "torch.nn.functional", "scipy.spatial", "scipy.stats", "skimage.color",
          "ipykernel.kernelapp", "ipywidgets", "jupyterquiz", "colorlib.notebook.figures",
          "colorlib.notebook.explore", "colorlib.notebook.quiz", "colorlib.images",
          "colorlib.inference", "colorlib.networks"]


def context():
    """The way in which a process for a notebook starts."""
    if not FORKS:
        return multiprocessing.get_context("spawn")
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as a kernel sets it
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(LOADED)
    return server


class Kernel(multiprocessing.get_context("fork").Process if FORKS else object):
    """A kernel in a fork of this process, with what jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, command, folder, environment):
        super().__init__()
        self.command, self.folder, self.environment = command, folder, environment

    def run(self):
        from ipykernel.kernelapp import IPKernelApp

        # The loop and the signals' handlers are those of the process that it was forked from.
        asyncio.set_event_loop(asyncio.new_event_loop())
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()  # a signal to the build is none to the kernel
        os.chdir(self.folder)
        os.environ |= self.environment
        sys.path[0] = ""  # a notebook finds modules beside it
        given = self.command[self.command.index("-f"):]
        IPKernelApp.launch_instance(argv=[*given, f"--IPKernelApp.parent_handle={os.getppid()}",
                                          "--IPKernelApp.log_level=ERROR"])

    def poll(self):
        return self.exitcode

    def wait(self):
        self.join()
        return self.exitcode

    def send_signal(self, number):
        os.kill(self.pid, number)


class Forked(LocalProvisioner):
    """Starts kernels by a fork."""

    async def launch_kernel(self, cmd, **kwargs):
        self.process = Kernel(cmd, kwargs["cwd"], kwargs["env"])
        self.process.start()
        self.pid, self.cwd = self.process.pid, kwargs["cwd"]
        return self.connection_info


def use() -> None:
    """From here on, kernels of this process are forks of it, where the system can."""
    if FORKS:
        KernelProvisionerFactory.instance().provisioners["local-provisioner"] = (
            importlib.metadata.EntryPoint("local-provisioner", "forked:Forked",
                                          "jupyter_client.kernel_provisioners"))
