"""The subsidy in figures: a month, a quarter, idle lines, the overview; every total is the sum of its parts."""
