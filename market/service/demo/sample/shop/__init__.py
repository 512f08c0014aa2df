"""The sample shop: its producers, listings, orders and reviews."""
