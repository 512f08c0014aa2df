"""村里的事: the service areas near a villager's home, and their pages."""
