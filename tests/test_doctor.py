"""Each check finds its fault and names the command that repairs it."""

import os
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from effcourse import doctor
from effcourse.doctor import Check, run_checks

NO_TORCH = "raise ImportError('libtorch_cpu.so: cannot open shared object file')"


def run_doctor(**env: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("effcourse")
    return subprocess.run([command, "doctor"], env=os.environ | env, capture_output=True, text=True, timeout=120)


def test_this_environment_is_healthy():
    done = run_doctor()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^(ok|note) ", done.stdout, re.M)) == len(doctor.CHECKS)
    assert "All is well" in done.stdout


def test_torch_that_does_not_import_is_named_and_the_other_checks_still_run(tmp_path):
    (tmp_path / "torch.py").write_text(NO_TORCH)
    done = run_doctor(PYTHONPATH=str(tmp_path))
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert len(re.findall(r"^(ok|note|problem) ", done.stdout, re.M)) == len(doctor.CHECKS)
    assert re.search(r"^problem +torch +ImportError: libtorch_cpu", done.stdout, re.M)
    assert re.search(r'Fix torch first:\n\n    .*-m pip install --force-reinstall "torch>=', done.stdout)


def test_a_check_that_raises_becomes_a_problem_and_stops_no_other():
    def check_bad() -> Check:
        raise RuntimeError("two\nlines")

    def check_missing() -> Check:
        raise ModuleNotFoundError("No module named 'packaging'", name="packaging.version")

    def check_good() -> Check:
        return Check("good", "ok", "")

    bad, missing, good = run_checks([check_bad, check_missing, check_good])
    assert (bad.name, bad.status, bad.detail) == ("bad", "problem", "RuntimeError: two lines")
    assert missing.remedy.endswith(" -m pip install packaging")
    assert good.status == "ok"


def test_checks_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Check("a", "ok", "").name = "b"  # type: ignore[misc]


@pytest.mark.parametrize(("version", "status"), [("3.9.18", "problem"), ("3.10.0", "ok"), ("3.15.0rc1", "ok")])
def test_python(version, status):
    assert doctor.check_python(version, ">=3.10").status == status


def test_packages_names_only_what_is_wrong():
    installed = {"click": "8.1.7", "torch": "2.3.1", "numpy": "2.1.0"}.get
    wanted = ["click>=8.1,<9", "torch>=2.4", "thop==0.1", "numpy", "timm>=1; extra == 'reference'"]
    check = doctor.check_packages(wanted, installed)
    assert check.status == "problem"
    assert check.detail == "torch 2.3.1 (needed: >=2.4); thop is missing (needed: ==0.1)"
    assert check.remedy.endswith(' -m pip install "torch>=2.4" thop==0.1')
    assert doctor.check_packages(wanted[:1], installed).status == "ok"


def test_torchvision_for_another_torch():
    check = doctor.check_torchvision("torch==2.5.1", "2.6.0+cpu")
    assert check.status == "problem"
    assert "was built for torch==2.5.1, not for torch 2.6.0+cpu" in check.detail
    assert ' -m pip install torch==2.6.0 "torchvision>=' in check.remedy


def test_torchvision_is_not_necessary(monkeypatch):
    monkeypatch.setattr(doctor, "_installed", {"torch": "2.6.0"}.get)
    check = doctor.check_torchvision()
    assert check.status == "note"
    assert ' -m pip install torch==2.6.0 "torchvision>=' in check.remedy


@pytest.mark.parametrize("name", ["thop", "torchvision.ops", "ipykernel.kernelspec"])
def test_packages_that_do_not_import(monkeypatch, name):
    check = {"thop": doctor.check_thop, "torchvision.ops": doctor.check_torchvision}.get(name, doctor.check_kernel)
    monkeypatch.setitem(sys.modules, name, None)
    assert check().status == "problem"
    assert "-m pip install --force-reinstall" in check().remedy


def test_kernel_of_another_environment():
    check = doctor.check_kernel("/opt/other/bin/python")
    assert check.status == "problem"
    assert "starts /opt/other/bin/python and not" in check.detail
    assert check.remedy.endswith("-m ipykernel install --sys-prefix --name python3")
    assert doctor.check_kernel(str(Path(sys.executable).with_name("python3"))).status == "ok"
    assert doctor.check_kernel("python").status == "ok"


def test_kernel_that_the_user_installed_from_another_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text('{"argv": ["/opt/other/bin/python"], "display_name": "Python 3", "language": "python"}')
    check = doctor.check_kernel()
    assert str(spec.parent) in check.detail
    assert check.remedy.endswith("-m ipykernel install --user --name python3")


def test_front_ends(tmp_path):
    (tmp_path / "anywidget").mkdir()
    (tmp_path / "anywidget" / "package.json").touch()
    check = doctor.check_front_ends([str(tmp_path)])
    assert check.status == "problem"
    assert "@jupyter-widgets/jupyterlab-manager not in" in check.detail
    assert check.remedy.endswith(" jupyterlab_widgets")
    assert doctor.check_front_ends().status == "ok"


def test_jupyterlab_without_its_page(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTERLAB_DIR", str(tmp_path))
    assert "index.html is missing" in doctor.check_lab().detail


def test_notebooks_are_found_from_a_folder_below(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "site-packages" / "effcourse" / "doctor.py"))
    below = tmp_path / "course" / "notebooks" / "md"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert doctor.check_notebooks().status == "problem"
    (tmp_path / "course" / doctor.FIRST_NOTEBOOK).touch()
    assert doctor.find_course() == tmp_path / "course"
    assert doctor.check_notebooks().status == "ok"


def test_disk():
    assert doctor.check_disk(free_gib=50).status == "ok"
    check = doctor.check_disk(free_gib=0.25)
    assert (check.status, check.detail[:13]) == ("problem", "0.25 GiB free")


@pytest.mark.parametrize(
    ("threads", "cpus", "remedy"),
    [(2, 2, ""), (4, 8, ""), (1, 1, ""), (8, 2, "export OMP_NUM_THREADS=2"), (1, 4, "unset OMP_NUM_THREADS")],
)
def test_threads(threads, cpus, remedy):
    check = doctor.check_threads(threads, cpus)
    assert (check.status, check.remedy) == ("note" if remedy else "ok", remedy)


def test_commands_survive_a_shell(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/home/Ada Lovelace/.venv/bin/python")
    assert doctor._pip("thop==0.1", "torch>=2.4") == (
        '"/home/Ada Lovelace/.venv/bin/python" -m pip install thop==0.1 "torch>=2.4"'
    )
