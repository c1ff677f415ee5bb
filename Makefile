# Two commands: `make run` serves the dashboard, `make test` runs the whole suite. Each makes .venv by itself.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check fast live nodes bench screenshots lock clean

run: .venv/run
	$(BIN)/python -m ingest serve

test: .venv/dev
	$(BIN)/python -m pytest

# On all cores, under half a minute: to be run all the time.
fast: .venv/dev
	$(BIN)/python -m pytest -m "not slow" -n auto

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

live: .venv/dev
	$(BIN)/python -m pytest tests/live --force-enable-socket

# Cosmos SDK nodes for tests; needs Go. Tests that miss them build them too.
nodes:
	tests/nodes/cosmos/build.sh

bench: .venv/bench
	$(BIN)/python -m benchmarks

screenshots: .venv/dev
	$(BIN)/python -m benchmarks.screenshots $(SITE)

lock: .venv/dev
	$(BIN)/uv pip compile -q --universal --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 requirements-bench.in -o requirements-bench.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build

.venv/run: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/run

.venv/bench: requirements-bench.txt .venv/dev
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-bench.txt
	@touch $@
