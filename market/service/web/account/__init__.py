"""Pages of a person's account: signing in and out, and the large-type switch."""
