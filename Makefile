# `make` alone says what there is. Everything runs in .venv, which the targets make when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2
USUAL := not bench and not slow and not soak and not gpu

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow soak lint check format bench clean

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## make .venv with termlab and all it needs

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(STAMP)

demo: install ## train the first preset on its embedded data, draw its curves, rank its runs
	$(BIN)/termlab run digits-first --needed
	$(BIN)/termlab plot --where 'preset=digits-first and status=done'
	$(BIN)/termlab leaderboard --preset digits-first

test: install ## run the tests, JOBS at once; those that watch processes and terminals one by one after the others
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope -m "$(USUAL) and not alone"
	$(BIN)/python -m pytest -m "$(USUAL) and alone"

test-slow: install ## run the tests that take minutes
	$(BIN)/python -m pytest -m slow --timeout 3600

soak: install ## kill, signal, hang up and damage by the hundred, and print the figures: a quarter of an hour
	$(BIN)/python -m pytest -m "soak or not soak" -s --timeout 3600 tests/faults

lint: install ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## format, lint, types, import contracts, tests: what every commit passes

format: install ## put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install ## measure speed, as ratios within one run
	$(BIN)/python -m pytest -m bench -s --timeout 3600 tests/bench/*.py

clean: ## remove .venv and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
