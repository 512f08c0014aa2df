"""Text messages: queued encrypted in the caller's transaction, sent by the worker through a port."""
