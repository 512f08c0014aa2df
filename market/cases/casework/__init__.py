"""Cases: a request of a person that somebody answers by a deadline, level by level; the areas add their own facts."""
