"""Sellers, public buyers and the money of the shop on the desk."""
