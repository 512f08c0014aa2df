"""How imported files are written: their columns, cells, identifiers and templates."""
