"""Figures for county, prefecture and province: they read everything and write nothing."""
