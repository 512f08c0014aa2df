"""What a buyer does over HTTP, from favourite to review."""
