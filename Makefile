# 乡集. `make help` lists the targets. Everything is kept in this folder: .uv, .venv, .data.
SHELL := /bin/sh
.DEFAULT_GOAL := help
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
BIN := .venv/bin
export PYTHONUTF8 = 1
# The tests start some hundred processes; without kept bytecode each compiles all modules, which takes over a second.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-all check bench faults pages schema lock browser

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: .venv/.ready ## create .venv with .venv/bin/market

demo: .venv/.ready ## start the whole market with sample data
	@exec $(BIN)/market demo

test: .venv/.ready-to-test browser ## run the tests, browser journeys included, with branch coverage
	@deploy/checks/test.sh

test-all: test ## then the long proofs: the demo, killed processes, failing payments, state machines, looks, figures
	@deploy/checks/test_long.sh

check: .venv/.ready-to-test ## lint, types, imports, migrations against schema.sql, docs
	@deploy/checks/check.sh

bench: .venv/.ready-to-test ## benchmark figures as JSON lines; ONLY=name or group (shop, payments, subsidies), QUICK=1, LISTINGS=1000000
	@ONLY="$(ONLY)" QUICK="$(QUICK)" LISTINGS="$(LISTINGS)" $(BIN)/python -m tests.bench

faults: .venv/.ready-to-test ## fault tests: kill -9 and a failing provider, in real processes
	@$(BIN)/python -m pytest tests/faults -q

pages: .venv/.ready-to-test browser ## measure the pages in Chromium; take the screenshots of the docs
	@$(BIN)/python -m tests.pages

schema: .venv/.ready ## regenerate migrations/schema.sql and migrations/guards.txt
	@$(BIN)/python migrations/dump_schema.py > migrations/schema.new && mv migrations/schema.new migrations/schema.sql
	@$(BIN)/python migrations/dump_schema.py --guards > migrations/guards.new && mv migrations/guards.new migrations/guards.txt

lock: $(UV) ## update the locked dependencies
	@$(UV) pip compile --universal --python-version 3.12 --generate-hashes --no-header --no-annotate --upgrade -q -o requirements.lock pyproject.toml
	@$(UV) pip compile --universal --python-version 3.12 --generate-hashes --no-header --no-annotate -q --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

browser:
	@deploy/checks/browser.sh

.uv/bin/uv:
	@deploy/checks/uv.sh

.venv/.ready: requirements.lock pyproject.toml | $(UV)
	@test -x $(BIN)/python || $(UV) venv -q --no-python-downloads --python '>=3.12' .venv
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install -q --no-cache --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready-to-test: requirements-dev.lock .venv/.ready | $(UV)
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@
