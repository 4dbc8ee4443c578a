"""The table: rows that train and resume, sums that resume, claims that say what figures say."""

import json
from dataclasses import replace

import pytest
import torch
from conftest import ROOT
from safetensors.torch import load_file

import colorlib.evaluation.methods as rows
from colorlib.cli.parser import main
from colorlib.data import Photos
from colorlib.evaluation.claims import CLAIMS, Claim, check
from colorlib.evaluation.classifier import Classifier, small_network, vgg16
from colorlib.evaluation.measure import build, evaluate_row
from colorlib.evaluation.methods import ALL, Row, painter, row
from colorlib.evaluation.report import sheet, windows
from colorlib.evaluation.sums import Evaluation
from colorlib.evaluation.train import shared_steps, to_train, train_row
from colorlib.images import samples
from colorlib.io.assets import results
from colorlib.io.datasets import CLASSES, label
from colorlib.recipes import Recipe, Stage
from colorlib.rivals.vgg import VGG16

TABLE = ROOT / "results" / "table.json"
TINY = Recipe(width=1 / 32, stages=(Stage(2, 2, 16, lam=1.0), Stage(2, 2, 16, lam=0.9)),
              optimizer="muon", warmup=1, finish=0.9, size=32)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """An empty place for weights, and four rows of a network that trains in a second."""
    small = (
        row("gray"),
        Row("l2", "L2", replace(TINY, loss="l2"), T=1.0),
        Row("l2_finetuned", "L2 from full", replace(TINY, loss="l2", stages=(Stage(1, 2, 16),)),
            start="full", T=1.0),
        Row("classification", "Classification", rows._throughout(TINY, 1.0), shares="full"),
        Row("full", "Full", TINY),
    )
    monkeypatch.setattr(rows, "ROWS", small)
    monkeypatch.setattr(rows, "ALL", small)
    monkeypatch.setattr(rows, "weights_file", lambda name: tmp_path / f"{name}.weights.safetensors")
    monkeypatch.setattr("colorlib.evaluation.train.ROWS", small)
    return small


@pytest.fixture
def album(tmp_path):
    """Bundled photographs in folders as Imagenette's."""
    paths = []
    for name, source in list(samples().items())[:4]:
        folder = tmp_path / "album" / list(CLASSES)[len(paths) % 2]
        folder.mkdir(parents=True, exist_ok=True)
        paths.append(folder / f"{name}.jpg")
        paths[-1].write_bytes(source.read_bytes())
    return paths


def test_rows_that_need_others_come_after_them(shipped):
    order = [r.name for r in to_train(shipped)]
    assert set(order) == {"full", "classification", "l2", "l2_finetuned"}
    assert order.index("full") < order.index("classification")
    assert order.index("full") < order.index("l2_finetuned")
    # Asked for by itself, a row brings along what it starts from.
    assert [r.name for r in to_train([r for r in shipped if r.name == "l2_finetuned"])] == [
        "full", "l2_finetuned"]


def test_shared_steps_end_where_recipes_part():
    assert shared_steps(TINY, rows._throughout(TINY, 1.0)) == 2
    assert shared_steps(TINY, replace(TINY, finish=0.5, size=64)) == 4  # these come afterwards
    assert shared_steps(TINY, replace(TINY, loss="l2")) == 0
    assert shared_steps(TINY, replace(TINY, seed=1)) == 0


def test_a_row_that_shares_steps_ends_as_if_trained_alone(shipped, tmp_path):
    photos = Photos(list(samples().values())[:3], side=48)
    by_name = {r.name: r for r in shipped}
    train_row(by_name["full"], photos, tmp_path / "one")
    shared = load_file(train_row(by_name["classification"], photos, tmp_path / "one"))
    assert (tmp_path / "one" / "full-2.safetensors").exists()
    alone = load_file(train_row(by_name["classification"], photos, tmp_path / "two"))
    assert all(torch.equal(shared[key], alone[key]) for key in alone)
    start = load_file(rows.weights_file("full"))
    tuned = load_file(train_row(by_name["l2_finetuned"], photos, tmp_path / "one"))
    moved = (tuned["model5.0.weight"] - start["model5.0.weight"]).abs().float().mean()
    assert 0 < moved < 0.1 * start["model5.0.weight"].abs().float().mean()


def test_a_row_from_another_seed_has_a_file_of_its_own(shipped, tmp_path, album):
    photos = Photos(list(samples().values())[:3], side=48)
    again = {r.name: replace(r, recipe=replace(r.recipe, seed=1), weights=tmp_path / f"{r.name}.st")
             for r in shipped if r.name in ("full", "classification")}
    other = load_file(train_row(again["full"], photos, tmp_path / "one"))
    assert (tmp_path / "one" / "full-2.safetensors").exists()  # what this seed's rows share
    shared = load_file(train_row(again["classification"], photos, tmp_path / "one"))
    alone = load_file(train_row(again["classification"], photos, tmp_path / "two"))
    assert all(torch.equal(shared[key], alone[key]) for key in alone)
    assert not rows.weights_file("full").exists()  # what ships stays as it is
    train_row(by_seed_0 := next(r for r in shipped if r.name == "full"), photos, tmp_path / "three")
    first = load_file(by_seed_0.file)
    assert not torch.equal(first["model1.0.weight"], other["model1.0.weight"])
    of_both = [evaluate_row(r, album, photos, None, folder=tmp_path / name, draws=20).figures()
               for name, r in (("a", by_seed_0), ("b", again["full"]), ("a", again["full"]))]
    assert of_both[0] != of_both[1] == of_both[2]  # sums of other weights are not taken up


def test_sums_that_were_stopped_go_on(album, tmp_path, monkeypatch):
    photos = Photos(samples().values(), side=64)
    whole = evaluate_row(row("random"), album, photos, None, draws=20)
    monkeypatch.setattr("colorlib.evaluation.measure.SAVE_EVERY", 1)
    calls, add = [], Evaluation.count

    def stop_at_the_third(self, sums):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(sums)
        add(self, sums)

    with monkeypatch.context() as patch:
        patch.setattr(Evaluation, "count", stop_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            evaluate_row(row("random"), album, photos, None, folder=tmp_path, draws=20)
    again = evaluate_row(row("random"), album, photos, None, folder=tmp_path, draws=20)
    assert again.figures() == whole.figures()
    # Of other photographs nothing is taken over, nor from a torn file.
    other = evaluate_row(row("random"), album[:2], photos, None, folder=tmp_path, draws=20)
    assert other.photos == 2
    (tmp_path / "random.safetensors").write_bytes(b"torn")
    assert evaluate_row(row("random"), album, photos, None, folder=tmp_path, draws=20).photos == 4


def test_a_broken_photo_is_left_out(album):
    album[1].write_bytes(b"no picture")
    assert evaluate_row(row("gray"), album, [], None, draws=5).photos == 3


@pytest.mark.parametrize("shift, above, says", [
    (0.3, True, "holds"), (0.3, False, "fails"), (-0.3, False, "holds"), (0.0, True, "open")])
def test_a_claim_holds_if_its_whole_interval_does(shift, above, says):
    torch.manual_seed(0)
    one, other = (Evaluation(torch.ones(313) / 313, draws=200) for _ in range(2))
    for _ in range(40):
        truth = torch.rand(3, 12, 12)
        row = one.measure(truth, truth)
        noise = torch.randn(2).double()
        for evaluation, right in ((one, noise[0] + shift * 10), (other, noise[1])):
            row[-1] = right
            evaluation.count(row.clone())
    found = check(Claim("", "a", "b", "top1", above), {"a": one, "b": other})
    low, high = found["interval"]
    assert found["says"] == says and low < found["difference"] < high


def test_painters_keep_lightness_and_differ_in_color():
    photos = Photos(samples().values(), side=64)
    truth = photos[2] / 255
    gray, random = painter(row("gray"), photos)(truth, 0), painter(row("random"), photos)(truth, 0)
    assert (gray.std(0) < 0.01).all() and random.std(0).mean() > 0.01
    assert torch.equal(random, painter(row("random"), photos)(truth, 0))
    assert not torch.equal(random, painter(row("random"), photos)(truth, 1))
    assert painter(row("truth"), photos)(truth, 0) is truth
    with pytest.raises(ValueError, match="no row named 'best'; there are truth, gray"):
        row("best")


def test_classifier_sees_the_middle_of_any_photo():
    judge = Classifier(small_network())
    wide, tall = torch.rand(3, 40, 90), torch.rand(3, 300, 131)
    assert judge.logits(wide).shape == judge.logits(tall).shape == (10,)
    assert 0 <= judge(wide) < 10
    assert label("x/val/n03000684/a.JPEG") == 3
    with pytest.raises(ValueError, match="no folder of Imagenette"):
        label("x/cats/a.jpg")


def test_vgg16_is_the_papers_and_takes_only_torchvisions_file(tmp_path):
    with torch.device("meta"):
        network = VGG16()
    assert sum(p.numel() for p in network.parameters()) == 138_357_544
    names = set(network.state_dict())
    assert {"features.0.weight", "features.28.bias", "classifier.6.weight"} < names
    assert len(names) == 32
    assert network(torch.zeros(1, 3, 224, 224, device="meta")).shape == (1, 1000)
    path = tmp_path / "vgg16-397923af.pth"
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match="not torchvision's checkpoint"):
        vgg16(path)


def test_build_trains_measures_and_checks(shipped, album, tmp_path):
    judge = Classifier(small_network(), short=32, side=32)
    table = build(shipped, album, album, judge, tmp_path / "work")
    assert list(table["rows"]) == [r.name for r in shipped]
    assert table["photos"] == 4 and table["provenance"]["photos_sha256"]
    for name, line in table["rows"].items():
        assert line["auc_interval"][0] <= line["auc"] <= line["auc_interval"][1]
        assert ("runtime_ms" in line) == (name != "gray")
    names = {r.name for r in shipped}
    asked = {(c.of, c.less, c.figure) for c in CLAIMS if {c.of, c.less} <= names}
    assert {(c["of"], c["less"], c["figure"]) for c in table["claims"]} == asked


def test_sheet_has_a_column_a_row():
    page = sheet([row("gray"), row("truth")], windows(4, side=48), side=32)
    assert page.size == (2 * (2 * 32 + 8), 16 + 2 * 32)


def test_command_names_a_row_it_does_not_know(tmp_path, capsys):
    folder = tmp_path / "train"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(samples()["cat"].read_bytes())
    (tmp_path / "val").symlink_to(folder)
    assert main(["table", "--data", str(tmp_path), "--rows", "best"]) == 2
    assert "no row named 'best'" in capsys.readouterr().err


def test_the_committed_table_is_of_the_shipped_weights():
    """The prose and the book speak of these figures; a part of them can be had again quickly."""
    table = json.loads(TABLE.read_text())
    assert table == results("table/table") and list(table["rows"]) == [r.name for r in ALL]
    assert len(table["claims"]) == len(CLAIMS)
    for r in ALL:
        if r.recipe:
            made_by = rows.colorizer(r.name).recipe
            assert made_by["loss"] == r.recipe.loss and made_by["done"] == r.recipe.steps
            assert table["rows"][r.name]["recipe"]["seconds"] == made_by["seconds"]


def test_figures_hold_on_real_photographs(imagenette):
    """On 60 of the val photographs each row lies within what so few photographs allow."""
    from colorlib.data import find_photos
    from colorlib.evaluation.classifier import small_classifier

    table = json.loads(TABLE.read_text())
    paths = find_photos(imagenette)[::65]
    for name in ("gray", "full"):
        figures = evaluate_row(row(name), paths, [], small_classifier(), draws=200).figures()
        for column in ("auc", "top1", "psnr", "ssim", "colorfulness"):
            low, high = figures[f"{column}_interval"]
            slack = 0.5 * (high - low)
            assert low - slack <= table["rows"][name][column] <= high + slack, (name, column)
