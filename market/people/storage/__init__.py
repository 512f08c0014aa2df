"""Photos and files: decoded within limits, re-encoded without metadata, and named by a hash of their contents."""
