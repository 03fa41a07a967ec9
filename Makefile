# `make lab` opens the course, `make test` checks everything. Both install into .venv, and again only after
# pyproject.toml has changed. Needs GNU make and a POSIX shell; README.md says what to type on Windows or with conda.

PYTHON ?= python3
PORT ?=
BIN := .venv/bin

.PHONY: help lab test lint bench zoo clean
.DEFAULT_GOAL := help

help:
	@echo "make lab    install what is missing, then open the course in JupyterLab (PORT=8890 chooses a port)"
	@echo "make test   install what is missing, then lint, check types, run every test and every notebook"
	@echo "make lint   only lint and check types"
	@echo "make bench  timings, on a machine that does nothing else"
	@echo "make zoo    price 700 networks of other people against torch's own count, into docs/zoo.csv; half an hour"
	@echo "make clean  remove .venv and every cache"
	@echo "PYTHON=python3.12 chooses the Python that .venv is made with (3.10 or newer)"

lab: .venv/installed
	$(BIN)/effcourse lab $(if $(PORT),--port $(PORT))

lint: .venv/installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# One thread each, for two workers share the machine; a notebook's cells must stay together, hence loadfile.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --nbval --doctest-glob README.md $(wildcard tests) effcourse README.md notebooks

bench: .venv/installed-test
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/benchmarks

zoo: .venv/installed-test
	OMP_NUM_THREADS=1 $(BIN)/python -W ignore tests/zoo/sweep.py
	OMP_NUM_THREADS=1 $(BIN)/pytest -m zoo tests/zoo

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
