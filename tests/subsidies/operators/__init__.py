"""Tests of what operators send."""
