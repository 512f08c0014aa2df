"""Where: divisions, what a county settles and imports, and the organisations registered there."""
