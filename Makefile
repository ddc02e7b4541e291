# make run, make test, make test-long, make bench, make lint, make pins, make clean: see README.md.
SHELL := /bin/sh
.DEFAULT_GOAL := run
# `make audit` asks PyPI for known weaknesses of the pinned packages; where PyPI's vulnerability data can't be had it says so.
.PHONY: run test test-long bench lint audit pins vendor clean venv venv-dev python browser

BIN := .venv/bin
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
PYTEST := $(BIN)/python -m pytest -n 2
ifeq ($(BROWSER),0)
MARKED := not browser
ALSO := and not browser
else
MARKED := browser or not browser
ALSO :=
endif

run: venv
	@exec $(BIN)/python -m coldchain.ops.supervisor --follow-parent

test: lint browser
	@$(PYTEST) -m "not slow $(ALSO)"

test-long: lint browser
	@COLDCHAIN_LONG=1 $(PYTEST) --timeout 1800 -m "$(MARKED)"

lint: venv-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

audit: venv-dev
	@$(BIN)/pip-audit --requirement requirements.txt --no-deps --disable-pip

browser:
	@tools/ensure_browser.sh
ifeq ($(BROWSER),0)
	@echo "BROWSER=0: the browser tests are left out"
endif

bench: venv-dev
	@for file in bench/[!_]*.py; do [ ! -e "$$file" ] || $(BIN)/python "$$file" || exit 1; done

# `make pins` adds what is new and keeps the other pins; `make pins UPGRADE=--upgrade` takes the newest of everything.
PIP_COMPILE := $(BIN)/pip-compile --quiet --no-emit-index-url --no-emit-trusted-host --no-emit-options --no-header \
	--strip-extras $(UPGRADE)

pins: venv-dev
	@$(PIP_COMPILE) requirements.in --output-file requirements.txt
	@$(PIP_COMPILE) requirements-dev.in --output-file requirements-dev.txt

ifneq ($(wildcard tools/vendor.py),)
vendor: venv-dev
	@$(BIN)/python tools/vendor.py
endif

# The data stay: they are in var/ (as root under /var/lib/coldchain-*).
clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@[ -n "$(PYTHON)" ] || { echo "error: python3 of version 3.11 or newer is needed (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }

venv: python
	@$(PYTHON) tools/install.py

venv-dev: python
	@$(PYTHON) tools/install.py --dev
