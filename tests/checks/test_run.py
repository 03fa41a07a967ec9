"""`effcourse check`: a notebook checked from a shell."""

import json

import nbformat
from click.testing import CliRunner
from exercise_bank import notebook_path

from effcourse.checks.run import find_assignment, run_checks
from effcourse.cli import main

NAME = "01_flops_math"


def save(folder, cells, name=NAME):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_exercise_is_not_done_yet_and_is_not_changed():
    path = notebook_path("exercises", NAME)
    before = path.read_bytes()
    result = run(path.parent)
    assert result.exit_code == 1
    assert result.output.count("not done yet") == 5
    assert result.output.endswith("0 of 5 passed\n")
    assert "Beside the checks" not in result.output
    assert path.read_bytes() == before


def test_work_is_checked_in_spite_of_other_cells_errors(tmp_path):
    path = save(
        tmp_path,
        [
            "%matplotlib inline",
            "1 / 0",
            "def conv_params(c_in, c_out, k, groups=1, bias=False):\n    return k * k * c_in * c_out + c_out * bias",
            "def activation_memory(c, n, batch=1, bytes_per_number=4):\n"
            "    return batch * c * n * n * bytes_per_number",
            "def output_size(size, kernel_size, stride=1, padding=0):\n    return size.shape",
        ],
    )
    result = run(path, "--json")
    report = json.loads(result.output)
    outcomes = {outcome["check"]: outcome for outcome in report["outcomes"]}
    assert {name: outcome["status"] for name, outcome in outcomes.items()} == {
        "output_size": "failed",
        "conv_macs": "not done",
        "conv_params": "failed",
        "activation_memory": "passed",
        "network_cost": "not done",
    }
    assert "left out groups" in outcomes["conv_params"]["text"]
    assert "at your line: return size.shape" in " ".join(outcomes["output_size"]["text"].split())
    assert report["errors"] == ["the cell that begins with '1 / 0' raised ZeroDivisionError: division by zero"]
    assert result.exit_code == 1


MEMORY = "def activation_memory(c, n, batch=1, bytes_per_number=4):\n    return batch * c * n * n * bytes_per_number"


def test_cells_that_do_not_end_or_stop_python_lose_nothing_else(tmp_path):
    swallows = "while True:\n    try:\n        while True: pass\n    except: pass"
    path = save(
        tmp_path, [MEMORY, "while True: pass", swallows, "exit()", "import os; os._exit(3)", "raise SystemExit"]
    )
    outcomes, lines = run_checks(path, timeout=2)
    assert [o["check"] for o in outcomes if o["status"] == "passed"] == ["activation_memory"]
    assert [line.split("' ")[1] for line in lines] == [
        "did not end within 2 s",
        "did not end within 2 s",
        "made Python stop; does it call exit()?",
        "made Python stop; does it call exit()?",
        "raised SystemExit",
    ]


def test_functions_that_do_not_end_or_stop_python_lose_nothing_else(tmp_path):
    path = save(
        tmp_path,
        [
            MEMORY,
            "def output_size(size, kernel_size, stride=1, padding=0):\n    while True: size += 1",
            "def conv_params(c_in, c_out, k, groups=1, bias=False):\n    exit()",
            "import os\ndef conv_macs(*arguments, **keywords):\n    os._exit(3)",
        ],
    )
    outcomes = {outcome["check"]: outcome for outcome in run_checks(path)[0]}
    assert "does not end: it was stopped after 4 seconds" in outcomes["output_size"]["text"]
    assert "made Python stop" in outcomes["conv_macs"]["text"]
    assert "calls exit()" in outcomes["conv_params"]["text"]
    assert outcomes["activation_memory"]["status"] == "passed"
    assert outcomes["network_cost"]["status"] == "not done"


def test_cells_that_only_show_are_left_out_and_what_they_make_is_there(tmp_path):
    shows = "from effcourse.checks import when_done\ndef look():\n    while True: pass\n\nwhen_done(look)"
    path = save(tmp_path, [shows, f"{MEMORY} if look else None", "check()"])
    outcomes, lines = run_checks(path, timeout=20)
    assert lines == []
    assert [o["check"] for o in outcomes if o["status"] == "passed"] == ["activation_memory"]


def test_bad_paths_are_told(tmp_path):
    result = run(tmp_path / "no_such")
    assert result.exit_code == 2
    assert "there is no notebook" in result.output
    assert "is no exercise of the course" in run(save(tmp_path, [], "my_notes")).output
    (tmp_path / f"{NAME}.txt").write_text("text", encoding="utf-8")
    assert "ends in .ipynb" in run(tmp_path / f"{NAME}.txt").output
    (tmp_path / f"{NAME}.ipynb").write_text("{", encoding="utf-8")
    assert "cannot be read as a notebook" in run(tmp_path / f"{NAME}.ipynb").output


def test_assignment_is_known_by_its_folder(tmp_path):
    assert find_assignment(tmp_path / NAME / "copy.ipynb") == NAME
