"""A tracking service for demos and tests: parcels travel by the clock, late, never, or unheard of if so wanted."""
