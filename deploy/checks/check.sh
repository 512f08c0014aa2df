#!/bin/sh
# Checks that a change must pass, besides its tests.
set -eu
bin=.venv/bin
step() { printf '%s\n' "- $1" >&2; }
step "lint" && $bin/ruff check -q && $bin/ruff format --check -q
step "types" && $bin/pyright --warnings | tail -n 20
step "imports" && $bin/lint-imports --no-cache >.imports.out || { cat .imports.out; rm -f .imports.out; exit 1; }
rm -f .imports.out
step "migrations" && $bin/python migrations/dump_schema.py | diff -u migrations/schema.sql - && $bin/python migrations/dump_schema.py --sql | $bin/squawk --config migrations/squawk.toml
step "docs" && $bin/zensical build --strict >/dev/null
