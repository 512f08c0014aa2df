"""The register of pickup points, which a county keeps, and the choice of one for an order."""
