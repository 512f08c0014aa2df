"""Accounts, one-time codes, sessions, roles, and every permission check of the project."""
