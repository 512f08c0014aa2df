"""Background jobs: enqueued in the caller's transaction, run by the worker, repeated by a schedule."""
