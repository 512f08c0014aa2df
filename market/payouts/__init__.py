"""Paying producers: their accounts, the payouts of what they are owed, and their statements."""
