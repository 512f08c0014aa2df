"""Divisions from province to village, by code and by date, and the days on which the country rests."""

from market.places.load import load_places

__all__ = ["load_places"]
