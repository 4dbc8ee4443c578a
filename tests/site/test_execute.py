"""The kernels in which the book's notebooks run."""

import json
import sys

import nbformat
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import execute
import forked


def written(path, *cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A few small notebooks, run as the book's are: by name what `run` gave."""
    folder = tmp_path_factory.mktemp("books")
    (folder / "beside.py").write_text("answer = 42\n")
    cells = {
        "first": ["import sys, json\nsaid = dict(loaded='torch' in sys.modules)\nleft = 1",
                  "import beside, os\nsaid.update(answer=beside.answer, folder=os.getcwd())\n"
                  "print(json.dumps(said))"],
        "second": ["'left' in globals()", "import sys\n'beside' in sys.modules"],
        "stopped": ["import signal\ntry:\n    signal.raise_signal(signal.SIGINT)\n"
                    "except KeyboardInterrupt:\n    print('caught')", "1 + 1"],
        "printed": ["import time\nfor k in range(3):\n    print(k, flush=True)\n"
                    "    time.sleep(.3)"],
        "wrong": ["1 / 0", "print('never')"],
        "dead": ["import os\nos._exit(3)"],
    }
    paths = [written(folder / f"{name}.ipynb", *c) for name, c in cells.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", "agg")  # put back afterwards
        pool = execute.ProcessPoolExecutor(2, forked.context(), max_tasks_per_child=1)
    with pool:
        return folder, dict(zip(cells, pool.map(execute.run, paths), strict=True))


def outputs(result):
    return [output for cell in result[0].cells for output in cell.outputs]


def test_a_kernel_has_the_libraries_loaded_and_runs_beside_its_notebook(results):
    folder, of = results
    said = json.loads(outputs(of["first"])[0].text)
    assert said == {"loaded": forked.FORKS, "answer": 42, "folder": str(folder)}
    assert of["first"][2] > 0 and of["first"][3] is None


def test_a_kernel_knows_nothing_of_the_one_before(results):
    assert [o.data["text/plain"] for o in outputs(results[1]["second"])] == ["False", "False"]


def test_an_interrupt_reaches_the_kernel_and_nobody_else(results):
    caught, value = outputs(results[1]["stopped"])
    assert caught.text == "caught\n" and value.data["text/plain"] == "2"


def test_what_is_printed_bit_by_bit_is_one_output(results):
    assert [o.text for o in outputs(results[1]["printed"])] == ["0\n1\n2\n"]


def test_errors_and_dead_kernels_are_told(results):
    assert "ZeroDivisionError" in results[1]["wrong"][3] and len(outputs(results[1]["wrong"])) == 1
    assert "died" in results[1]["dead"][3]
