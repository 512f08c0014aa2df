"""结对: organisations and villages paired for a term, what was pledged, and what was done, which nobody types."""
