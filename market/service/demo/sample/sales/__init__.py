"""Sample sales that are followed through the market's own functions, each step by its person and at its time."""
