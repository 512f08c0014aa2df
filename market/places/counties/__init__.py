"""County-level settings: effective-dated values, each with a default and limits."""
