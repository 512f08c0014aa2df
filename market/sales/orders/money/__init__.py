"""Refunds of orders, those that wait for a second person, and what went wrong with money."""
