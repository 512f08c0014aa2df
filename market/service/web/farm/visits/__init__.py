"""A host's guests: bookings and their changes, the register, the gate, nights with their prices, slots, calendars."""
