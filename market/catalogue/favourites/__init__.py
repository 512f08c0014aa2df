"""Favourites: what a person keeps of the shop to find it again."""
