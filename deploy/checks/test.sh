#!/bin/sh
# All tests once, with branch coverage; the figures that must hold are checked at the end.
set -eu
rm -f .coverage .coverage.*
# Two at a time: most of a test waits for the database; a file stays with one worker, whose fixtures it shares.
.venv/bin/python -m coverage run -m pytest -q -n 2 --dist loadfile "$@"
.venv/bin/python -m coverage combine -q
.venv/bin/python -m coverage report --fail-under=95 | tail -n 40
.venv/bin/python -m coverage report --fail-under=100 --include='payments/money.py,payments/ledger.py,market/subsidies/engine/*' | tail -n 5
