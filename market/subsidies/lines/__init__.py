"""A line on the desk: its versions, and the changes that are reported by one person and taken by another."""
