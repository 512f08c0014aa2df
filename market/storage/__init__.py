"""Photos and files: decoded within limits, re-encoded without metadata, stored under names from their contents."""
