"""The seller's listings: published, changed, imported; their packs, terms, certificates and freight; closed days."""
