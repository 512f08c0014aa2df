"""Complaints of buyers about a sale: each category says who answers by when; what nobody answers goes to the county."""
