"""Coverage of villages: a register by file, reports of outages that the operator answers, and what is built."""
