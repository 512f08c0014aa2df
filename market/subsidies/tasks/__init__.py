"""Long work on a county's subsidies: asked for by a request, done by the worker, looked at while it lasts."""
