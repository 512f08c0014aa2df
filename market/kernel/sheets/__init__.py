"""Spreadsheets that people upload and download: CSV and XLSX, with the faults of their cells."""
