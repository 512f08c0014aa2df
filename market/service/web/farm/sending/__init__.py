"""A seller's parcels: what to pack today, weighed, sent, one by one or several at once."""
