"""The whole market on one machine with sample data: two commands and it runs."""
