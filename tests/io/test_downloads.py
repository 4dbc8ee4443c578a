"""Downloads and data sets: found, fetched, resumed, refused; from a server of this machine."""

import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch

from colorlib.data import Batches, photographs
from colorlib.io import datasets
from colorlib.io.datasets import cifar10, imagenette
from colorlib.io.downloads import download


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server of byte strings that breaks off after `limit` bytes; and an empty cache."""
    monkeypatch.setenv("COLORLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COLORLIB_DATA", raising=False)

    class Server(ThreadingHTTPServer):
        files, limit, ranges, asked = {}, None, True, []

        @property
        def url(self):
            return f"http://localhost:{self.server_port}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content, asked = self.server.files.get(self.path), self.headers.get("Range")
            self.server.asked.append(asked)
            begin = int(asked[6:-1]) if asked and self.server.ranges else 0
            if content is None or begin >= len(content):
                return self.send_error(404 if content is None else 416)
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(content) - begin))
            self.end_headers()
            self.wfile.write(content[begin:][: self.server.limit])

        def log_message(self, *arguments):
            pass

    server = Server(("localhost", 0), Handler)
    server.files, server.asked = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


CONTENT = bytes(range(256)) * 2000
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on_where_it_stopped(server, ranges):
    server.files["/set.bin"], server.limit = CONTENT, 300_000
    with pytest.raises(OSError):
        download(f"{server.url}/set.bin", MD5)
    server.limit, server.ranges = None, ranges
    path = download(f"{server.url}/set.bin", MD5)
    assert path.read_bytes() == CONTENT
    begun = int(server.asked[1][6:-1])
    assert 0 < begun <= 300_000
    assert download(f"{server.url}/set.bin", MD5) == path and len(server.asked) == 2
    assert [p.name for p in path.parent.iterdir()] == ["set.bin"]


def test_another_file_is_refused_and_nothing_kept(server, tmp_path):
    server.files["/set.bin"] = CONTENT[:-1]
    with pytest.raises(ValueError, match="hash"):
        download(f"{server.url}/set.bin", MD5)
    assert not list((tmp_path / "cache").iterdir())
    # A part longer than the file: nothing follows it, so it is thrown away.
    (tmp_path / "cache" / ".set.bin.part").write_bytes(CONTENT + b"more")
    server.files["/set.bin"] = CONTENT
    assert download(f"{server.url}/set.bin", MD5).read_bytes() == CONTENT


def records(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 3073), np.uint8)


def archive(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def cifar_site(server, monkeypatch):
    """A CIFAR-10 of 3 + 2 + 4 pictures on the server."""
    home = "cifar-10-batches-bin"
    packed = archive({f"{home}/data_batch_1.bin": records(3, 1).tobytes(),
                      f"{home}/data_batch_2.bin": records(2, 2).tobytes(),
                      f"{home}/test_batch.bin": records(4, 3).tobytes()})
    server.files["/cifar.tar.gz"] = packed
    monkeypatch.setattr(datasets, "CIFAR10_URL", f"{server.url}/cifar.tar.gz")
    monkeypatch.setattr(datasets, "CIFAR10_MD5", hashlib.md5(packed).hexdigest())
    return server


def test_cifar10_is_downloaded_once_and_read_from_its_records(cifar_site):
    train, test = cifar10("train"), cifar10("test")
    assert len(cifar_site.asked) == 1
    assert train.shape == (5, 3, 32, 32) and train.dtype == torch.uint8 and len(test) == 4
    expected = records(2, 2)[1]  # the byte of the class, then red, green and blue, row by row
    assert train[4, 1, 5, 7] == expected[1 + 1024 + 5 * 32 + 7]
    lightness, ab = Batches(train, 4, 32)(0)
    assert lightness.shape == (4, 1, 32, 32) and ab.shape == (4, 2, 8, 8)
    with pytest.raises(ValueError, match="'train' or 'test'"):
        cifar10("val")


def test_a_part_of_cifar10_in_a_folder_will_do(cifar_site, monkeypatch, tmp_path):
    folder = tmp_path / "data" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    (folder / "test_batch.bin").write_bytes(records(1).tobytes())
    monkeypatch.setenv("COLORLIB_DATA", str(folder.parent))
    assert len(cifar10("test")) == 1 and not cifar_site.asked
    assert len(cifar10("train")) == 5 and cifar_site.asked  # what is not there is downloaded
    (folder / "data_batch_1.bin").write_bytes(records(2).tobytes()[:-1])
    with pytest.raises(ValueError, match="data_batch_1.bin: not whole"):
        cifar10("train")


def test_unpacking_that_breaks_off_leaves_no_half_set(cifar_site, monkeypatch, tmp_path):
    def broken(self, path, members, filter):
        self.extract(next(iter(members)), path, filter=filter)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tarfile.TarFile, "extractall", broken)
        with pytest.raises(KeyboardInterrupt):
            cifar10("test")
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["cifar.tar.gz"]
    assert len(cifar10("test")) == 4


def test_imagenette_is_a_folder_of_photographs(server, monkeypatch):
    packed = archive({"imagenette2-160/train/a/1.JPEG": b"x", "imagenette2-160/val/a/2.JPEG": b"y"})
    server.files["/set.tgz"] = packed
    monkeypatch.setattr(datasets, "IMAGENETTE_URL", f"{server.url}/set.tgz")
    monkeypatch.setattr(datasets, "IMAGENETTE_MD5", hashlib.md5(packed).hexdigest())
    assert (imagenette("val") / "a" / "2.JPEG").read_bytes() == b"y"
    assert (imagenette("train") / "a" / "1.JPEG").exists() and len(server.asked) == 1


def test_offline_the_bundled_photographs_take_their_place(server, monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "IMAGENETTE_URL", f"{server.url}/not_there.tgz")
    with pytest.warns(UserWarning, match="bundled"):
        photos = photographs("imagenette")
    assert len(photos) == len(photographs()) >= 7 and photos[0].dtype == torch.uint8
    with pytest.raises(ValueError, match="not a folder"):
        photographs(tmp_path / "nowhere")


def test_real_cifar10_has_color(request):
    folder = request.getfixturevalue("imagenette").parents[1]
    if not (folder / "cifar-10-batches-bin").is_dir():
        pytest.skip("COLORLIB_DATA has no cifar-10-batches-bin")
    pictures = cifar10("train")
    assert len(pictures) % 10_000 == 0 and pictures.shape[1:] == (3, 32, 32)
    # Published means of the training set: 125.3, 123.0, 113.9; those of its parts lie close.
    means = pictures.float().mean((0, 2, 3))
    assert (means - torch.tensor([125.3, 123.0, 113.9])).abs().max() < 2
