"""Parcels that are picked up: their arrival at the point, their code, and what happens if nobody comes."""
