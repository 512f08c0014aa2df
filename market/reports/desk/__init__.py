"""What the desk of a county reads: months, places, lines, findings, files, and what waits for whom."""
