"""A seller's money: what is owed and paid, the statement of a month, and the forms of accounts and payouts."""
