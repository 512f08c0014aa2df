"""The subsidy engine: pure functions from the case of a month to its answer; no database, no web."""
