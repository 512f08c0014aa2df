"""What the county, the prefecture and the province read."""
