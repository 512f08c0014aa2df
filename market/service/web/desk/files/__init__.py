"""Files that an official brings, chosen or typed."""
