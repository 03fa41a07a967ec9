"""What the project's files say about each other."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from effcourse.checks import ASSIGNMENTS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(*extras: str) -> list[Requirement]:
    """What the project needs, with some extras; an extra may name others of them."""
    lines = PROJECT["dependencies"] + [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    return [need for need in map(Requirement, lines) if need.name != PROJECT["name"]]


ALL = requirements(*PROJECT["optional-dependencies"])


def test_conda_installs_the_course_in_the_tested_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    assert conda == [f"python{PROJECT['requires-python']},<3.14", "pip"]
    assert pip == {"pip": ["-c constraints.txt", "-e .[deploy]"]}


@pytest.mark.parametrize("target", ["lab", "test"])
def test_make_installs_the_tested_versions(target):
    if not shutil.which("make"):
        pytest.skip("no make here")
    for more in ((), ("CPU=1",)):
        command = ["make", "--dry-run", "--always-make", target, *more]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        installs = [line for line in done.stdout.splitlines() if re.search(r"pip install\b", line)]
        assert installs
        assert [line for line in installs if "-c constraints.txt" not in line] == []


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_constraints_pin_every_dependency(python, platform):
    machine = {
        "linux": {"os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"},
        "darwin": {"os_name": "posix", "platform_system": "Darwin", "platform_machine": "arm64"},
        "win32": {"os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"},
    }[platform]
    there = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": platform, **machine}
    pins = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)  # and so neither an option nor an address
            if pin.marker is None or pin.marker.evaluate(there):
                assert canonicalize_name(pin.name) not in pins, f"two pins of {pin.name}"
                pins[canonicalize_name(pin.name)] = pin.specifier
    for need in (need for need in ALL if need.marker is None or need.marker.evaluate(there | {"extra": ""})):
        (pin,) = pins[canonicalize_name(need.name)]
        assert pin.operator == "=="
        assert need.specifier.contains(pin.version), f"make update, for {need} is not {pin}"


def test_every_imported_package_is_declared():
    named = {"IPython": "ipython", "skimage": "scikit-image", "sklearn": "scikit-learn", "yaml": "pyyaml"}
    course = {canonicalize_name(need.name) for need in ALL}
    helpers = {path.stem for path in (ROOT / "tests").rglob("*.py")} | {"mistakes"}  # imported by their names alone
    for folder, own in (("effcourse", set()), ("tests", helpers)):
        for path in (ROOT / folder).rglob("*.py"):
            if "benchmarks" in path.parts:  # other counters, each left out where it is missing
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                modules += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
                for module in {module.partition(".")[0] for module in modules}:
                    if module not in sys.stdlib_module_names | own | {"effcourse", "tomllib", "tomli"}:
                        name = canonicalize_name(named.get(module, module))
                        assert name in course, f"{path.relative_to(ROOT)} imports {module}: name it in pyproject.toml"


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        *[(name, True) for name in ("gradebook.db", "grades.csv", "submitted/ada/x.ipynb", "autograded/ada/x.ipynb")],
        *[(name, True) for name in ("feedback/ada/x.html", "solution/x.ipynb", ".venv/x", ".venv-lowest/x")],
        *[(name, False) for name in ("solutions/12_new/12_new.ipynb", "exercises/12_new/12_new.ipynb", "grades.py")],
    ],
)
def test_git_ignores_what_instructors_make(path, ignored):
    if not ((ROOT / ".git").exists() and shutil.which("git")):
        pytest.skip("no git checkout")
    assert (subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0) == ignored


@pytest.mark.parametrize(
    "command", ["make lab", "make test", "effcourse lab", "effcourse doctor", "effcourse check", "effcourse release"]
)
def test_readme_names_the_command(command):
    assert command in README


def test_readme_lists_the_chapters_that_exist():
    rows = re.findall(r"^\|.*\]\(notebooks/(\w+)\.ipynb\)", README, re.MULTILINE)
    assert rows == [path.stem for path in NOTEBOOKS]


def test_readme_lists_the_exercises():
    rows = re.findall(r"^\|.*\]\(exercises/\w+/(\w+)\.ipynb\)", README, re.MULTILINE)
    assert rows == list(ASSIGNMENTS)


def test_readme_links_to_files_that_exist():
    targets = re.findall(r"(?<!!)\[[^\]]*\]\(([\w./-]+)\)", README)
    assert "LICENSE" in targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.fixture(scope="module")
def collected():
    """What `pytest --nbval` would run, by file."""
    command = [sys.executable, "-m", "pytest", "--nbval", "--collect-only", "-q", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    files = {}
    for line in done.stdout.splitlines():
        if "::" in line:
            file, _, test = line.partition("::")
            files.setdefault(file, []).append(test)
    return files


def test_nbval_alone_runs_every_cell_of_every_notebook(collected):
    for path in [*NOTEBOOKS, *sorted((ROOT / "solutions").glob("*/*.ipynb"))]:
        cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
        assert collected[path.relative_to(ROOT).as_posix()] == [f"Cell {n}" for n in range(len(cells))]


def test_nbval_alone_runs_the_tests_and_the_doctests_but_no_timings(collected):
    assert {"README.md", "tests/test_project.py", "effcourse/cost/formulas.py"} <= set(collected)
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    apart = {path for path in tests if path.startswith("tests/benchmarks/")}
    assert tests & set(collected) == tests - apart
