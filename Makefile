# Every target that people call has a line that starts with two hashes; `make help` prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
SYNC := $(UV) pip sync --quiet --python

.PHONY: help
help: ## Explain every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

# --- environments: one for developing, one for each tool whose pins are not ours ----------------

$(VENV)/uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Idlewheel needs Python 3.11 or later; name one with make PYTHON=...")'
	@echo "Preparing $(VENV); this happens once." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/installed: $(VENV)/uv requirements/dev.txt
	@$(SYNC) $(BIN)/python requirements/dev.txt requirements/uv.txt
	@touch $@

.venvs/%/installed: requirements/%.txt $(VENV)/uv
	@echo "Preparing .venvs/$*; this happens once." >&2
	@test -x .venvs/$*/bin/python || $(UV) venv --quiet --python $(BIN)/python .venvs/$*
	@$(SYNC) .venvs/$*/bin/python $<
	@touch $@

# --- using it ------------------------------------------------------------------------------------

.PHONY: run
run: .venvs/run/installed .venvs/aws/installed ## Start a private index on 127.0.0.1 (PORT=8080) and print how to use it
	@exec .venvs/run/bin/python -m local --port $(PORT)

# --- the real clients, which the tests run -------------------------------------------------------

# Every client has an environment of its own: their pins are not ours, nor each other's.
CLIENTS := $(patsubst requirements/%.txt,.venvs/%/installed,$(wildcard requirements/clients/*.txt))

# Not an environment but wheels: what the tests put into the index for others to build with.
.venvs/clients/backends/installed: requirements/clients/backends.txt .venvs/clients/pip/installed
	@rm -f $(@D)/*.whl
	@.venvs/clients/pip/bin/python -m pip download --quiet --disable-pip-version-check \
	  --require-hashes --only-binary :all: --dest $(@D) -r $<
	@touch $@

# --- developing ----------------------------------------------------------------------------------

TEST_TOOLS := $(VENV)/installed $(foreach tool,run aws template deploy checkov schemathesis,.venvs/$(tool)/installed) $(CLIENTS)

.PHONY: test
test: $(TEST_TOOLS) ## Run every test: units, contracts, functions, the template, and the real clients
	@$(BIN)/pytest -n 2 --dist loadgroup

.PHONY: clients-grid
clients-grid: $(TEST_TOOLS) $(CLIENTS) ## Run the real clients and write what they did into docs/clients.md
	@$(BIN)/python -m tests.e2e.grid

.PHONY: test-fast
test-fast: $(VENV)/installed .venvs/aws/installed ## Run the tests that take seconds: no client, no deployment
	@$(BIN)/pytest tests/unit tests/contract tests/architecture

# --- proving -------------------------------------------------------------------------------------

# Amazon's jar, under its own licence: a tool for tests that is fetched and never handed on.
.venvs/ddblocal/installed:
	@mkdir -p .venvs/ddblocal/emulator
	@cd .venvs/ddblocal && npm pack --silent amplify-dynamodb-simulator@2.9.30 >/dev/null
	@tar xzf .venvs/ddblocal/amplify-dynamodb-simulator-2.9.30.tgz --strip-components=2 -C .venvs/ddblocal/emulator package/emulator
	@rm .venvs/ddblocal/amplify-dynamodb-simulator-2.9.30.tgz
	@touch $@

.PHONY: prove
prove: $(VENV)/installed .venvs/aws/installed .venvs/ddblocal/installed .venvs/seaweed/installed .venvs/schemathesis/installed ## Prove that nothing is lost: a crash at every call, every interleaving, kills, races, long random lives (about 40 minutes; an hour on a busy machine)
	@PROVE=1 $(BIN)/pytest tests/proof tests/model tests/concurrency tests/openapi tests/hostile/requests \
	  tests/integration/test_rebuild.py tests/kills tests/performance/test_large_uploads.py -s

.PHONY: lock
lock: $(VENV)/uv ## Pin every requirement again, with hashes
	@for source in layers/*/requirements.in requirements/*.in requirements/clients/*.in; do \
	  test -e $$source || continue; echo $$source; \
	  $(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-header \
	    --python-version 3.11 $$source -o $${source%.in}.txt || exit 1; done

.PHONY: check
check: $(VENV)/installed validate ## Check style, types, imports and the template
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=.:layers/idlewheel:cli $(BIN)/lint-imports --no-logo

.PHONY: format
format: $(VENV)/installed ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

# --- measuring -----------------------------------------------------------------------------------

# DynamoDB Local counts capacity units rightly (the proofs' rule above fetches it). It listens on
# every interface, so it runs where there is only the loopback one.
ALONE := unshare --map-root-user --net sh -c 'ip link set lo up && exec "$$0" "$$@"'
MEASURE := env PYTHONPATH=.:layers/idlewheel
PEERS := $(patsubst requirements/%.in,.venvs/%/installed,$(wildcard requirements/peer-*.in))
RESOLVERS := $(foreach tool,run clients/pip clients/uv,.venvs/$(tool)/installed)

.PHONY: bench
bench: $(VENV)/installed .venvs/aws/installed .venvs/ddblocal/installed $(if $(QUICK),,$(PEERS) $(RESOLVERS)) ## Measure reads, publications, peers and installs; write docs/performance.md (QUICK=1: the functions only, printed, under two minutes)
	@$(ALONE) $(MEASURE) $(BIN)/python -m benchmarks $(if $(QUICK),--quick)
	@$(if $(QUICK),,$(ALONE) $(MEASURE) $(BIN)/python -m benchmarks.peers)
	@$(if $(QUICK),,$(MEASURE) $(BIN)/python -m benchmarks.resolve)
	@$(if $(QUICK),,$(MEASURE) $(BIN)/python -m benchmarks.report)

.PHONY: bench-cold
bench-cold: $(VENV)/installed .venvs/bench/installed ## Measure the cold start of each function under Lambda's runtime client
	@$(MEASURE) .venvs/bench/bin/python -m benchmarks.cold
	@$(MEASURE) $(BIN)/python -m benchmarks.report

.PHONY: bench-load
bench-load: .venvs/run/installed .venvs/aws/installed $(VENV)/installed ## Crowd a local index with 200 clients for a minute
	@$(MEASURE) $(BIN)/python -m benchmarks.load
	@$(MEASURE) $(BIN)/python -m benchmarks.report

.PHONY: bench-large
bench-large: $(VENV)/installed .venvs/aws/installed .venvs/seaweed/installed ## Measure a wheel of 200 MiB from command to verdict, and the memory of 2 GiB
	@$(MEASURE) $(BIN)/python -m benchmarks.large_upload
	@$(MEASURE) $(BIN)/python -m benchmarks.report

# --- deploying -----------------------------------------------------------------------------------

SAM := SAM_CLI_TELEMETRY=0 .venvs/template/bin/sam
# Nothing is looked up in a region; `sam validate` wants to be told of one all the same.
ANY_REGION := AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1}

.PHONY: validate
validate: .venvs/template/installed .venvs/checkov/installed ## Check the template with cfn-lint, sam and checkov
	@.venvs/template/bin/cfn-lint
	@$(ANY_REGION) $(SAM) validate && $(ANY_REGION) $(SAM) validate --lint
	@.venvs/checkov/bin/checkov --config-file .checkov.yaml

.PHONY: build
build: .venvs/template/installed ## Build what is deployed, into .aws-sam; needs no Python 3.13
	@UV=$(abspath $(UV)) $(SAM) build

.PHONY: deploy
deploy: build ## Deploy with your AWS credentials and region; shows what will change and asks (DEPLOY=options of sam deploy)
	@$(SAM) deploy $(DEPLOY)
