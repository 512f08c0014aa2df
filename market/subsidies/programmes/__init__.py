"""Programmes: their subsidies, terms and documents."""
