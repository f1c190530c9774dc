# Everything people and CI run here. `make help` says what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
OURS := shared services/ingestor services/rules-engine services/enricher services/notifier services/api deploy/local
CODE := $(foreach folder,$(OURS),$(wildcard $(folder)/mcm_*))
TESTS := $(wildcard $(addsuffix /tests,$(OURS)))
# test processes; each has a Kafka and a Postgres, and most tests wait more than they compute
WORKERS ?= 3
# what is installed and checked at once
JOBS ?= 3
LOCKED := mcm-shared mcm-ingestor mcm-rules-engine mcm-enricher mcm-notifier mcm-api mcm-local

PASSWORDS := POSTGRES_PASSWORD $(addprefix POSTGRES_PASSWORD_,API ENRICHER INGESTOR NOTIFIER RULES_ENGINE)

# node comes with .venv too; what npm runs must find it first
NODE := cd frontend && export PATH="$(CURDIR)/$(BIN):$$PATH" &&
DASHBOARD := $(shell find frontend/src frontend/public -type f) frontend/index.html frontend/vite.config.ts

.PHONY: help setup demo stack dashboard test test-ui env test-compose scale-demo lint fmt types mutations kills chaos oracle abuse bench sbom audit clean lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/installed .local/jars/fetched frontend/node_modules/.installed .local/chromium ## install everything into the checkout

demo: ## run the whole product with events flowing; Ctrl-C stops it
	@$(MAKE) --jobs $(JOBS) setup dashboard
	@exec $(BIN)/mcm-local up

stack: setup ## run only Kafka and Postgres, for services started by hand
	@exec $(BIN)/mcm-local stack

dashboard: frontend/dist/index.html ## build the dashboard, if its sources changed

test: ## run every check: lint, types, imports, and all tests
	@$(MAKE) --jobs $(JOBS) --output-sync=target lint types test-ui
	@echo "tests"
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

test-ui: setup dashboard ## test the dashboard's components and its size
	@echo "tests of the dashboard"
	@$(NODE) npm run --silent test && npm run --silent size

lint: setup ## check style and the direction of imports
	@echo "lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(NODE) npm run --silent lint

fmt: setup ## format the code and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(NODE) npm run --silent fmt

types: setup frontend/src/lib/api/schema.gen.ts ## check types
	@echo "types"
	@$(NODE) npm run --silent types
	@$(BIN)/mypy $(CODE)
	@wrong=0; for tests in $(TESTS) "tests conftest.py $(wildcard benchmarks)"; do $(BIN)/mypy $$tests || wrong=1; done; exit $$wrong

mutations: setup ## apply each mutation to a copy and check that its test fails (NAMES="chain array")
	@exec $(BIN)/python -m tests.mutations $(NAMES)

env: ## copy .env.example to .env with random passwords of the database; adds those that are missing
	@umask 077; [ -e .env ] || cp .env.example .env; chmod go-rwx .env; \
	for name in $(PASSWORDS); do \
	  if ! grep -q "^$$name=..*" .env; then \
	    sed "/^$$name=/d" .env > .env.new; \
	    echo "$$name=$$(LC_ALL=C tr -dc a-f0-9 < /dev/urandom | head -c 32)" >> .env.new; mv .env.new .env; \
	  fi; done

test-compose: setup ## run the end-to-end tests against the composed system; needs Docker
	@$(PASSWORDS:%=%=unused) docker compose --env-file /dev/null --profile demo build
	@MCM_TEST_STACK=compose exec $(BIN)/pytest tests/e2e tests/compose

scale-demo: setup ## show throughput and lag while workers go 1 → 2 → 4 → 1; needs Docker
	@$(PASSWORDS:%=%=unused) docker compose --env-file /dev/null build
	@exec $(BIN)/python -m tests.scaling

kills: setup ## kill each connector inside a page, 20 times and more (KILLS=40)
	@MCM_CONNECTOR_KILLS=$(or $(KILLS),24) exec $(BIN)/pytest services/ingestor/tests/test_connector_kills.py

chaos: setup ## run the pipeline through seeded disasters (SEEDS=1,2,3 KILLS=50)
	@MCM_CHAOS_SEEDS=$(or $(SEEDS),1,2,3) MCM_DATABASE_KILLS=$(or $(KILLS),50) exec $(BIN)/pytest tests/chaos

oracle: setup ## compare the engine with the oracle on random cases of recomputed rules and of behaviour (CASES=3000)
	@MCM_ORACLE_EXAMPLES=$$((4 * $(or $(CASES),3000))) exec $(BIN)/pytest -o timeout=0 services/rules-engine/tests/test_engine_oracle.py \
	  services/rules-engine/tests/test_behaviour.py -k "recomputed or oracle"

abuse: setup ## attack the product in full and print memory, stalls and losses (NAMES="bodies streams")
	@MCM_TEST_ABUSE=full MCM_TEST_ABUSE_NAMES="$(NAMES)" exec $(BIN)/pytest -q -s tests/abuse

bench: setup ## run the benchmarks
	@exec $(BIN)/python -m benchmarks

sbom: setup ## write an SBOM (CycloneDX) of the services to .local/sbom.json
	@$(BIN)/cyclonedx-py requirements requirements/services.txt --output-file .local/sbom.json

audit: setup ## check the locked dependencies for known vulnerabilities, where the databases are reachable
	@$(BIN)/pip-audit --disable-pip --require-hashes -r requirements/services.txt
	@$(NODE) npm audit --omit=dev

clean: ## remove .venv, .local, node_modules and every cache
	rm -rf frontend/node_modules frontend/dist frontend/src/lib/api/schema.gen.ts
	rm -rf $(VENV) .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: ## resolve the dependencies anew (UPGRADE=1 for newer versions); needs uv
	@command -v uv >/dev/null || { echo "make lock needs uv; install it with: pip install uv" >&2; exit 1; }
	@compile="uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
	  --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) $(LOCKED:%=--no-emit-package %)"; \
	$$compile requirements/services.in -o requirements/services.txt; \
	$$compile -c requirements/services.txt requirements/dev.in -o requirements/dev.txt; \
	$$compile -c requirements/dev.txt requirements/build.in -o requirements/build.txt
	@! grep -n '://' requirements/*.txt || { echo "a lock names a URL; locks hold names, versions and hashes only" >&2; exit 1; }

$(VENV)/made:
	@python= ; for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$each; break; fi; done; \
	[ -n "$$python" ] || { echo "Python 3.11 or newer is needed and not on PATH; install it, then try again" >&2; exit 1; }; \
	$$python -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$$python cannot make virtual environments; install its venv module (Debian, Ubuntu: python3-venv)" >&2; exit 1; }; \
	echo "making $(VENV) with $$($$python --version)"; \
	$$python -m venv --clear $(VENV)
	@touch $@

# the lock is complete, so pip need not look for what else a package wants
$(VENV)/locked: requirements/dev.txt $(VENV)/made
	@echo "installing $$(grep -c '^[a-z0-9].*==' $<) packages"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r $< | awk ' \
	  /^Collecting/ && ++n % 20 == 0 {print "  fetched " n; fflush()} \
	  /^Installing/ {print "  unpacking"; fflush()}'
	@touch $@

$(VENV)/installed: $(addsuffix /pyproject.toml,$(OURS)) $(VENV)/locked
	@echo "installing our own packages"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation $(addprefix -e ./,$(OURS))
	@touch $@

.local/jars/fetched: deploy/local/mcm_local/kafka-jars.txt $(VENV)/installed
	@$(BIN)/mcm-local jars fetch
	@touch $@

# for the browser tests, which are skipped without it: what only they need must not stop the rest
.local/chromium: $(VENV)/installed
	@if ! $(BIN)/python -m tests.browser.chromium && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing chromium"; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 || \
	    echo "chromium could not be installed; the browser tests will be skipped"; \
	fi
	@mkdir -p .local && touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json frontend/.npmrc $(VENV)/locked
	@echo "installing the dashboard's packages"
	@$(NODE) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# made from the API's document at each change of it, and not kept: so it cannot differ from it
frontend/src/lib/api/schema.gen.ts: frontend/openapi.json frontend/node_modules/.installed
	@$(NODE) npm run --silent generate >/dev/null
	@touch $@

frontend/dist/index.html: $(DASHBOARD) frontend/src/lib/api/schema.gen.ts frontend/node_modules/.installed
	@echo "building the dashboard"
	@$(NODE) npm run --silent build -- --logLevel warn
	@touch $@
