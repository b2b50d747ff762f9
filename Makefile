# For people and for CI. Each target can be called again and again; what is done is not done twice.
# make ends with 2 whenever a command fails, and prints the code that the command ended with
# ("Error 1"). Where the code itself counts, call .venv/bin/eaptls.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup run test orders lint types scenarios interop mutants oracle faults image bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## virtual environment, dependencies, and a FreeRADIUS to test
	@radius/setup-server.sh

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "setup: Python 3.11 or newer is missing; install python3.11" >&2; exit 3; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "setup: the venv module is missing; install the package python3-venv" >&2; exit 3; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.dependencies: requirements/lock.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/lock.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.dependencies pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## the built-in suite, or what ARGS says: make run ARGS="scenarios/tls -k 1.3"
	@$(BIN)/eaptls run $(ARGS)

test: setup ## all tests, in parallel
	$(BIN)/pytest -q -n auto $(ARGS)

orders: setup ## the built-in suite in shuffled orders at -j 1, 8 and 32: each case ends the same
	$(BIN)/python -m tests.integration.orders $(ARGS)

lint: $(VENV)/.installed ## style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.installed ## static types
	$(BIN)/mypy

scenarios: $(VENV)/.installed ## every scenario file is right; nothing is run
	@$(BIN)/eaptls check $(ARGS)

# The other judge, for what compares with it.
.PHONY: judge
judge:
	@command -v eapol_test >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends eapoltest >/dev/null; } || \
		{ echo "eapol_test is missing; install the package eapoltest" >&2; exit 3; }

interop: setup judge ## the same server judged by eapol_test
	$(BIN)/pytest -q tests/interop $(ARGS)

faults: setup ## runs that are killed, disks that are full, signals at every moment: FAULTS=few for a sample
	EAPTLS_FAULTS=$(or $(FAULTS),full) $(BIN)/pytest -q tests/faults $(ARGS)

mutants: setup ## is anything asserted in vain: every assertion of the suite turned into its opposite
	@$(BIN)/python -m tests.mutation $(ARGS)

oracle: setup ## random cases against an independent judge: make oracle ARGS="2000 --seed 7"
	@$(BIN)/python -m tests.oracle $(ARGS)

image: ## the container image; SUITE=bullseye, bookworm or trixie, FORCE=1 builds again
	@SUITE="$(SUITE)" FORCE="$(FORCE)" radius/image.sh

bench: setup judge ## how fast it is
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## what runs left behind: servers, folders, results
	@if [ -x $(BIN)/eaptls ]; then $(BIN)/eaptls clean --results results; fi
	rm -rf build/radius
