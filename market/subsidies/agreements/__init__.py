"""Agreements of operators and the approval of terms: what one person brings, another approves."""
