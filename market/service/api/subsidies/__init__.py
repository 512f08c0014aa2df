"""The reduction of fees over HTTP: register, files, months, reconciliation, grievances, open data."""
