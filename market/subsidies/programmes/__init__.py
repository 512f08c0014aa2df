"""Programmes: what a household may get, under which terms and from which document."""
