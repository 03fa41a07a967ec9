# `make lab` opens the course, `make test` checks everything. Both install into .venv the versions of constraints.txt, and
# again only after the project's needs have changed. Needs GNU make and a POSIX shell; README.md says what to type on
# Windows or with conda.

PYTHON ?= python3
PORT ?=
CPU ?=
BIN := .venv/bin
LOWEST := .venv-lowest/bin
PIP := -m pip install --disable-pip-version-check

# pip knows no name for torch's builds, uv does; on macOS and Windows every build is a CPU build.
INSTALL = $(BIN)/python $(PIP) -c constraints.txt
ifneq ($(CPU),)
INSTALL = $(BIN)/uv pip install --python $(BIN)/python --torch-backend cpu -c constraints.txt
endif

.PHONY: help lab test test-all test-lowest lint bench zoo update clean
.DEFAULT_GOAL := help

help:
	@echo "make lab    install what is missing, then open the course in JupyterLab (PORT=8890 chooses a port)"
	@echo "make test   install what is missing, then lint, check types, run every test and every notebook"
	@echo "make test-all  the same, and of each long list of cases all, not only a sample; this is what CI runs"
	@echo "make lint   only lint and check types"
	@echo "make bench  timings, on a machine that does nothing else"
	@echo "make zoo    price 700 networks of other people against torch's own count, into docs/zoo.csv; half an hour"
	@echo "make clean  remove .venv and every cache"
	@echo "PYTHON=python3.12 chooses the Python that .venv is made with (3.10 to 3.13)"
	@echo "CPU=1 installs torch's CPU build, which saves gigabytes on Linux; for a new .venv"
	@echo "For contributors:"
	@echo "make update       the newest versions that go together, into constraints.txt; then make test"
	@echo "make test-lowest  the tests with the oldest versions that pyproject.toml admits"

lab: .venv/installed
	$(BIN)/effcourse lab $(if $(PORT),--port $(PORT))

lint: .venv/installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/oxlint effcourse

test: lint
	$(BIN)/pytest --nbval -n 2

test-all: lint
	$(BIN)/pytest --nbval -n 2 -m "not zoo"

# The notebooks' stored outputs are those of constraints.txt, and the browser's tests are about JupyterLab's newest pages.
test-lowest: .venv-lowest/installed
	$(LOWEST)/pytest -n 2 --ignore tests/browser

bench: .venv/installed-test
	$(BIN)/pytest tests/benchmarks

update: | $(BIN)/uv
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.10 --all-extras --no-annotate \
	    --custom-compile-command "make update" --quiet --output-file constraints.txt pyproject.toml

zoo: .venv/installed-test
	OMP_NUM_THREADS=1 $(BIN)/python -W ignore tests/zoo/sweep.py
	OMP_NUM_THREADS=1 $(BIN)/pytest -m zoo tests/zoo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo "effcourse needs Python 3.10 or newer, and $(PYTHON) is not: make PYTHON=/path/to/python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	    echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

$(BIN)/uv: | $(BIN)/python
	$(BIN)/python $(PIP) -c constraints.txt uv

.venv/installed: pyproject.toml constraints.txt | $(BIN)/python $(if $(CPU),$(BIN)/uv)
	@echo "Installing the course into .venv; the first time takes minutes."
	$(INSTALL) -e ".[deploy]"
	@touch $@

.venv/installed-test: pyproject.toml constraints.txt | $(BIN)/python $(if $(CPU),$(BIN)/uv)
	@echo "Installing the course and its test tools into .venv; the first time takes minutes."
	$(INSTALL) -e ".[test]"
	@touch .venv/installed $@

# pip cannot choose the lowest versions.
.venv-lowest/installed: pyproject.toml
	rm -rf .venv-lowest
	$(PYTHON) -m venv .venv-lowest
	$(LOWEST)/python $(PIP) uv
	$(LOWEST)/uv pip install --python $(LOWEST)/python --resolution lowest-direct -e ".[test]" \
	    $(if $(CPU),--torch-backend cpu)
	@touch $@

clean:
	rm -rf .venv .venv-lowest .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
