"""A seller's listings over HTTP: published, changed, imported; packs, pre-sales, closed days."""
