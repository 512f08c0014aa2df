"""What a county decides for itself: settings with a first day, each with its limits and its default."""
