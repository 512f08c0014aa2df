"""Mutants of the money, the ledger and the subsidy rules: each is killed by a test or listed as reviewed."""
