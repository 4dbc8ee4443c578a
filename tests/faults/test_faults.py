"""What must not cost a learner anything: kills, full disks, broken downloads, odd places.

`make faults` runs it at length.
"""

import errno
import gzip
import hashlib
import io
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import LONG, ROOT
from test_training import TINY

from colorlib.cli.parser import main
from colorlib.images import PhotoError, sample, samples, save_photo
from colorlib.io import datasets, downloads
from colorlib.io.datasets import cifar10
from colorlib.io.downloads import download, unpack
from colorlib.io.files import replacing, write_text
from colorlib.scale.shards import Shards, pack
from colorlib.training import Training
from colorlib.turing.sessions import Session, write

HERE = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "OMP_NUM_THREADS": "1"}


def leftovers(folder):
    return [p.name for p in Path(folder).rglob(".*")]


# --- killed ---

KILLING = """
import os, random, signal, sys, time
import torch
torch.set_num_threads(1)
from pathlib import Path
from test_training import PHOTOS, TINY, train, same
from colorlib.training import Training

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
rng = random.Random(int(sys.argv[3]))

def attempt(path, last):
    child = os.fork()  # after the imports, which take the most time; before any computing
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        train(TINY, PHOTOS, path, save_every=0, report_every=2)
        os._exit(0)
    if not last:
        time.sleep(rng.uniform(0.01, float(sys.argv[4])))
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]

done, run, finished = 0, 0, []
while done < kills:
    path = folder / f"{run}.safetensors"
    status = attempt(path, False)
    if status == signal.SIGKILL:
        done += 1
    else:
        assert status == 0, status
        finished.append(path)
        run += 1
if path not in finished:
    assert attempt(path, True) == 0
    finished.append(path)
whole = folder / "whole.safetensors"
assert attempt(whole, True) == 0
one, other = Training(TINY), Training(TINY)
one.load(whole)
for path in finished:
    other.load(path)
    assert other.done == one.done == TINY.steps and same(one, other), path
print(done, len(finished))
"""


def test_training_killed_at_random_moments_resumes_bit_for_bit(tmp_path, counts):
    kills, seed = (30, 1) if LONG else (2, 2)
    run = subprocess.run([sys.executable, "-c", KILLING, tmp_path, str(kills), str(seed), "3.0"],
                         capture_output=True, text=True, env=HERE, timeout=3000 if LONG else 500)
    assert run.returncode == 0, run.stderr[-2000:]
    killed, finished = map(int, run.stdout.split())
    assert killed == kills
    counts["trainings killed by SIGKILL"] += killed
    counts["trainings that ended bit for bit as one that was not killed"] += finished


PACKING = """
import os, random, signal, sys, time
from pathlib import Path
import webdataset
from colorlib.images import samples
from colorlib.scale.shards import manifest, pack

folder, kills, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(5)
source = folder / "photos"
source.mkdir()
for i in range(300):
    (source / f"{i}.jpg").write_bytes(samples()["coffee"].read_bytes() + bytes([i % 256]))

def attempt(out, last):
    # After the imports, which take the most time, and before any progress bar: all would share its
    # lock, and a process that is killed with it never gives it back.
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        pack(source, out, photos=10)
        os._exit(0)
    if not last:
        time.sleep(rng.uniform(0.001, 0.3))
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]

assert attempt(folder / "whole", True) == 0
done = run = 0
while done < kills:
    out = folder / str(run)
    if attempt(out, False) == signal.SIGKILL:
        done += 1
        if (out / "shards.json").exists():
            for shard in manifest(out)["shards"]:  # what is said to be there, is
                assert (out / shard["file"]).stat().st_size == shard["bytes"]
    else:
        run += 1
assert attempt(out, True) == 0
for path in (folder / "whole").iterdir():
    for number in range(run + 1):
        if (folder / str(number)).exists():
            assert (folder / str(number) / path.name).read_bytes() == path.read_bytes()
print(done)
"""


def test_packing_killed_at_random_moments_gives_the_same_bytes(tmp_path, counts):
    pytest.importorskip("webdataset")
    kills = 30 if LONG else 4
    run = subprocess.run([sys.executable, "-c", PACKING, tmp_path, str(kills)],
                         capture_output=True, text=True, env=HERE, timeout=500)
    assert run.returncode == 0, run.stderr[-2000:]
    assert int(run.stdout) == kills
    counts["packings killed by SIGKILL"] += kills


# --- a full disk ---

SMALL = 2 << 20


@pytest.fixture(params=["tmpfs", "limit"])
def full(request, tmp_path):
    """A folder, and a block in which nothing more than 4 KB fits in: a real full disk where root
    can mount one; or the limit of the system on a file's size, which stands in for it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "limit":
        before = resource.getrlimit(resource.RLIMIT_FSIZE)

        @contextmanager
        def block():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)

        yield folder, block
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")

    @contextmanager
    def block():
        filler = folder / "filler"
        room = os.statvfs(folder)
        filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - 4096)))
        try:
            yield
        finally:
            filler.unlink()

    yield folder, block
    subprocess.run(["umount", folder], check=True)


def _prior(path):
    with replacing(path) as beside, beside.open("wb") as file:
        np.save(file, np.zeros(20_000))


WRITERS = {
    "checkpoint.safetensors": lambda path: Training(TINY).save(path),
    "weights.safetensors": lambda path: Training(TINY).save_weights(path),
    "result.json": lambda path: write_text("new " * 5000, path),
    "picture.png": lambda path: save_photo(sample("cat"), path),
    "picture.jpg": lambda path: save_photo(sample("cat"), path),
    "prior.npy": _prior,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_the_old_file_whole(full, name, counts):
    folder, block = full
    path = folder / name
    path.write_bytes(b"old")
    with block(), pytest.raises((OSError, PhotoError)) as error:
        WRITERS[name](path)
    assert path.read_bytes() == b"old" and not leftovers(folder)
    assert "\n" not in str(error.value)
    WRITERS[name](path)  # there is room again
    assert path.stat().st_size > 4096 and not leftovers(folder)
    counts["writes to a full disk"] += 1


def test_a_full_disk_keeps_a_rating_and_a_checkpoint_before(full, counts):
    folder, block = full
    session = Session("rater", 7, group="x" * 20_000)
    path = write(session, folder)
    before = path.read_bytes()
    session.group = "y" * 20_000
    with block(), pytest.raises(OSError):
        write(session, folder)
    assert path.read_bytes() == before and not leftovers(folder)
    counts["writes to a full disk"] += 1


def test_a_full_disk_stops_packing_which_then_goes_on(full, counts):
    pytest.importorskip("webdataset")
    folder, block = full
    source, out = samples()["cat"].parent, folder / "shards"
    with block(), pytest.raises(OSError) as error:
        pack(source, out, photos=3)
    assert "\n" not in str(error.value) and not list(out.iterdir())
    assert pack(source, out, photos=3)["photos"] == len(list(Shards(out)))
    counts["writes to a full disk"] += 1


def test_a_full_disk_ends_a_download_which_then_goes_on(full, server, monkeypatch, counts):
    folder, block = full
    monkeypatch.setenv("COLORLIB_CACHE", str(folder))
    with block(), pytest.raises(OSError, match="make room") as error:
        download(f"{server.url}/good/set.bin", MD5)
    assert "\n" not in str(error.value)
    assert download(f"{server.url}/good/set.bin", MD5).read_bytes() == CONTENT
    assert [p.name for p in folder.iterdir()] == ["set.bin"]
    counts["writes to a full disk"] += 1


# --- downloads ---

CONTENT = bytes(range(256)) * 2000
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Paths begin with how the server behaves."""

    def do_GET(self):
        how = self.path.split("/")[1]
        if how == "error":
            return self.send_error(503)
        if how == "nonsense":
            return self.wfile.write(b"\x00\xff no HTTP at all\r\n\r\n")
        if how in ("redirect", "loop"):
            self.send_response(302)
            self.send_header("Location", "/other/set.bin" if how == "redirect" else self.path)
            return self.end_headers()
        if how == "silent":
            return self.server.over.wait(120)
        asked = self.headers.get("Range")
        begin = int(asked[6:-1]) if asked else 0
        content = CONTENT if how != "other" else b"<html>Log in to the hotel's network</html>"
        content = self.server.files.get(self.path, content)[begin:]
        self.send_response(206 if begin else 200)
        if how != "truncated":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if how == "slow":
            for i in range(0, len(content), 50_000):
                self.wfile.write(content[i : i + 50_000])
                time.sleep(0.1)
            return None
        short = how in ("cut", "truncated", "stall")
        self.wfile.write(content[: len(content) // 2 if short else None])
        if how == "stall":
            self.wfile.flush()
            self.server.over.wait(120)
        return None

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("COLORLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COLORLIB_DATA", raising=False)
    monkeypatch.setattr(downloads, "STALLED", 1)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url, server.over, server.files = (
        f"http://127.0.0.1:{server.server_port}", threading.Event(), {})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("how, kept", [
    ("cut", True), ("stall", True), ("truncated", False), ("other", False), ("redirect", False),
    ("loop", False), ("error", False), ("silent", False), ("nonsense", False)])
def test_a_download_that_fails_is_one_line_and_then_succeeds(server, tmp_path, how, kept, counts):
    begun = time.monotonic()
    with pytest.raises((OSError, ValueError)) as error:
        download(f"{server.url}/{how}/set.bin", MD5)
    assert time.monotonic() - begun < 60
    line = str(error.value)
    assert line.startswith(f"{server.url}/{how}/set.bin: ") and "\n" not in line
    assert "try again" in line
    there = [p.stat().st_size for p in (tmp_path / "cache").iterdir()]
    assert len(there) == kept and all(0 < size <= len(CONTENT) // 2 for size in there)
    assert download(f"{server.url}/good/set.bin", MD5).read_bytes() == CONTENT
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["set.bin"]
    counts["downloads that failed"] += 1


def test_no_server_at_all(server, tmp_path, counts):
    server.shutdown()
    server.server_close()
    with pytest.raises(OSError, match="could not be made") as error:
        download(f"{server.url}/good/set.bin", MD5)
    assert "\n" not in str(error.value)
    counts["downloads that failed"] += 1


def test_what_a_killed_download_has_left_is_taken_up_or_let_be(server, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / ".set.bin.dead.part").write_bytes(CONTENT[:1000])
    os.utime(cache / ".set.bin.dead.part", (0, 0))
    (cache / ".set.bin.live.part").write_bytes(b"of another process, which is at it")
    assert download(f"{server.url}/good/set.bin", MD5).read_bytes() == CONTENT
    assert sorted(p.name for p in cache.iterdir()) == [".set.bin.live.part", "set.bin"]


def archive(members, mode="w:gz"):
    """A tar of (name, content) or of TarInfo."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tar:
        for member in members:
            if isinstance(member, tuple):
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
            else:
                tar.addfile(member)
    return packed.getvalue()


TWO = """
import sys
from colorlib.io import datasets
datasets.CIFAR10_URL, datasets.CIFAR10_MD5 = sys.argv[1:]
print(len(datasets.cifar10("test")))
"""


def test_two_processes_on_one_cache(server, tmp_path, counts):
    pictures = np.random.default_rng(0).integers(0, 256, (300, 3073), np.uint8).tobytes()
    packed = archive([("cifar-10-batches-bin/test_batch.bin", pictures)])
    server.files["/slow/c.tar.gz"] = packed
    call = [sys.executable, "-c", TWO, f"{server.url}/slow/c.tar.gz",
            hashlib.md5(packed).hexdigest()]
    # Nothing of this machine's own: neither its photographs nor its cache.
    env = {**HERE, "COLORLIB_DATA": "", "COLORLIB_CACHE": str(tmp_path / "cache")}
    runs = [subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                             text=True) for _ in range(2)]
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0 and out.split()[-1] == "300", err[-1000:]
    assert not leftovers(tmp_path / "cache")
    counts["processes on one cache at once"] += 2


# --- archives ---

def _member(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


EVIL = {
    "parent": [("set/../../evil", b"x")],
    "only a parent": [("../evil", b"x")],
    "absolute": [("/tmp/evil", b"x")],
    "another folder": [("other/evil", b"x")],
    "Windows separators": [("set\\..\\..\\evil", b"x")],
    "Windows drive": [("set/C:evil", b"x")],
    "symbolic link": [_member("set/a", tarfile.SYMTYPE, "/etc/passwd")],
    "link inside": [("set/b", b"x"), _member("set/a", tarfile.SYMTYPE, "b")],
    "hard link": [_member("set/a", tarfile.LNKTYPE, "../../etc/passwd")],
    "device": [_member("set/a", tarfile.CHRTYPE)],
    "pipe": [_member("set/a", tarfile.FIFOTYPE)],
}


@pytest.mark.parametrize("how", EVIL)
def test_an_archive_that_leads_elsewhere_is_refused(tmp_path, how, counts):
    path = tmp_path / "set.tar.gz"
    path.write_bytes(archive(EVIL[how]))
    with pytest.raises(ValueError, match="set.tar.gz: refused") as error:
        unpack(path, tmp_path / "deep" / "out", "set")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob("evil")) and not Path("/tmp/evil").exists()
    counts["archives refused"] += 1


def test_bombs_are_refused(tmp_path, monkeypatch, counts):
    monkeypatch.setattr(downloads, "MAX_UNPACKED", 1 << 20)
    many = [(f"set/{i}", bytes(1 << 18)) for i in range(5)]
    long_name = tarfile.TarInfo("set/" + "x" * (2 << 20))
    torn = archive([("set/a", os.urandom(100_000))])
    for content in (archive([("set/big", bytes(2 << 20))]), archive(many), archive([long_name]),
                    gzip.compress(bytes(8 << 20)) * 2, torn[: len(torn) // 2], b"",
                    b"no archive at all", archive([("set/a", b"x")], "w:bz2")):
        path = tmp_path / "set.tar.gz"
        path.write_bytes(content)
        with pytest.raises(ValueError, match="refused") as error:
            unpack(path, tmp_path / hashlib.md5(content).hexdigest(), "set")
        assert "\n" not in str(error.value)
        counts["archives refused"] += 1


# --- places ---

@pytest.fixture
def gray(tmp_path):
    sample("cat").resize((40, 30)).convert("L").save(tmp_path / "cat.png")
    return tmp_path / "cat.png"


def test_no_home_and_a_home_that_can_not_be_written(gray, counts):
    """Coloring needs no home; what needs one says what to set."""
    script = ("import os, sys, pooch, requests, colorlib.data\n"
              "from colorlib.cli.parser import main\n"
              "main(['colorize', sys.argv[1]])\n")  # root's Python may be root's to read
    script += ("os.environ.pop('HOME', None); os.setgid(64321); os.setuid(64321)\n"
               if not os.geteuid() else "os.environ['HOME'] = '/proc/none'\n")
    script += ("first = main(['colorize', sys.argv[1], '-o', sys.argv[2]])\n"
               "second = main(['prior', '-o', sys.argv[3]])\n"
               "print('codes', first, second)")
    home = {k: v for k, v in HERE.items() if not k.startswith("COLORLIB")}
    # Not in tmp_path: pytest shuts that to other users, whenever another pytest begins.
    with tempfile.TemporaryDirectory() as outer:
        out = Path(outer) / "out"
        out.mkdir()
        photo = shutil.copy(gray, outer)
        os.chmod(outer, 0o755)
        out.chmod(0o777)
        run = subprocess.run([sys.executable, "-c", script, photo, out, out / "prior.npy"],
                             env=home, capture_output=True, text=True, timeout=120, cwd=out)
        made = [p.name for p in out.iterdir()]
    assert run.returncode == 0 and "codes 0 2" in run.stdout, run.stderr[-2000:]
    assert "Traceback" not in run.stderr and "COLORLIB_CACHE" in run.stderr
    assert made == ["cat_color.png"]
    counts["homes that are none"] += 1


@pytest.mark.parametrize("cache", ["/proc/none", "/dev/null/none"])
def test_a_cache_that_can_not_be_made(server, monkeypatch, cache, counts):
    monkeypatch.setenv("COLORLIB_CACHE", cache)
    with pytest.raises(OSError, match="COLORLIB_CACHE") as error:
        download(f"{server.url}/good/set.bin", MD5)
    assert "\n" not in str(error.value)
    counts["homes that are none"] += 1


@pytest.mark.parametrize("name", ["with spaces", "Ünïcødé 日本 🎨", "n" * 240, "'a' & $HOME; %s"])
def test_paths_as_people_have_them(tmp_path, name, counts):
    folder = tmp_path / name[:120]
    folder.mkdir()
    photo = folder / f"{name}.png"
    sample("cat").resize((24, 16)).save(photo)
    assert main(["colorize", str(photo)]) == 0
    assert (folder / f"{name}_color.png").exists() and not leftovers(folder)
    write_text("{}", folder / f"{name}.json")
    assert json.loads((folder / f"{name}.json").read_text()) == {}
    counts["odd paths"] += 1


def test_a_name_too_long_does_not_stop_the_others(tmp_path, gray, capsys, counts):
    long = tmp_path / f"{'n' * 250}.png"
    long.write_bytes(gray.read_bytes())  # its result's name would have 260
    other = tmp_path / f"{'x' * 300}.png"
    assert main(["colorize", str(long), str(other), str(gray)]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if "colorlib: " in line]
    assert len(errors) == 2 and all("too long" in line for line in errors)
    assert (tmp_path / "cat_color.png").exists()
    counts["odd paths"] += 2


def test_an_error_of_the_disk_has_its_reason(tmp_path, monkeypatch):
    def write_text_(self, text, encoding):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "a").write_text("old")
    monkeypatch.setattr(Path, "write_text", write_text_)
    with pytest.raises(OSError):
        write_text("new", tmp_path / "a")
    assert (tmp_path / "a").read_text() == "old" and not leftovers(tmp_path)


def test_writers_at_once_leave_one_whole_file(tmp_path):
    texts = [c * random.Random(0).randint(50_000, 90_000) for c in "abcd"]
    threads = [threading.Thread(target=write_text, args=(text, tmp_path / "f")) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "f").read_text() in texts and not leftovers(tmp_path)


def test_cifar_of_an_evil_archive_leaves_no_folder(server, tmp_path, monkeypatch):
    packed = archive([("cifar-10-batches-bin/test_batch.bin", bytes(3073)), ("../evil", b"x")])
    server.files["/good/c.tar.gz"] = packed
    monkeypatch.setattr(datasets, "CIFAR10_URL", f"{server.url}/good/c.tar.gz")
    monkeypatch.setattr(datasets, "CIFAR10_MD5", hashlib.md5(packed).hexdigest())
    with pytest.raises(ValueError, match="refused"):
        cifar10("test")
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["c.tar.gz"]
    assert torch.get_num_threads() >= 1
