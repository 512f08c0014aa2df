"""Pages of public units: the book of a year, a purchase, its acceptance, and the printed contract."""
