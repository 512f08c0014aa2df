#!/bin/sh
# Run the long proofs: the tests marked `long`. Their coverage is not needed.
set -eu
unset PYTHONDONTWRITEBYTECODE
.venv/bin/python -m pytest -q -m long -n 3 --dist load --durations=10 "$@"
