"""Stays and activities over HTTP: bookings and their changes, guests, slots, calendars."""
