"""Clawbacks of operators and households."""
