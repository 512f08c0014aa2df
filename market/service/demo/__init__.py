"""Run the whole market with sample data on one machine."""
