# The doors of this repository for people. Everything is installed once, into $(VENV); after that no target
# needs the network. Another Python: make test PYTHON=python3.13 VENV=.venv313

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
# How many tests run at once. Each worker starts its own Azurite and its own sandbox tenant.
WORKERS ?= 2

PY := $(VENV)/bin/python
AZURITE := sandbox/azurite/node_modules/.package-lock.json
BROWSER := $(patsubst %/package-lock.json,%/node_modules/.package-lock.json,$(wildcard tests/browser/package-lock.json))
PYTEST := -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo sandbox test check lint covered bench lock clean setup ready-to-test chromium

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Play a quarter of a year on a tenant of 2,000 guests; leaves every mail and the evidence in out/
	$(PY) -m sandbox demo $(ARGS)

sandbox: setup ## Keep such a tenant running for clicking: inboxes, answer pages, the operator's line
	$(PY) -m sandbox serve $(ARGS)

test: ready-to-test ## Run the whole suite (ARGS="-k census" for a part of it)
	$(PY) $(PYTEST)

check: lint covered ## Everything the build checks: style, types, spelling, the suite, its coverage

lint: setup
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/codespell

# What decides is covered to the last branch; the whole to 95 %.
covered: ready-to-test
	$(PY) -m coverage erase
	$(PY) -m coverage run $(PYTEST)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report --include='reviews/*' --omit='reviews/jobs/*,reviews/ports/*' \
		--show-missing --skip-covered --fail-under=100
	$(PY) -m coverage report --skip-covered --fail-under=95

bench: setup ## Measure: every benchmark that docs/benchmarks.md names
	@set -e; for name in $$(grep -oE 'python -m benchmarks\.[a-z_]+' docs/benchmarks.md | cut -d. -f2 | sort -u); do \
		echo "benchmarks.$$name"; $(PY) -m benchmarks.$$name $(ARGS); done

lock: setup ## Make constraints.txt anew (OLDEST and NEWEST name the Pythons to lock for)
	$(PY) -m scripts.lock $(or $(OLDEST),python3.11) $(or $(NEWEST),python3.13)

clean: ## Remove what demo, sandbox and the suite left behind; what was installed stays
	rm -rf out .state .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis

setup: $(VENV)/.installed $(AZURITE)

ready-to-test: setup $(BROWSER) chromium

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
		echo "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=python3.13"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.made requirements.txt requirements-dev.txt constraints.txt
	@echo "Installing the libraries into $(VENV), once; this takes some minutes."
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(AZURITE): sandbox/azurite/package-lock.json | $(VENV)/.installed
	$(PY) -m sandbox.azurite install
	@touch $@

# npm of the machine, else the one that came with the PyPI wheel.
tests/browser/node_modules/.package-lock.json: tests/browser/package-lock.json | $(VENV)/.installed
	PATH="$$PATH:$(CURDIR)/$(VENV)/bin" npm ci --prefix tests/browser --no-audit --no-fund
	@touch $@

# Debian's browser where we may install it; elsewhere the browser tests skip and say so.
chromium:
	@command -v chromium >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
		|| echo "There is no chromium here: the browser tests will be skipped."
