"""The running service: pages, JSON, commands, the worker, and the demo."""
