"""What `import colorlib` costs beside the torch that it needs."""

import subprocess
import sys

from .measure import Row, race


def run(tiny: bool = False) -> list[Row]:
    def imports(name):
        return lambda: subprocess.run([sys.executable, "-c", f"import {name}"], check=True)

    row = race("import colorlib", imports("colorlib"), "import torch", imports("torch"),
               1 if tiny else 3)
    row.cpu_ratio = None  # the time went by in another process
    return [row]
