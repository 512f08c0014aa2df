"""Carriers: their port, and what they report of the parcels that sellers gave them."""
