"""Channels: what counties sell to the cities that are paired with them; prices in other currencies for information."""
