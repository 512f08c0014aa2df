"""Operators' bank accounts: to which a settlement is paid, entered by finance and agreed to by another person."""
