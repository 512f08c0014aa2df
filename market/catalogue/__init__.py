"""Listings of farm products, stays and activities: publish, moderate, change and search."""
