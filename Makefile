# Two commands: `make run` serves the dashboard, `make test` runs the whole suite. Each makes .venv by itself.
PYTHON ?= python3
BIN := .venv/bin
# Asked first: an older Python fails later, with a message about something else.
ASKED = @$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
    "Python 3.11 or newer is needed, $(PYTHON) is %d.%d: make PYTHON=python3.11" % v[:2])'
# Every file that comes from outside is compared with the hash in the requirements.
INSTALL := -m pip install -q --disable-pip-version-check --require-hashes -r
LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes
# Those that are tried beside the one in use; what is not on the machine is said so.
PYTHONS ?= python3.11 python3.12 python3.13

.PHONY: run test check fast coverage pythons live nodes bench screenshots dictionary lock clean

run: .venv/run
	$(BIN)/python -m ingest serve

# Two files at a time, each with one worker: much of the suite waits for servers, nodes and browsers.
# RECORDED=DIR: what `doctor --record DIR` wrote is replayed too.
test: .venv/dev
	DEAI_RECORDED=$(RECORDED) $(BIN)/python -m pytest -n 2 --dist loadfile

# On all cores, under half a minute on two that are idle: to be run all the time. A file stays with one worker, which
# builds its world once. Its workers take a core each: threads of Polars and of linear algebra would only wait for each
# other. No fast test opens a browser. At its end it names the fast tests that take too much.
fast: .venv/dev
	POLARS_MAX_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not wide" -p no:playwright -n auto --dist loadfile

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tests.house
	$(BIN)/mypy

# Which lines the fast tests, and those that look wide, reach on a machine that has nothing but this checkout.
coverage: .venv/dev
	@mkdir -p build
	DEAI_SHARED=none $(BIN)/python -m coverage run -m pytest -m "not slow"
	$(BIN)/python -m coverage json -q -o build/coverage.json
	$(BIN)/python -m tests.covered build/coverage.json

# The fast tests on every version of Python that is supported and here, each in an environment of its own.
pythons:
	@for python in $(PYTHONS); do \
	    command -v $$python >/dev/null || { echo "$$python is not on this machine: not tried"; continue; }; \
	    own=build/pythons/$$(basename $$python) && echo "$$python" && $$python -m venv $$own && \
	    $$own/bin/python $(INSTALL) requirements-dev.txt && \
	    $$own/bin/python -m pytest -m "not slow and not wide" -n auto || exit 1; \
	done

live: .venv/dev
	$(BIN)/python -m pytest tests/live --force-enable-socket

# Cosmos SDK nodes, a server of a Filecoin state and an object store for tests; needs Go. Tests that miss them build them too.
nodes:
	tests/nodes/cosmos/build.sh
	tests/nodes/filecoin/build.sh
	tests/nodes/versitygw/build.sh

bench: .venv/bench
	$(BIN)/python -m benchmarks

screenshots: .venv/dev
	$(BIN)/python -m benchmarks.screenshots $(SITE)

dictionary: .venv/dev
	$(BIN)/python -m ingest.dictionary > docs/data_dictionary.md

lock: .venv/dev
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-archive.in -o requirements-archive.txt
	$(LOCK) requirements-cluster.in -o requirements-cluster.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) requirements-bench.in -o requirements-bench.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build

.venv/run: requirements.txt
	$(ASKED)
	$(PYTHON) -m venv .venv
	$(BIN)/python $(INSTALL) requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt requirements.txt
	$(ASKED)
	$(PYTHON) -m venv .venv
	$(BIN)/python $(INSTALL) requirements-dev.txt
	@touch $@ .venv/run

.venv/bench: requirements-bench.txt .venv/dev
	$(BIN)/python $(INSTALL) requirements-bench.txt
	@touch $@
