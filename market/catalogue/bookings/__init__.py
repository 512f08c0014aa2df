"""Stays: calendar, bookings and cancellation tiers."""
