# `make help` lists the targets. Everything lives in .venv; nothing is installed elsewhere.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help install demo test check fuzz nightly bench docs lock clean

help:  ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml
	@echo "Installing into $(VENV) (once; takes some minutes) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements/build.txt
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.runtime requirements/test.txt
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.test requirements/dev.txt
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

install: $(VENV)/.runtime  ## Create .venv and install the program

demo: $(VENV)/.runtime  ## Build the demo city, print its goals and serve its maps
	@$(BIN)/stadtnetz demo --port $(PORT)

test: $(VENV)/.test  ## Run all tests and doctests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.dev test  ## Run all tests, then lint and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@mkdir -p .typecheck && ln -sfn .. .typecheck/stadtnetz
	@MYPYPATH=.typecheck $(BIN)/mypy -p stadtnetz.geo -p stadtnetz.coverage -p stadtnetz.data -p stadtnetz.maps -p stadtnetz.services

fuzz: $(VENV)/.test  ## Check 10,000 damaged files and 50 requests per operation; CI takes 300 and 3
	@STADTNETZ_FUZZ_COUNT=10000 STADTNETZ_API_FUZZ_COUNT=50 $(BIN)/python -m pytest tests/data/test_fuzzing.py tests/services/test_openapi.py

nightly: fuzz  ## Check 10,000 damaged files and requests, kill 100 times, take the database away for 30 s
	@NIGHTLY=1 STADTNETZ_AWAY_S=30 $(BIN)/python -m pytest tests/services/test_deliveries_faults.py \
		tests/services/test_deliveries_killed.py tests/services/test_on_postgresql.py \
		tests/data/test_store_on_server.py

bench: $(VENV)/.test  ## Run the benchmarks and write benchmarks/README.md
	@$(BIN)/python -m benchmarks

docs: $(VENV)/.runtime  ## Write the pages in docs/ that are generated from the code
	@$(BIN)/python -m stadtnetz.data.documentation

lock: $(VENV)/.dev  ## Pin all dependencies anew, with hashes
	@sh requirements/lock.sh $(BIN)/pip-compile

clean:  ## Remove .venv and all caches
	@rm -rf $(VENV) .typecheck .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
