"""The ``effcourse`` command. What a command needs is imported inside it, so that ``--help`` answers at once."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from torch import nn

    from .cost import CostReport


class BadInput(click.ClickException):
    """A user's mistake, in one line."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="effcourse")
def main() -> None:
    """Efficient neural network architectures: the course's tools."""


@main.command()
@click.argument("name")
@click.option("--width-mult", type=click.FloatRange(max=1000), help="Multiplier of the channels.")
@click.option("--input-size", help="Pixels of the square image, or a shape without the batch: 24x56x56.")
@click.option("--num-classes", type=click.IntRange(max=10**9), help="Outputs of the classifier.  [default: 1000]")
@click.option("--args", "arguments", default="", help="The network's arguments, in Python: '24, 24, stride=2'.")
@click.option("--layers", is_flag=True, help="A row for each operation in place of each stage.")
@click.option("--csv", "form", flag_value="csv", help="Rows as CSV.")
@click.option("--json", "form", flag_value="json", help="Rows and totals as JSON.")
def cost(
    name: str,
    width_mult: float | None,
    input_size: str | None,
    num_classes: int | None,
    arguments: str,
    layers: bool,
    form: str | None,
) -> None:
    """Parameters, MACs and memory of the network NAME.

    NAME is one of the course's, such as mobilenet_v2; one of timm's, timm:convnext_atto; or a class or function that
    makes a network, in a module, torchvision.models:resnet18, or in a file, my_block.py:Block.
    """
    from .cost import trace

    given = {"width_mult": width_mult, "num_classes": num_classes}
    given = {key: value for key, value in given.items() if value is not None}
    try:
        size = _read_size(input_size)
        report = trace(_build(name, arguments, given), size)
    except ValueError as error:
        raise BadInput(str(error)) from error
    if form == "csv":
        rows = _rows(report, layers)
        writer = csv.DictWriter(sys.stdout, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _as_text(key, value) for key, value in row.items()} for row in rows)
    elif form == "json":
        click.echo(json.dumps(_as_dict(report, layers), indent=2))
    else:
        click.echo(report.to_text(layers=layers))


def _build(name: str, arguments: str, given: dict[str, Any]) -> nn.Module:
    """The network on the meta device, where no weight is stored or drawn; with numbers if making it needs some."""
    import torch

    from .models.finding import find_model

    try:
        with torch.device("meta"):
            return find_model(name, arguments, **given)
    except ValueError as error:
        if not isinstance(error.__cause__, RuntimeError):
            raise
    return find_model(name, arguments, **given)


def _read_size(text: str | None) -> int | tuple[int, ...] | None:
    """224, or 24x56x56."""
    if text is None:
        return None
    try:
        sizes = tuple(int(part) for part in text.lower().split("x"))
    except ValueError:
        raise BadInput(
            f"--input-size must be pixels or a shape without the batch, 224 or 24x56x56, got {text!r}"
        ) from None
    if max(sizes) > 10**6:
        raise BadInput(f"--input-size must be at most 1000000, got {text!r}")
    return sizes if len(sizes) > 1 else sizes[0]


def _rows(report: CostReport, layers: bool) -> list[dict[str, Any]]:
    return [row._asdict() for row in (report.rows if layers else report.by_stage())]


def _as_dict(report: CostReport, layers: bool) -> dict[str, Any]:
    from .cost.report import CONVENTION

    totals = ("params", "macs", "flops", "activations", "bytes_moved", "peak_activation_bytes")
    return {
        "name": report.name,
        "input_shape": report.input_shape,
        "convention": CONVENTION,
        "totals": {key: getattr(report, key) for key in totals},
        "rows": _rows(report, layers),
    }


def _as_text(key: str, value: Any) -> Any:
    if not isinstance(value, (tuple, list)):
        return value
    return "x".join(map(str, value[1:] if key.endswith("_shape") else value))  # a shape without the batch of 1


@main.command()
@click.option("--latency", is_flag=True, help="Measure every network on this machine too; takes a minute or so.")
@click.option("--csv", "form", flag_value="csv", help="Rows as CSV.")
@click.option("--json", "form", flag_value="json", help="Rows as JSON, with the recipes and conditions.")
def compare(latency: bool, form: str | None) -> None:
    """The lesson page's networks: parameters and MACs traced, accuracy cited, latency measured."""
    from .papers.comparison import compare_efficiency, to_text

    frame = compare_efficiency(latency, progress=sys.stderr.isatty(), verbose=False)
    if form == "csv":
        click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
    elif form == "json":
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")  # JSON has no NaN
        click.echo(json.dumps({**frame.attrs, "rows": rows}, indent=2))
    else:
        click.echo(to_text(frame))


@main.command()
def doctor() -> None:
    """Check this installation and name the one thing to fix first."""
    from .doctor import run_checks

    checks = run_checks()
    marks = {"ok": "green", "note": "yellow", "problem": "red"}
    for check in checks:
        hint = f"; if you want it: {check.remedy}" if check.status == "note" and check.remedy else ""
        click.echo(f"{click.style(f'{check.status:<7}', marks[check.status])}  {check.name:<11}  {check.detail}{hint}")
    problems = [check for check in checks if check.status == "problem"]
    if problems:
        first = problems[0]
        click.echo(f"\nFix {first.name} first:\n\n    {first.remedy}\n\nThen run effcourse doctor again.")
        sys.exit(1)
    click.echo("\nAll is well. To open the course: effcourse lab")


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: the first free from 8888]")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def lab(port: int | None, no_browser: bool) -> None:
    """Open the course in JupyterLab, at its first notebook."""
    from .doctor import FIRST_NOTEBOOK, find_course

    course = find_course()
    if course is None:
        raise BadInput(
            f"{FIRST_NOTEBOOK} is neither beside the package nor in {Path.cwd()} or a folder above it; "
            "git clone the course's repository and run effcourse lab in its folder"
        )
    try:
        from jupyterlab.labapp import main as jupyter_lab
    except ImportError as error:
        raise BadInput(f"JupyterLab does not start ({error}); run effcourse doctor") from error

    arguments = [
        f"--ServerApp.root_dir={course}",
        f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK.as_posix()}",
        "--Application.log_level=WARN",  # leaves the address, and not much else
    ]
    if port is not None:
        arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if no_browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")
    # So that a terminal in JupyterLab, and "!pip" in a notebook, use this environment without its activation; and so
    # that a newcomer's first sight is no question about Jupyter's news, and saving a chapter writes no text twin.
    _prepend("PATH", Path(sys.executable).parent)
    _prepend("JUPYTER_CONFIG_PATH", Path(__file__).parent / "jupyter")
    click.echo(f"JupyterLab starts, with {course} as its folder. Stop it with Ctrl-C.")
    jupyter_lab(arguments)


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--timeout", type=click.IntRange(min=1), default=600, help="Seconds for each cell.", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Outcomes as JSON.")
def check(path: Path, timeout: int, as_json: bool) -> None:
    """Run the visible checks of the exercise in the folder or notebook PATH.

    The notebook is run from top to bottom, but not changed. Exits with 0 if every check passes, else with 1.
    """
    from .checks.run import NotebookError, run_checks

    try:
        outcomes, errors = run_checks(path, timeout)
    except NotebookError as error:
        raise BadInput(str(error)) from error
    passed = sum(outcome["status"] == "passed" for outcome in outcomes)
    if as_json:
        click.echo(json.dumps({"outcomes": outcomes, "errors": errors}, indent=2))
    else:
        for outcome in outcomes:
            click.echo(outcome["text"] + "\n")
        for line in errors:
            click.echo(f"Beside the checks: {line}\n")
        click.echo(f"{passed} of {len(outcomes)} passed")
    sys.exit(passed < len(outcomes))


@main.command()
@click.argument("assignments", nargs=-1)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 1 if an exercise is out of date.")
@click.option(
    "--student-edition",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Also copy what a class is handed to the new folder OUT: no solutions, no hidden tests.",
)
def release(assignments: tuple[str, ...], only_check: bool, student_edition: Path | None) -> None:
    """Make exercises/ from solutions/: all ASSIGNMENTS, or those named, such as 01_flops_math."""
    from .doctor import find_course
    from .grading import releasing

    course = find_course()
    if course is None or not (course / "solutions").is_dir():
        raise BadInput("there is no solutions/ to release from; instructors run this in the course's repository")
    try:
        if only_check:
            stale = releasing.outdated(course, assignments)
            click.echo(f"out of date: {', '.join(stale)}" if stale else "every exercise is up to date")
            sys.exit(bool(stale))
        changed = releasing.release(course, assignments)
        click.echo(f"released {', '.join(changed)}" if changed else "every exercise was up to date")
        if student_edition:
            releasing.student_edition(course, student_edition)
            click.echo(f"the student edition is in {student_edition}")
    except releasing.ReleaseError as error:
        raise BadInput(str(error)) from error


def _prepend(variable: str, folder: Path) -> None:
    os.environ[variable] = os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))
