"""What the project's files say about each other."""

import re
import sys
from pathlib import Path

import pytest
import yaml

from effcourse.checks import ASSIGNMENTS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_conda_environment_asks_for_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    assert conda == [f"python{project['requires-python']}", "pip"]
    assert pip == {"pip": [*project["dependencies"], "-e .[deploy]"]}


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
