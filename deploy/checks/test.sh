#!/bin/sh
# Run the tests once with branch coverage, then check the required coverage. `make test-all` runs the long proofs after it.
set -eu
rm -f .coverage.json
# Without kept bytecode each worker and each of some hundred processes compiles all modules.
unset PYTHONDONTWRITEBYTECODE
# Three workers for two cores, because tests wait for the database, a browser or a clock; the tests of a file share one
# worker’s fixtures. In the order of their folders, because by default the files of few long tests come last and one
# worker waits for the others.
.venv/bin/python -m slipcover --json --out .coverage.json \
    -m pytest -q -m "not long" -n 3 --dist loadfile --no-loadscope-reorder --durations=10 "$@"
.venv/bin/python deploy/checks/coverage.py .coverage.json
