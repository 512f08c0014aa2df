"""Searching listings: the orders of a list, the words of a search, and the scores by which lists are ordered."""
