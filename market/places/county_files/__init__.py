"""Files that a county imports about its villages: one way in for every kind, with a dry run and once per content."""
