"""Read-only reports for county, prefecture and province."""
