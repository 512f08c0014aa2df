"""Operators' bank accounts."""
