# `make` alone prints the commands. uv is used where it is installed, else python's own venv and pip.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
NPM := $(PY) tools/npm.py
WEB := backend/nearhand/_web/.stamp
CONSOLE_SOURCES := $(shell find console -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help demo test check audit fix bench contract reference dev build

help: ## Print this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(WEB) ## Set everything up, then run the service with a seeded hall and a robot technician
	$(PY) -m nearhand.cli demo $(DEMO_ARGS)

test: $(WEB) ## Set everything up, then run every test: Python, TypeScript, browser
	$(PY) -m pytest -n 2
	$(NPM) run test

check: $(WEB) ## What CI checks: format, lint, types, imports, contract, then every test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/typos
	$(VENV)/bin/bandit --quiet --recursive backend --configfile pyproject.toml
	$(NPM) run check
	$(MAKE) test

audit: console/node_modules/.stamp ## Ask the advisory services about every package in use
	NEARHAND_SKIP_CONSOLE=1 $(PY) -m pip install --disable-pip-version-check -q -e '.[audit]'
	$(VENV)/bin/pip-audit --skip-editable
	$(NPM) audit

fix: console/node_modules/.stamp ## Format, and apply the safe fixes
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(NPM) run fix

bench: $(WEB) ## Run every benchmark beside its peers and print the tables
	$(PY) -m tests.benchmarks

contract: console/node_modules/.stamp ## Regenerate the wire contract and its TypeScript
	$(PY) -m nearhand.cli contract --out console/packages/contract/openapi.json
	$(NPM) run contract

reference: $(VENV)/.stamp ## Write the reference pages that are made from the code
	$(PY) -m tools.errors_reference
	$(PY) -m tools.rest_reference
	$(PY) -m tools.settings_reference

dev: $(WEB) ## Run the service, restarting it when a Python file changes
	$(PY) -m nearhand.cli demo --reload $(DEMO_ARGS)

build: $(VENV)/.stamp ## Build the wheel that serves both apps
	$(PY) -m pip wheel --no-deps --wheel-dir build .

$(VENV)/.stamp: pyproject.toml hatch_build.py
	@echo "Setting up $(VENV); the first time this takes a minute or two."
	@if command -v uv >/dev/null; then test -x $(PY) || uv venv --seed --python $(PYTHON) $(VENV); \
	  NEARHAND_SKIP_CONSOLE=1 uv pip install --python $(PY) -e '.[dev]'; \
	else test -x $(PY) || $(PYTHON) -m venv $(VENV); \
	  NEARHAND_SKIP_CONSOLE=1 $(PY) -m pip install --disable-pip-version-check -q -e '.[dev]'; fi
	@touch $@

console/node_modules/.stamp: $(VENV)/.stamp console/package.json console/package-lock.json
	$(NPM) ci --no-audit --no-fund
	@touch $@

$(WEB): console/node_modules/.stamp $(CONSOLE_SOURCES)
	$(PY) hatch_build.py
