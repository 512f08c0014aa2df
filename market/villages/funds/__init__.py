"""扶持: funds, loans, places in incubators and courses of a county, and what its producers apply for."""
