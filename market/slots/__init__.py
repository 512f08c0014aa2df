"""Slots of activities: their places, who reserved them, and their refusals."""
