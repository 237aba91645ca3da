# leadflow: `make run` starts everything on this machine, `make test` checks all of it.
# Needs git, make and Python 3.11 or newer; the rest is fetched into .venv and node_modules.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SYSTEM_NPM := $(shell command -v npm 2>/dev/null)
NPM := $(or $(SYSTEM_NPM),$(CURDIR)/$(BIN)/npm)
# Playwright brings a node of its own that needs libatomic; any other node will do as well.
export PLAYWRIGHT_NODEJS_PATH ?= $(or $(shell command -v node 2>/dev/null),$(wildcard $(CURDIR)/$(BIN)/node))
ifeq ($(PLAYWRIGHT_NODEJS_PATH),)
unexport PLAYWRIGHT_NODEJS_PATH
endif

# A run of the tests starts a hundred processes, each of which would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test chaos lint bench install install-dev clean
.DEFAULT_GOAL := help

help: ## show what make can do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

run: install ## start database, broker, web, workers and beat here (PORT=8000)
	@exec $(BIN)/python manage.py up

test: install-dev ## run every test, browser tests included (ARGS="tests/sla -x")
	@CHROMIUM="$$($(BIN)/python -m tests.chromium --npm '$(NPM)')" \
		&& export CHROMIUM && exec $(BIN)/pytest $(or $(ARGS),-n 3 --dist loadfile --no-loadscope-reorder -q)

chaos: install-dev ## deadlines pass while all parts are killed at random (CHAOS_SECONDS=600 CHAOS_SEED=7)
	@CHAOS_SECONDS="$(or $(CHAOS_SECONDS),600)" CHAOS_SEED="$(CHAOS_SEED)" exec $(BIN)/python -u -m tests.chaos

lint: install-dev ## ruff, mypy and the arrows between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy accounts personas leads sla leadflow
	$(BIN)/lint-imports --no-cache

bench: install-dev ## measure against the floors (ROWS=sweep,capture SCALE=100000)
	@exec $(BIN)/python -m bench

install: $(VENV)/installed node_modules/.package-lock.json ## fetch what running needs

install-dev: install $(VENV)/installed-dev

clean: ## remove what was fetched and built; data in var/ stays
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "leadflow: Python 3.11 or newer is needed; PYTHON=python3.x names another" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "leadflow: $(PYTHON) cannot make .venv; on Debian: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json .npmrc | $(VENV)/installed
	@$(if $(SYSTEM_NPM),,$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-node.txt)
	PATH="$(CURDIR)/$(BIN):$$PATH" "$(NPM)" ci --no-audit --no-fund --loglevel=error
	@touch $@
