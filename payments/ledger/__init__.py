"""The ledger: its journal, its months, its guards, and what is checked of it."""
