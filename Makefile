# Everything runs from .venv, which each target prepares by itself and only when it is out of date.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.run-installed
DOCS   := $(VENV)/.docs-installed
DEV    := $(VENV)/.dev-installed
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

FUZZERS := tests/target_app/test_openapi.py tests/lifecycle/port/test_fuzzed_messages.py \
	tests/web/runs/test_fuzzed_runs.py tests/load/http/test_reply_reader.py tests/test_files_fuzz.py

FUZZ_S ?= 600

# The wheel with its hot modules compiled, unpacked: never beside the source, which it would hide.
COMPILED := build/compiled

# Hundreds of processes start from here, and each would compile all it imports.
unexport PYTHONDONTWRITEBYTECODE

SITE   ?= docs/_build/html

.PHONY: run test test-compiled wheel quick fuzz who-notices mutants ui check setup bench verify simulate docs example lock clean

run: $(RUN)            ## the main job: the small suite against the embedded target
	$(BIN)/locust --headless --suite small

ui: $(RUN)             ## Locust's web UI on http://127.0.0.1:8089
	$(BIN)/locust --web-host 127.0.0.1

test: $(DEV)           ## every test; needs nothing but loopback
	$(BIN)/python -m pytest -n 6 --dist loadfile --by-lanes

test-compiled: $(COMPILED)/.unpacked  ## the tests of what is compiled, on it; needs a C compiler
	cd $(COMPILED) && $(CURDIR)/$(BIN)/python -m pytest --config-file=$(CURDIR)/pyproject.toml --rootdir=$(CURDIR) -n 3 --dist loadfile -m "not timed and not alone" --hypothesis-profile=quick $(addprefix $(CURDIR)/tests/, test_compiled.py load measure plan/flow)

wheel: $(DEV)          ## dist/: a wheel whose hot modules are compiled; needs a C compiler
	rm -rf dist
	HATCH_BUILD_HOOKS_ENABLE=true $(BIN)/python -m pip --quiet --disable-pip-version-check wheel --no-deps --no-build-isolation --wheel-dir dist .

$(COMPILED)/.unpacked: $(DEV) pyproject.toml hatch_build.py $(shell find jobload -name '*.py')
	$(MAKE) wheel
	rm -rf $(COMPILED)
	$(BIN)/python -m zipfile -e dist/*.whl $(COMPILED)
	@touch $@

quick: $(DEV)          ## the unit tests that start no process and measure no time, in under a minute
	$(BIN)/python -m pytest -n 5 --dist loadfile --by-lanes -m "not processes and not slow and not timed" --hypothesis-profile=quick --ignore=tests/e2e --ignore=tests/e2e_web --ignore=tests/target_app

check: $(DEV)          ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

verify: $(DEV)         ## every experiment in full length, with a table, and the mutants; over an hour on a quiet machine
	$(BIN)/python -m pytest tests/e2e tests/verify $(FUZZERS) tests/web/test_long_runs.py --full-length --verbose
	$(BIN)/python -m verify.confusion
	nice -n 10 $(BIN)/python -m verify.mutants $(MUTANTS)

who-notices: $(DEV)    ## which tools notice that a load test lies; half an hour on a quiet machine
	$(BIN)/python -m verify.who_notices $(CELLS)

fuzz: $(DEV)           ## each fuzzer for ten minutes: over an hour; FUZZ_S=60 for less
	$(BIN)/python -m pytest $(FUZZERS) tests/e2e/test_fuzzed_port.py --fuzz-seconds=$(FUZZ_S) --timeout=3000

mutants: $(DEV)        ## would the unit tests notice a fault? 200 of them in a quarter of an hour; MUTANTS=--seed=1 for others
	nice -n 10 $(BIN)/python -m verify.mutants $(MUTANTS)

simulate: $(DEV)       ## whole runs in virtual time, 1,000 seeds; SEEDS=--seed=7 tells the story of one
	$(BIN)/python -m verify.simulate --seeds 1000 --processes 2 $(SEEDS)

bench: $(COMPILED)/.unpacked  ## speed against other load generators, about twenty minutes; BENCH=--rounds=3 for less
	$(BIN)/python -m bench $(BENCH)

docs: $(DOCS)          ## the pages, in docs/_build/html; a broken link fails
	$(BIN)/sphinx-build --builder html --fresh-env --fail-on-warning --keep-going --quiet docs $(SITE)
	@echo $(SITE)/index.html

example: $(RUN)        ## the run that the pages and the README show, anew; half a minute on a quiet machine
	$(BIN)/python docs/make_example.py

setup: $(RUN)          ## .venv with .venv/bin/locust and .venv/bin/jobload

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 15) else "jobload needs Python 3.11 to 3.14, and $(PYTHON) is %d.%d; name another with: make PYTHON=python3.12 ..." % v)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUN): $(VENV)/pyvenv.cfg requirements/run.lock pyproject.toml
	$(PIP) --require-hashes -r requirements/run.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DOCS): $(RUN) requirements/docs.lock
	$(PIP) --require-hashes -r requirements/docs.lock
	@touch $@

$(DEV): $(RUN) requirements/dev.lock
	$(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

lock:                  ## renew the lock files (needs uv); no index address may get into them
	uv pip compile pyproject.toml --extra build --extra target --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/run.lock
	uv pip compile pyproject.toml --extra build --extra target --extra otlp --extra docs --extra compile --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/dev.lock
	uv pip compile pyproject.toml --extra build --extra docs --constraint requirements/dev.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/docs.lock
	uv pip compile pyproject.toml --extra build --extra compile --constraint requirements/dev.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/compile.lock

clean:
	rm -rf $(VENV) build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
