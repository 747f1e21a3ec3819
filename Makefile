# Everything there is to do with a clone. `make` lists it; each target sets up what it needs.

BIN := .venv/bin
PY := $(BIN)/python
LOCK := requirements/dev.txt
# What the image of the server is built from: the same versions, fewer of them.
IMAGE_LOCK := requirements/server.txt
# What litestar asks for and a server never imports (tests/docs/test_containers.py holds that).
UNUSED := certifi faker httpcore httpx idna litestar-htmx polyfactory rich-click
# A file of tests stays on one core, on every one that there is.
PYTEST := $(PY) -m pytest -n auto --dist loadfile

# A virtual environment works only where it was made: a copied one is made again.
HERE := $(shell pwd | cksum | cut -d ' ' -f 1)
LOCKED := .venv/.locked-$(HERE)
READY := .venv/.ready-$(HERE)

# The first Python here that is new enough; `make setup PYTHON=/path/to/python` names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$each && exit; done; echo python3)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test matrix prove bench lint format lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## make .venv with every tool pinned; does nothing when it is up to date

$(LOCKED): $(LOCK)
	@$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "Tallystick needs Python 3.11 or newer; $(PYTHON) answers: $$($(PYTHON) --version 2>&1)"; \
		echo "Name another one: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv with $(PYTHON): once, about a minute"
	@$(PYTHON) -m venv --clear .venv >/dev/null || $(PYTHON) -m venv --clear --without-pip .venv
	@if $(PY) -m pip --version >/dev/null 2>&1; then pip="$(PY) -m pip"; \
		else pip="$(PYTHON) -m pip --python $(PY)"; fi; \
		$$pip install -qq --disable-pip-version-check --require-hashes -r $(LOCK)
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	@$(PY) -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## serve a demo on http://127.0.0.1:8700 (ARGS=--walk: a tour in the terminal)
	@$(BIN)/tallystick demo $(ARGS)

test: lint ## the whole proof: style, formatting, types, layers, then every test on every database
	@echo "== tests"
	@$(PYTEST) $(ARGS)
	@$(if $(ARGS),,$(MAKE) --no-print-directory matrix)

matrix: setup ## what any database must do, once more: HTTP and the model on PostgreSQL, the store on shards
	@echo "== HTTP and the model, on PostgreSQL"
	@TALLYSTICK_TEST_ON=postgres TALLYSTICK_PROOF=slice $(PYTEST) tests/http tests/model $(ARGS)
	@echo "== the store, its accounts in eight shards"
	@TALLYSTICK_TEST_SHARDS=8 $(PYTEST) tests/store -k postgres $(ARGS)

prove: setup ## the heavy proofs: long ones, and every property with many more examples
	@TALLYSTICK_PROOF=prove $(PYTEST) -m "prove or hypothesis" $(ARGS)

bench: setup ## measure, each figure beside its floor
	@$(PY) -m benchmarks $(ARGS)

lint: setup ## style, formatting, types and layers
	@echo "== style"
	@$(BIN)/ruff check --quiet
	@echo "== formatting"
	@$(BIN)/ruff format --quiet --check
	@echo "== types"
	@$(BIN)/pyrefly check --output-format min-text --progress-bar no
	@echo "== layers"
	@$(BIN)/lint-imports --no-cache --no-logo

format: setup ## put the code in shape
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format

lock: setup ## pin the dependencies again after a change (ARGS=--upgrade takes the newest of all)
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--generate-hashes --no-config --no-header --quiet --output-file $(LOCK) $(ARGS)
	@$(BIN)/uv pip compile pyproject.toml --extra server --extra postgres --universal --python-version 3.11 \
		--generate-hashes --no-config --no-header --quiet --constraint $(LOCK) --output-file $(IMAGE_LOCK) \
		$(UNUSED:%=--no-emit-package %)

clean: ## remove .venv and everything that was built or cached
	@rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
