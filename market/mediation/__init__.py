"""Mediation by an official of the county after a refused claim or return, while the seller's money is kept back."""
