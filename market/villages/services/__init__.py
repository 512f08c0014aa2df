"""Courses, clinic days, questions to agronomists and jobs near a village."""
