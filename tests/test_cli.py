"""The effcourse command, as a user meets it."""

import csv
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from effcourse import cli as cli_module, create_model, doctor as doctor_module, trace
from effcourse.cli import main
from effcourse.doctor import Check

EFFCOURSE = str(Path(sys.executable).with_name("effcourse"))
SMALL = ("mobilenet_v2", "--width-mult", "0.5", "--input-size", "160")


@pytest.fixture(scope="module")
def small():
    return trace(create_model("mobilenet_v2", width_mult=0.5), 160)


def invoke(*arguments: str):
    return CliRunner().invoke(main, arguments)


def test_help_does_not_wait_for_torch():
    code = "import sys; from effcourse.cli import main; main(['--help'], standalone_mode=False); print([*sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    usage, modules = done.stdout.rsplit("\n[", 1)
    assert all(command in usage for command in ("cost", "doctor", "lab"))
    assert "'torch'" not in modules


def test_cost_prints_the_report(small):
    done = subprocess.run([EFFCOURSE, "cost", *SMALL], capture_output=True, text=True, check=True)
    assert done.stdout == f"{small}\n"
    assert "1,968,680 params" in done.stdout
    assert done.stderr == ""


def test_cost_by_layer(small):
    assert invoke("cost", *SMALL, "--layers").output == small.to_text(layers=True) + "\n"


@pytest.mark.parametrize("layers", [True, False])
def test_cost_as_csv_and_json_adds_up(small, layers):
    more = ["--layers"] if layers else []
    csv_rows = list(csv.DictReader(io.StringIO(invoke("cost", *SMALL, "--csv", *more).output)))
    report = json.loads(invoke("cost", *SMALL, "--json", *more).output)
    assert len(csv_rows) == len(report["rows"]) == len(small.rows if layers else small.by_stage())
    for field in ("params", "macs", "activations", "bytes_moved"):
        assert sum(int(row[field]) for row in csv_rows) == getattr(small, field)
        assert sum(row[field] for row in report["rows"]) == report["totals"][field] == getattr(small, field)
    assert csv_rows[0]["out_shape"] == "16x80x80"
    assert report["rows"][0]["out_shape"] == [1, 16, 80, 80]
    assert report["totals"]["flops"] == 2 * report["totals"]["macs"]
    assert (report["name"], report["input_shape"]) == ("MobileNetV2", [1, 3, 160, 160])
    assert "1 MAC = 2 FLOPs" in report["convention"]


def test_cost_takes_classes_and_the_networks_own_size():
    report = json.loads(invoke("cost", "efficientnet_b3", "--num-classes", "10", "--json").output)
    assert report["input_shape"] == [1, 3, 300, 300]
    assert report["totals"]["params"] == sum(
        p.numel() for p in create_model("efficientnet_b3", num_classes=10).parameters()
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mobilenet_v4"], "unknown model 'mobilenet_v4'; did you mean mobilenet_v"),
        (["shufflenet_v2", "--width-mult", "0.75"], "ShuffleNetV2 exists in the widths 0.5, 1.0, 1.5, 2.0"),
        (["mobilenet_v2", "--width-mult", "-1"], "width_mult must be a number above 0, got -1.0"),
        (["mobilenet_v2", "--width-mult", "nan"], "width_mult must be a number above 0, got nan"),
        (["mobilenet_v2", "--input-size", "0"], "input_size must be made of whole numbers of at least 1, got 0"),
        (["mobilenet_v2", "--num-classes", "0"], "num_classes must be a whole number of at least 1, got 0"),
        (["efficientnet_b0", "--width-mult", "0.5"], "unknown argument of efficientnet_b0 'width_mult'"),
    ],
)
def test_cost_refuses_in_one_line(arguments, message):
    done = invoke("cost", *arguments)
    assert done.exit_code == 2
    assert done.output.startswith(f"Error: {message}")
    assert done.output.count("\n") == 1


@pytest.mark.parametrize("option", ["--width-mult=1e30", "--input-size=1e3", "--num-classes=10000000000"])
def test_cost_refuses_what_no_network_takes(option):
    done = invoke("cost", "mobilenet_v2", option)
    assert done.exit_code == 2
    assert option.split("=")[0] in done.output.splitlines()[-1]


def test_cost_by_layer_says_what_each_layer_is():
    rows = list(csv.DictReader(io.StringIO(invoke("cost", *SMALL, "--layers", "--csv").output)))
    assert [rows[0][key] for key in ("kernel", "stride", "groups", "kind")] == ["3x3", "2x2", "1", "dense"]
    assert [rows[3][key] for key in ("kernel", "stride", "groups", "kind")] == ["3x3", "1x1", "16", "depthwise"]
    row = json.loads(invoke("cost", *SMALL, "--layers", "--json").output)["rows"][0]
    assert (row["kernel"], row["stride"], row["groups"], row["kind"]) == ([3, 3], [2, 2], 1, "dense")


BLOCK = """
from dataclasses import dataclass
from neighbour import WIDTH
import torch
from torch import nn

@dataclass
class Options:
    width: int = WIDTH

class Block(nn.Module):
    def __init__(self, channels, width=WIDTH, *, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 3, stride)
        self.rates = [rate.item() for rate in torch.linspace(0, 1, 3)]  # needs numbers to be made

    def forward(self, x):
        return self.conv(x)

block = Block(4)
NUMBER = 3

def broken():
    raise OSError("no such disk")

def number():
    return 3
"""


@pytest.fixture
def block(tmp_path, monkeypatch):
    (tmp_path / "my_block.py").write_text(BLOCK)
    (tmp_path / "neighbour.py").write_text("WIDTH = 8")
    (tmp_path / "wrong.py").write_text("import nothing_of_this_name")
    (tmp_path / "typo.py").write_text("def f(:")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("my_block", "neighbour", "wrong", "typo"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("arguments", "macs"),
    [
        (["my_block.py:Block", "--args", "24, 24", "--input-size", "24x56x56"], 54 * 54 * 24 * 24 * 9),
        (["my_block.py:Block", "--args", "24,stride=2", "--input-size", "24x57x57"], 28 * 28 * 24 * 8 * 9),
        (["my_block:Block", "--args", "3", "--input-size", "10"], 64 * 3 * 8 * 9),
        (["my_block.py:block", "--input-size", "4x10x10"], 64 * 4 * 8 * 9),
        (["torchvision.models:resnet18", "--input-size", "224"], 1_814_073_344),
        (["timm:convnext_atto", "--num-classes", "10"], 547_015_680),
        (["torch.nn:Linear", "--args", "8, 4", "--input-size", "7x8"], 7 * 32),
    ],
)
def test_cost_of_anybodys_network(block, arguments, macs):
    done = invoke("cost", *arguments, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["totals"]["macs"] == macs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["my_block.py:Blok"], "unknown name in my_block.py 'Blok'; did you mean Block or block"),
        (["my_blok.py:Block"], "there is no file my_blok.py; did you mean my_block.py?"),
        (["my_block.py:Block"], "my_block.py:Block() raises TypeError: Block.__init__() missing 1 required positional"),
        (["my_block.py:Block", "--args", "24, ("], "arguments must be Python values, as in 24, 24, stride=2"),
        (["my_block.py:Block", "--args", "size"], "arguments must be Python values"),
        (["my_block.py:broken"], "my_block.py:broken() raises OSError: no such disk"),
        (["my_block.py:number"], "my_block.py:number() returns int 3; expected an nn.Module"),
        (["my_block.py:NUMBER"], "my_block.py:NUMBER is int 3; expected a class or function"),
        (["wrong.py:Net"], "importing wrong.py raises ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        (["wrong:Net"], "importing wrong raises ModuleNotFoundError"),
        (["typo.py:f"], "importing typo.py raises SyntaxError"),
        (["nothing.at.all:Net"], "there is no module 'nothing.at.all' in this Python"),
        (["torchvision.models:resnet81"], "unknown name in torchvision.models 'resnet81'; did you mean resnet18"),
        (["timm:convnext_ato"], "unknown network of timm 'convnext_ato'; did you mean convnext_atto"),
        (["torchvision.models.resnet18"], "'torchvision.models.resnet18' names no network; put a colon before"),
        (["mobilenet_v2", "--args", "10"], "mobilenet_v2 takes its arguments by name, such as width_mult=0.5"),
        (["mobilenet_v2", "--input-size", "3x"], "--input-size must be pixels or a shape without the batch"),
        (["torchvision.models:resnet18"], "ResNet has no input_size of its own; give one"),
    ],
)
def test_cost_of_anybodys_network_refuses_in_one_line(block, arguments, message):
    done = invoke("cost", *arguments)
    assert done.exit_code == 2
    assert done.output.startswith(f"Error: {message}")
    assert done.output.count("\n") == 1


def test_cost_stores_no_weights(monkeypatch):
    built = []
    monkeypatch.setattr(
        "effcourse.models.finding.create_model", lambda name: built.append(create_model(name)) or built[0]
    )
    assert invoke("cost", "efficientnet_b7").exit_code == 0
    assert {p.device.type for p in built[0].parameters()} == {"meta"}


def test_doctor_names_the_first_problem(monkeypatch):
    checks = [
        Check("Python", "ok", "3.11"),
        Check("torchvision", "note", "not installed", "pip install torchvision"),
        Check("thop", "problem", "broken", "pip install thop"),
        Check("kernel", "problem", "elsewhere", "ipykernel install"),
    ]
    monkeypatch.setattr(doctor_module, "run_checks", lambda: checks)
    done = invoke("doctor")
    assert done.exit_code == 1
    assert [line.split()[:2] for line in done.output.splitlines()[:4]] == [[c.status, c.name] for c in checks]
    assert done.output.endswith("Fix thop first:\n\n    pip install thop\n\nThen run effcourse doctor again.\n")

    monkeypatch.setattr(doctor_module, "run_checks", lambda: checks[:2])
    done = invoke("doctor")
    assert done.exit_code == 0
    assert "not installed; if you want it: pip install torchvision" in done.output
    assert "All is well" in done.output


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one empty notebook, and Jupyter's own files away from the user's."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    notebook = tmp_path / "notebooks" / "00_start_here.ipynb"
    notebook.parent.mkdir()
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lab_serves_the_first_notebook(course):
    port = free_port()
    log = course / "log"
    with log.open("w") as out:
        lab = subprocess.Popen([EFFCOURSE, "lab", "--no-browser", "--port", str(port)], stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + 60
        while not (address := re.search(rf"http://127\.0\.0\.1:{port}(/lab/tree/\S+)\?(token=\w+)", log.read_text())):
            assert lab.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        page, token = address.groups()
        assert page == "/lab/tree/notebooks/00_start_here.ipynb"

        def get(path: str) -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}?{token}", timeout=30) as answer:
                return answer.read().decode()

        assert "started" in json.loads(get("/api/status"))
        assert json.loads(get("/api/contents/notebooks/00_start_here.ipynb"))["type"] == "notebook"
        assert "<title>JupyterLab</title>" in get(page)
        notification = json.loads(get("/lab/api/settings/@jupyterlab/apputils-extension:notification"))
        assert notification["schema"]["properties"]["fetchNews"]["default"] == "false"
    finally:
        lab.terminate()
        lab.wait(30)


def test_lab_says_that_a_port_is_taken(course):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = s.getsockname()[1]
        command = [EFFCOURSE, "lab", "--no-browser", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"port {port} is not available" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_lab_refuses_a_bad_port(port):
    done = invoke("lab", "--port", port)
    assert done.exit_code == 2
    assert "Error: Invalid value for '--port'" in done.output


def test_lab_without_notebooks_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor_module, "__file__", str(tmp_path / "site-packages" / "effcourse" / "doctor.py"))
    monkeypatch.chdir(tmp_path)
    done = invoke("lab")
    assert done.exit_code == 2
    assert "git clone the course's repository" in done.output
    assert done.output.count("\n") == 1


@pytest.mark.parametrize(("uid", "allowed"), [(0, True), (1000, False)])
def test_lab_as_root_and_as_a_user(course, monkeypatch, uid, allowed):
    calls = []
    monkeypatch.setattr("jupyterlab.labapp.main", calls.append)
    monkeypatch.setattr(cli_module.os, "geteuid", lambda: uid, raising=False)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/elsewhere")
    assert invoke("lab").exit_code == 0
    assert ("--allow-root" in calls[0]) is allowed
    assert not any("port" in argument or "browser" in argument for argument in calls[0])
    assert os.environ["PATH"].startswith(str(Path(sys.executable).parent))
    assert os.environ["JUPYTER_CONFIG_PATH"].endswith(f"effcourse/jupyter{os.pathsep}/elsewhere")
