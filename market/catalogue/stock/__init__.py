"""Stock: lots, their counts, and the units that orders reserve."""
