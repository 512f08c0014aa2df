"""Tests of settlement files, return files and their differences."""
