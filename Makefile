.PHONY: help setup setup-system
.DEFAULT_GOAL := help

PYTHON ?= python3
export PYTHON

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup-system: ## Install the Debian packages that are missing (root or passwordless sudo)
	@tests/tooling/setup_system.sh

setup: setup-system ## Create .venv and install what the tests and the demo need
	@tests/tooling/setup_venv.sh
