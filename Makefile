# `make lab` opens the course, `make test` checks everything. Both install into .venv, and again only after
# pyproject.toml has changed. Needs GNU make and a POSIX shell; README.md says what to type on Windows or with conda.

PYTHON ?= python3
PORT ?=
BIN := .venv/bin

.PHONY: help lab test lint bench clean
.DEFAULT_GOAL := help

help:
	@echo "make lab    install what is missing, then open the course in JupyterLab (PORT=8890 chooses a port)"
	@echo "make test   install what is missing, then lint, check types, run every test and every notebook"
	@echo "make lint   only lint and check types"
	@echo "make bench  timings, on a machine that does nothing else"
	@echo "make clean  remove .venv and every cache"
	@echo "PYTHON=python3.12 chooses the Python that .venv is made with (3.10 or newer)"

lab: .venv/installed
	$(BIN)/effcourse lab $(if $(PORT),--port $(PORT))

lint: .venv/installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: lint
	$(BIN)/pytest --nbval -n 2

bench: .venv/installed-test
	$(BIN)/pytest tests/benchmarks

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo "effcourse needs Python 3.10 or newer, and $(PYTHON) is not: make PYTHON=/path/to/python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	    echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/installed: pyproject.toml | $(BIN)/python
	@echo "Installing the course into .venv; the first time takes minutes."
	$(BIN)/python -m pip install --disable-pip-version-check -e ".[deploy]"
	@touch $@

.venv/installed-test: pyproject.toml | $(BIN)/python
	@echo "Installing the course and its test tools into .venv; the first time takes minutes."
	$(BIN)/python -m pip install --disable-pip-version-check -e ".[test]"
	@touch .venv/installed $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
