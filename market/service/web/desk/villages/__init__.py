"""The service areas of the villages on the desk."""
