"""The most memory that a command takes over few photographs, and over many (chapter 13)."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from colorlib.images import sample

from .measure import Row

FEW, MANY = 100, 10_000
COMMANDS = {
    "prior": "prior {album} -o {out}/prior.npy",
    "evaluate": "evaluate --data {album} --size 16",
    "colorize": "colorize {album} -o {out} --size 16",
    "shards": "shards {album} {out} --photos 50",
}
PEAK = """
import sys
from pathlib import Path
from colorlib.cli.parser import main
assert main(sys.argv[1:]) == 0
# Not getrusage: a process's peak by it is at least that of the one that started it.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print("MiB", int(status["VmHWM"].removesuffix("kB")) / 1024)
"""


def fill(folder: Path, count: int) -> None:
    """Small photographs of three shapes."""
    files = []
    for size in ((32, 24), (24, 32), (24, 24)):
        encoded = io.BytesIO()
        sample("flower").resize(size, Image.Resampling.LANCZOS).save(encoded, "JPEG")
        files.append(encoded.getvalue())
    folder.mkdir()
    for i in range(count):
        (folder / f"{i}.jpg").write_bytes(files[i % 3])


def peak(command: str, count: int) -> float:
    """MiB of a process that ran the command over so many photographs (on Linux)."""
    with tempfile.TemporaryDirectory() as name:
        album, out = Path(name) / "album", Path(name) / "out"
        fill(album, count)
        out.mkdir()
        words = [word.format(album=album, out=out) for word in COMMANDS[command].split()]
        ran = subprocess.run([sys.executable, "-c", PEAK, *words], check=True, text=True,
                             capture_output=True, cwd=Path(__file__).parents[1])
    return float(ran.stdout.split("MiB")[-1])


def run(tiny: bool = False) -> list[Row]:
    few, many = (2, 5) if tiny else (FEW, MANY)
    rows = []
    for command in COMMANDS:
        least, most = peak(command, few), peak(command, many)
        rows.append(Row(f"memory of {command} over {many:,} photos", f"over {few}", most, least,
                        "MiB", least / most, target=0.9))
    return rows
