.DEFAULT_GOAL := help
.PHONY: help setup setup-system check test lint sanity bench demo vm-shell vm-destroy clean

PYTHON ?= python3
export PYTHON

VENV := .venv/bin/python
RUN := $(VENV) tests/tooling/run.py
VM := $(VENV) molecule/vm/vm.py

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup-system: ## Install the Debian packages that are missing (root or passwordless sudo)
	@tests/tooling/setup_system.sh

setup: setup-system ## Create .venv and install what the tests and the demo need
	@tests/tooling/setup_venv.sh

check: setup ## The fast loop: style, types, unit tests, sanity of modules
	@$(RUN) check

test: setup ## Everything: check, lint, sanity, Galaxy, controllers, Pythons, kernel, VM
	@$(RUN) test

lint: setup ## Style, types, ansible-lint, documentation, galaxy-importer
	@$(RUN) lint

sanity: setup ## ansible-test sanity, all tests, every Python found
	@$(RUN) sanity

stage-%: setup ## One stage of the tests alone, for example stage-unit
	@$(RUN) $*

bench: setup ## Measure against the peers; writes build/bench.json (ONLY="nftables restore")
	@$(VENV) tests/bench/run.py $(ONLY)

demo: setup ## Boot the VM and show playbooks/site.yml balancing real requests
	@$(VENV) tests/demo/demo.py

vm-shell: setup ## A shell in the VM, booted if it is not running (HOST=... for a namespace)
	@$(VM) create
	@$(VM) shell $(HOST)

vm-destroy: setup ## Stop the VM and throw its disk away
	@$(VM) destroy

clean: ## Remove what the tests wrote into the tree (.venv and the cache stay)
	@echo "clean: stopping virtual machines, removing build, tests/output and the tools' caches"
	@$(PYTHON) molecule/vm/vm.py destroy --all
	@rm -rf build tests/output .mypy_cache .pytest_cache .ruff_cache .hypothesis
