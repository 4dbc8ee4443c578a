"""Shards: the same bytes again, each photo once, the damaged ones named, the same prior."""

import json
import os
import pickle
import subprocess
import sys
import warnings

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from colorlib.cli.parser import main
from colorlib.data import Batches, Photos
from colorlib.rebalancing import empirical_prior
from colorlib.scale.shards import MANIFEST, ShardError, Shards, manifest, pack
from colorlib.scale.streams import prior, stream

COUNT, EACH = 22, 4  # photographs; in a shard


def known_by(photo):
    """The number of a photo of the album, which is its red."""
    return round(photo[0].float().mean().item() / 10)


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    folder = tmp_path_factory.mktemp("album")
    for i in range(COUNT):
        (folder / f"class{i % 3}").mkdir(exist_ok=True)
        path = folder / f"class{i % 3}" / f"a.photo.{i}.png"
        Image.new("RGB", (12 + i, 16), (10 * i, 120, 255 - 10 * i)).save(path)
    return folder


@pytest.fixture
def shards(album, tmp_path):
    pack(album, tmp_path / "shards", EACH)
    return tmp_path / "shards"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_photographs_make_the_same_bytes(album, shards, tmp_path):
    pack(album, tmp_path / "again", EACH)
    assert contents(shards) == contents(tmp_path / "again")
    assert sorted(contents(shards)) == [*(f"{i:05}.tar" for i in range(6)), MANIFEST]
    assert sum(s["photos"] for s in manifest(shards)["shards"]) == COUNT
    pack(album, tmp_path / "other", EACH, seed=1)
    assert contents(shards) != contents(tmp_path / "other")


def test_stopped_it_goes_on_and_mends_what_is_damaged(album, shards, monkeypatch):
    import webdataset

    whole, written = contents(shards), []
    times = {path.name: path.stat().st_mtime_ns for path in shards.glob("*.tar")}
    told = json.loads((shards / MANIFEST).read_text())
    (shards / MANIFEST).write_text(json.dumps(told | {"shards": told["shards"][:4]}))
    (shards / "00004.tar").unlink()
    (shards / "00001.tar").write_bytes(whole["00001.tar"][:-600])
    with pytest.raises(ShardError, match="16 of its 22 photographs.*it goes on"):
        Shards(shards)
    monkeypatch.setattr(webdataset.TarWriter, "write", lambda self, sample, old=webdataset.
                        TarWriter.write: (written.append(sample), old(self, sample)))
    pack(album, shards, EACH)
    assert len(written) == 3 * EACH - 2 and contents(shards) == whole
    assert (shards / "00000.tar").stat().st_mtime_ns == times["00000.tar"]


def test_another_collection_is_refused(album, shards, tmp_path):
    for changes in ({"seed": 3, "photos": EACH}, {"photos": 5}):
        with pytest.raises(ValueError, match="other photographs or of other arguments"):
            pack(album, shards, **changes)
    with pytest.raises(ValueError, match="at least 1"):
        pack(album, tmp_path, photos=0)


def test_any_photo_by_its_number_and_an_order_that_walks(album, shards):
    photos = Shards(shards)
    assert len(photos) == COUNT
    assert sorted(known_by(photo) for photo in photos) == list(range(COUNT))
    orders = [photos.order(torch.Generator().manual_seed(seed)).tolist() for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert all(sorted(order) == list(range(COUNT)) for order in orders)
    photos.shards = photos.shards * 5  # 30 shards: more than a window
    photos.ends = torch.tensor([s["photos"] for s in photos.shards]).cumsum(0)
    order = photos.order(torch.Generator().manual_seed(0))
    opened = [set(torch.searchsorted(photos.ends, part, right=True).tolist())
              for part in order.split(EACH)]
    assert len(set().union(*opened[:6])) <= 8 and len(set().union(*opened)) == 30


def test_batches_of_shards_are_an_epoch_and_any_part_of_it(shards):
    photos = Shards(shards)
    batches = Batches(photos, 2, 8)
    seen = [known_by(photos[batches._pick(i)]) for i in range(2 * COUNT)]
    assert sorted(seen[:COUNT]) == sorted(seen[COUNT:]) == list(range(COUNT))
    assert seen[:COUNT] != seen[COUNT:]
    for whole, first, second in zip(batches(7), batches.part(7, 0, 2), batches.part(7, 1, 2),
                                    strict=True):
        assert torch.equal(whole, torch.cat([first, second]))
    with pytest.raises(ValueError, match="shared out evenly"):
        batches.part(0, 0, 3)


def test_a_stream_shows_each_photo_once_over_processes_and_workers(shards, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    seen = {}
    for epoch in (0, 1):
        seen[epoch] = []
        for rank in ("0", "1"):
            monkeypatch.setenv("RANK", rank)
            loader = DataLoader(stream(shards, epoch, buffer=5), batch_size=None, num_workers=2)
            seen[epoch] += [known_by(photo) for photo in loader]
        assert sorted(seen[epoch]) == list(range(COUNT))
    assert seen[0] != seen[1]
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setenv("RANK", "0")
    again = [[known_by(p) for p in stream(shards, epoch, buffer=5)] for epoch in (2, 2, None, 3)]
    assert again[0] == again[1] and len({tuple(x) for x in again}) == 3
    assert [len(list(stream(shards, only=n))) for n in (0, 5)] == [EACH, COUNT % EACH]


@pytest.mark.parametrize("harm", ["torn", "corrupt", "missing"])
def test_a_bad_shard_is_named_and_skipped_or_stops(shards, harm):
    path = shards / "00002.tar"
    content = bytearray(path.read_bytes())
    if harm == "missing":
        path.unlink()
    else:
        content[700] ^= harm == "corrupt"
        path.write_bytes(content[:-700] if harm == "torn" else content)
    with pytest.raises(ShardError, match=rf"00002\.tar is {harm}.*--bad skip"):
        list(Shards(shards))
    with pytest.raises(ShardError, match=rf"00002\.tar is {harm}"):
        list(stream(shards))
    with pytest.warns(UserWarning, match=rf"00002\.tar is {harm}.*with its 4 photographs") as told:
        photos = Shards(shards, bad="skip")
        found = list(photos)
    assert len(told) == 1 and list(photos.skipped) == [path]
    assert sum(photo is None for photo in found) == 4 and len(found) == COUNT
    with pytest.warns(UserWarning, match=harm):
        assert len(list(stream(shards, 0, bad="skip"))) == COUNT - 4
    with pytest.raises(ValueError, match="'stop' or 'skip'"):
        Shards(shards, bad="maybe")


def test_a_bad_photo_is_named_and_left_out(album, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    Image.new("RGB", (8, 8), "red").save(source / "good.png")
    (source / "bad.jpg").write_text("no")
    pack(source, tmp_path / "shards")
    photos = Shards(tmp_path / "shards")
    assert sum(photo is None for photo in photos) == 1
    [reason] = photos.skipped.values()
    assert reason.startswith("00000.tar, photo") and "not an image file" in reason
    with pytest.warns(UserWarning, match="left out bad.jpg: not an image file"):
        assert len(list(stream(tmp_path / "shards"))) == 1


def test_a_manifest_that_is_none(tmp_path):
    with pytest.raises(ShardError, match="can't be read"):
        Shards(tmp_path)
    (tmp_path / MANIFEST).write_text('{"plan": 1}')
    with pytest.raises(ShardError, match="can't be read"):
        manifest(tmp_path)


def test_the_prior_is_that_of_the_folder(album, shards):
    plain = empirical_prior(Photos(album, cache_bytes=0))
    assert (prior(shards) - plain).abs().max() < 1e-12
    (shards / "00002.tar").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert (prior(shards, bad="skip") - plain).abs().max() > 1e-6


def test_the_prior_of_two_processes_is_that_of_one(album, shards, tmp_path):
    assert main(["prior", str(shards), "-o", str(tmp_path / "one.npy")]) == 0
    run = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "-m",
         "colorlib", "prior", shards, "-o", tmp_path / "two.npy"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("wrote") == 1
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "two.npy").read_bytes()


def test_the_command(album, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["shards", str(album), str(out), "--photos", "10"]) == 0
    assert f"{out}: 22 photographs in 3 shards" in capsys.readouterr().out
    (out / "00001.tar").unlink()
    assert main(["prior", str(out), "-o", str(tmp_path / "p.npy")]) == 2
    assert "00001.tar is missing" in capsys.readouterr().err
    assert not (tmp_path / "p.npy").exists()


def test_shards_go_to_processes_that_are_spawned(shards):
    """Where processes are not forked, as on Windows and macOS, all of it must be pickled."""
    photos = Shards(shards, side=32)
    assert photos[3] is not None  # with something in its memory
    copy = pickle.loads(pickle.dumps(photos))
    assert len(copy) == len(photos) and torch.equal(copy[3], photos[3])
    loader = DataLoader(copy, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    assert sum(photo is not None for photo in loader) == sum(
        photos[i] is not None for i in range(len(photos)))


def test_names_that_are_no_utf8_are_packed(tmp_path):
    name = os.fsdecode(b"gro\xdfmutter.png")
    try:
        Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
        os.rename(tmp_path / "a.png", tmp_path / name)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    assert pack(tmp_path, tmp_path / "out")["photos"] == 1
    assert len(list(stream(tmp_path / "out"))) == 1 and Shards(tmp_path / "out")[0] is not None
