#!/bin/sh
# Checks that a change must pass, besides its tests. Each command stands alone: `set -e` ignores failures before `&&`.
set -eu
bin=.venv/bin
output=$(mktemp)
trap 'rm -f "$output"' EXIT
step() { printf '%s\n' "- $1" >&2; }
step "files"
forgotten=$(git ls-files --others --exclude-standard -- market payments migrations tests deploy docs 2>/dev/null || true)
test -z "$forgotten" || { printf 'not in git, so not in a clone (git add):\n%s\n' "$forgotten"; exit 1; }
step "lint"
$bin/ruff check -q
$bin/ruff format --check -q
step "types"
$bin/pyright --warnings >"$output" || { tail -n 20 "$output"; exit 1; }
step "imports"
$bin/lint-imports --no-cache >"$output" || { cat "$output"; exit 1; }
step "migrations"
$bin/python migrations/dump_schema.py >"$output"
diff -u migrations/schema.sql "$output"
$bin/python migrations/dump_schema.py --guards >"$output"
diff -u migrations/guards.txt "$output"
$bin/python migrations/dump_schema.py --sql >"$output"
$bin/squawk --config migrations/squawk.toml <"$output"
step "docs"
$bin/zensical build --strict >"$output" 2>&1 || { cat "$output"; exit 1; }
