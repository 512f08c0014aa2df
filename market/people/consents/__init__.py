"""Consents of persons by purpose, where no area keeps its own: given, and withdrawn at any time."""
