"""Cells as they are, what to add to them and when, and what it earns."""
