"""The service areas of the villages over HTTP."""
