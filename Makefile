# What a person does with Atlantic. `make help` lists it; `atlantic --help` has the finer commands.
# Needs Python 3.11+ and nothing else: servers come from package registries, pinned and checked by hash.

SHELL := /bin/bash
PYTHON ?= python3
# The interpreter itself, not a link to it on today's PATH: environments must outlive that PATH.
REAL_PYTHON = $(shell $(PYTHON) -c 'import os, sys; print(os.path.realpath(sys.executable))')
BIN := .venv/bin
TOOLS := .venv-tools/bin
UV := .venv-boot/bin/uv
SYNC := $(UV) pip sync --quiet --require-hashes
ROUNDS ?= 3
# Of tests at once, on the same servers: at most four. Waiting for servers takes most of a test's time.
PROCESSES ?= 2
export PYTHONPATH := $(CURDIR)
.DEFAULT_GOAL := help
.PHONY: help install servers tools browser peers demo stop test check lock chaos promises machine fuzz client rules bench screenshots clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(BIN)/.synced servers  ## the environment and the servers (both commands below call it)

demo: install tools  ## everything up with the demo shop; Ctrl-C ends it, DETACH=1 returns when all is up
	@$(BIN)/atlantic demo $(if $(DETACH),--detach)

stop:  ## end a demo that was started with DETACH=1
	@$(BIN)/atlantic down

test: install tools browser peers  ## every test, on real servers, shared by two processes
	$(BIN)/python -m pytest -n $(PROCESSES) --no-loadscope-reorder

check: install tools  ## style, types, import rules, migrations' locks and the shape of the code
	$(TOOLS)/ruff check .
	$(TOOLS)/ruff format --check .
	client=$$($(BIN)/python -m stack.simulator.speech) && MYPYPATH=$$client $(TOOLS)/mypy --python-executable $(BIN)/python api streams clickhouse dashboards audit stack sql tests bench
	$(TOOLS)/lint-imports --no-cache
	$(BIN)/python -m sql.lint $(TOOLS)/squawk
	$(BIN)/python -m pytest tests/architecture -p no:randomly

chaos: install  ## kill every part again and again under load: make chaos ROUNDS=10
	CHAOS_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest tests/chaos --timeout=0

promises: install  ## what is promised under force, in full: races, repeats, deaths, outages; about an hour, make promises ONLY=race
	ATLANTIC_PROMISES=long $(BIN)/python -m pytest tests/promises tests/chaos/test_outages.py --timeout=0 $(if $(ONLY),-k $(ONLY))

machine: install  ## what everybody may do, in any order and with faults, against the books: make machine RUNS=1000 SEED=7
	RUNS=$(or $(RUNS),200) SEED=$(or $(SEED),1) REPLAY='$(REPLAY)' PARTS=$(if $(REPLAY),1,$(PROCESSES)) \
	$(BIN)/python -m pytest tests/core_machine/test_machine.py --timeout=0 -n $(if $(REPLAY),1,$(PROCESSES)) --dist load -rP

fuzz: install  ## every operation by generated calls, in sequences too: make fuzz CASES=10000 SEED=4
	FUZZ_CASES=$(or $(CASES),10000) FUZZ_SEED=$(or $(SEED),1) $(BIN)/python -m pytest tests/api/fuzz --timeout=0 -s

client: install tools  ## a typed Python package of the API for integrators, into ./build/client (folder and wheel)
	@$(BIN)/atlantic client

rules: install  ## which test holds which rule, and how it last ended
	$(BIN)/python -m tests.rules

bench: install  ## benchmarks, as ratios measured side by side
	$(BIN)/python -m bench

screenshots: install browser  ## every page, light, dark, on a laptop and on a phone, into ./screenshots (needs a running demo)
	$(BIN)/python -m stack.screenshots

lock: $(UV)  ## resolve all requirements again and write their hashes
	for set in product test tools go localstripe; do \
	  $(UV) pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --upgrade \
	    requirements/$$set.in --output-file requirements/$$set.txt; done
	$(BIN)/python -m stack.artifacts lock

clean:  ## remove the environments (data in .atlantic stays)
	rm -rf .venv .venv-tools .venv-boot

tools: $(TOOLS)/.synced

browser: install
	@$(BIN)/python -m stack.artifacts browser

# Stand-ins for outside parties, for tests: built once, kept beside the servers.
peers: install
	@$(BIN)/python -m stack.artifacts peers

$(UV): requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Atlantic needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@echo "preparing the installer"
	@$(REAL_PYTHON) -m venv --clear .venv-boot
	@.venv-boot/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(BIN)/.synced: $(UV) requirements/test.txt pyproject.toml
	@echo "installing the environment"
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --python $(REAL_PYTHON) .venv
	@$(SYNC) --python $(BIN)/python requirements/test.txt
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/atlantic.pth"
	@printf '#!%s\nimport sys\n\nfrom stack.cli import main\n\nsys.exit(main())\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/atlantic
	@chmod +x $(BIN)/atlantic
	@touch $@

$(TOOLS)/.synced: $(UV) requirements/tools.txt
	@[ -x $(TOOLS)/python ] || $(UV) venv --quiet --python $(REAL_PYTHON) .venv-tools
	@$(SYNC) --python $(TOOLS)/python requirements/tools.txt
	@touch $@

# Asked every time, which takes half a second: the servers stand outside the checkout, and may have been cleared away.
servers: $(BIN)/.synced
	@$(BIN)/python -m stack.artifacts
