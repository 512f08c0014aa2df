"""Reports that count: each figure of a month is the number of rows of its own list."""
