"""Work that nobody waits for: queued in the caller's transaction, done by the worker, repeated until it is done."""
